// The little of ELF32 (System V ABI, "Object Files") that the recipe asks of a file: what it links with, and where
// an address lies.

const SECTION_DYNAMIC = 6;
const SEGMENT_LOAD = 1;
const SEGMENT_INTERPRETER = 3;
const DYNAMIC_NEEDED = 1;

/**
 * @param {Buffer} file
 * @returns {boolean} whether this is an i386 ELF file
 */
export function isElf32(file) {
  return file.length >= 52 && file.readUInt32BE(0) === 0x7f454c46 && file[4] === 1 && file[5] === 1;
}

/** @param {Buffer} file */
export function segments(file) {
  const start = file.readUInt32LE(28);
  const size = file.readUInt16LE(42);
  return Array.from({ length: file.readUInt16LE(44) }, (_, index) => {
    const at = start + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: file.readUInt32LE(at + 4),
      address: file.readUInt32LE(at + 8),
      fileSize: file.readUInt32LE(at + 16),
    };
  });
}

/** @param {Buffer} file */
export function sections(file) {
  const start = file.readUInt32LE(32);
  const size = file.readUInt16LE(46);
  const all = Array.from({ length: file.readUInt16LE(48) }, (_, index) => {
    const at = start + index * size;
    return {
      nameAt: file.readUInt32LE(at),
      type: file.readUInt32LE(at + 4),
      address: file.readUInt32LE(at + 12),
      offset: file.readUInt32LE(at + 16),
      size: file.readUInt32LE(at + 20),
      link: file.readUInt32LE(at + 24),
    };
  });
  const names = all[file.readUInt16LE(50)];
  return all.map((section) => ({ ...section, name: names ? text(file, names.offset + section.nameAt) : "" }));
}

/**
 * Names of the libraries (DT_NEEDED) and the loader (PT_INTERP) that a program or library can't start without.
 *
 * @param {Buffer} file
 * @returns {{ libraries: string[], interpreter: string | undefined }}
 */
export function needs(file) {
  const all = sections(file);
  const dynamic = all.find((section) => section.type === SECTION_DYNAMIC);
  const strings = dynamic && all[dynamic.link];
  const libraries = [];
  if (dynamic && strings) {
    for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 8) {
      if (file.readUInt32LE(at) === DYNAMIC_NEEDED) {
        libraries.push(text(file, strings.offset + file.readUInt32LE(at + 4)));
      }
    }
  }
  const interpreter = segments(file).find((segment) => segment.type === SEGMENT_INTERPRETER);
  return { libraries, interpreter: interpreter && text(file, interpreter.offset) };
}

/**
 * @param {Buffer} file
 * @param {number} offset in the file
 * @returns {number} its address when loaded
 */
export function addressOf(file, offset) {
  const segment = segments(file).find(
    ({ type, offset: start, fileSize }) => type === SEGMENT_LOAD && offset >= start && offset < start + fileSize,
  );
  if (!segment) throw new Error(`offset ${offset} is in no segment that is loaded`);
  return segment.address + offset - segment.offset;
}

function text(file, at) {
  return file.toString("latin1", at, file.indexOf(0, at));
}
