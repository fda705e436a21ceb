// A writer of tar archives in the "ustar" format (POSIX.1-1988, "pax"), which any tar reads.
// The same entries give the same bytes: sorted by path, owner root, time 0.

const BLOCK = 512;
const NAME_SIZE = 100;
const LINK_AT = 157;
const TYPES = { file: "0", link: "2", directory: "5" };

/**
 * @param {Iterable<import("./cpio.mjs").Entry>} entries files, links and directories
 * @returns {Buffer}
 * @throws Error for a path or target of more than 100 octets, or an entry of another kind
 */
export function tar(entries) {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  // Two empty blocks are the end.
  return Buffer.concat([...sorted.flatMap(member), Buffer.alloc(2 * BLOCK)]);
}

function member(entry) {
  const type = TYPES[entry.kind];
  if (!type) throw new Error(`tar: ${entry.path} is a ${entry.kind}, which this archive has not`);
  const data = entry.kind === "file" ? entry.data : Buffer.alloc(0);
  const header = Buffer.alloc(BLOCK);
  const text = (value, at, size) => {
    if (Buffer.byteLength(value) > size) throw new Error(`tar: ${value} is longer than ${size} octets`);
    header.write(value, at);
  };
  const octal = (value, at, size) => text(value.toString(8).padStart(size - 1, "0"), at, size - 1);
  text(entry.path, 0, NAME_SIZE);
  octal(entry.mode ?? (entry.kind === "file" ? 0o644 : entry.kind === "link" ? 0o777 : 0o755), 100, 8);
  for (const [at, size] of [
    [108, 8],
    [116, 8],
    [136, 12],
  ])
    octal(0, at, size);
  octal(data.length, 124, 12);
  header.write("        ", 148);
  header.write(type, 156);
  if (entry.kind === "link") text(entry.target, LINK_AT, NAME_SIZE);
  header.write("ustar\x0000", 257, "latin1");
  header.write("root", 265);
  header.write("root", 297);
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return [header, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)];
}
