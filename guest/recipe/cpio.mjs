// A writer of cpio "newc" archives, the format of an initramfs.
// Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
// The same entries give the same bytes, those of GNU `cpio -o -H newc --reproducible -R 0:0`: sorted by path, inode
// numbers counted from 0, owner root, time 0.

const DIRECTORY = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;
const CHARACTER_DEVICE = 0o020000;

/** The kernel maps what follows the trailer up to this boundary, and so do other archives appended to this one. */
const ARCHIVE_ALIGNMENT = 512;

/**
 * @typedef {{ path: string, kind: "directory", mode?: number }
 *   | { path: string, kind: "file", data: Uint8Array, mode?: number }
 *   | { path: string, kind: "link", target: string }
 *   | { path: string, kind: "character", major: number, minor: number, mode?: number }} Entry
 *   `path` is relative ("usr/bin/tpm2"), without "." and ".." parts.
 */

/**
 * @param {Iterable<Entry>} entries Parent directories that are missing are added (mode 0755).
 * @returns {Buffer}
 * @throws Error for a path that is absolute, not normalised or there twice.
 */
export function cpio(entries) {
  const byPath = new Map();
  for (const entry of entries) {
    if (!/^[^/]+(\/[^/]+)*$/.test(entry.path) || entry.path.split("/").some((part) => part === "." || part === "..")) {
      throw new Error(`cpio: ${JSON.stringify(entry.path)} is not a normalised relative path`);
    }
    if (byPath.has(entry.path)) throw new Error(`cpio: ${entry.path} is there twice`);
    byPath.set(entry.path, entry);
  }
  for (const path of [...byPath.keys()]) {
    for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
      const parent = path.slice(0, slash);
      if (!byPath.has(parent)) byPath.set(parent, { path: parent, kind: "directory" });
    }
  }
  // A parent is a prefix of its children, so code-unit order puts it before them.
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts = sorted.flatMap((entry, index) => record(entry, index));
  parts.push(...member({ name: "TRAILER!!!", inode: 0, mode: 0, links: 1 }));
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(zeros(-size, ARCHIVE_ALIGNMENT));
  return Buffer.concat(parts);
}

/** @param {Entry} entry @param {number} inode */
function record(entry, inode) {
  const common = { name: entry.path, inode, links: 1 };
  switch (entry.kind) {
    case "directory":
      return member({ ...common, mode: DIRECTORY | (entry.mode ?? 0o755), links: 2 });
    case "file":
      return member({ ...common, mode: FILE | (entry.mode ?? 0o644), data: entry.data });
    case "link":
      return member({ ...common, mode: LINK | 0o777, data: Buffer.from(entry.target) });
    case "character":
      return member({
        ...common,
        mode: CHARACTER_DEVICE | (entry.mode ?? 0o600),
        deviceMajor: entry.major,
        deviceMinor: entry.minor,
      });
    default:
      throw new Error(`cpio: ${entry.path} has the unknown kind ${entry.kind}`);
  }
}

function member({ name, inode, mode, links, data = new Uint8Array(0), deviceMajor = 0, deviceMinor = 0 }) {
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [
    inode,
    mode,
    0, // uid
    0, // gid
    links,
    0, // mtime
    data.length,
    0, // major and minor of the device the file is on
    0,
    deviceMajor,
    deviceMinor,
    nameBytes.length,
    0, // checksum: not used by "newc"
  ];
  const header = Buffer.from(
    `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0")).join("")}`,
  );
  return [header, nameBytes, zeros(-(header.length + nameBytes.length), 4), data, zeros(-data.length, 4)];
}

/** As many zero bytes as bring `-negativeSize` to the next multiple of `alignment`. */
function zeros(negativeSize, alignment) {
  return Buffer.alloc(((negativeSize % alignment) + alignment) % alignment);
}
