/**
 * More files for an initrd: one more archive behind it, which the kernel unpacks over what is there. The format is cpio's
 * "newc". [Linux Documentation/driver-api/early-userspace/buffer-format.rst]
 */

const REGULAR_FILE = 0o100000;
/** Where each archive of an initrd begins at the latest: the kernel skips zeros up to it. */
const ALIGNMENT = 512;
const LAST = "TRAILER!!!";

export interface InitrdFile {
  /** From the root, without a slash before: "etc/motd". Its folder has to be there. */
  readonly path: string;
  readonly data: Uint8Array;
  /** Permissions; 0o644 by default. */
  readonly mode?: number;
}

/**
 * @param initrd an unpacked cpio archive.
 * @returns the same with the files behind it, each in place of one of the same path. The same files give the same bytes: owner root, time 0.
 * @throws RangeError for a path that is absolute, or has empty, "." or ".." parts.
 */
export function withInitrdFiles(initrd: ArrayBuffer, files: readonly InitrdFile[]): ArrayBuffer {
  const members = files.map(({ path, data, mode = 0o644 }, index) => {
    if (!/^[^/\0]+(\/[^/\0]+)*$/.test(path) || path.split("/").some((part) => part === "." || part === "..")) {
      throw new RangeError(`${JSON.stringify(path)} is no path in an initrd: it has to be like "etc/motd".`);
    }
    return member(path, index, REGULAR_FILE | mode, data);
  });
  members.push(member(LAST, 0, 0, new Uint8Array(0)));
  const begin = aligned(initrd.byteLength, ALIGNMENT);
  const size = members.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(begin + aligned(size, ALIGNMENT));
  whole.set(new Uint8Array(initrd));
  let at = begin;
  for (const bytes of members) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole.buffer;
}

function member(name: string, inode: number, mode: number, data: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  const nameBytes = encoder.encode(`${name}\0`);
  // Inode, mode, owner, group, links, time, size; the device that the file is on, and that it is; its name's size, no checksum.
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = encoder.encode(
    `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0")).join("")}`,
  );
  const dataAt = aligned(header.length + nameBytes.length, 4);
  const bytes = new Uint8Array(aligned(dataAt + data.length, 4));
  bytes.set(header);
  bytes.set(nameBytes, header.length);
  bytes.set(data, dataAt);
  return bytes;
}

const aligned = (size: number, to: number) => Math.ceil(size / to) * to;
