/** Looks at the image of a disk before anything boots: what no drive could take is refused, what a PC could not boot is said. */
import { BootFileError, titleOf } from "./bootFileError.ts";
import { type DiskImage, type DiskKind, readPiece, sourceOf } from "./diskSource.ts";
import { foreignDisk } from "./foreignFile.ts";
import { hasBootFlag, SECTOR_SIZE } from "./kernelHeader.ts";

/** Bytes of one sector; an image is a whole number of them. */
export const DISK_SECTOR_SIZE: Readonly<Record<DiskKind, number>> = {
  floppy: SECTOR_SIZE,
  cdrom: 2048,
  harddisk: SECTOR_SIZE,
};

/** Sectors of the formats that v86's floppy drive knows: sectors per track, tracks and sides. */
const FLOPPY_FORMATS: readonly (readonly [sectors: number, tracks: number, sides: number])[] = [
  ...[8, 9, 10, 11, 13, 14, 15, 18, 20, 21, 22, 23, 24, 36, 39, 40, 44, 48].map((sectors) => [sectors, 80, 2] as const),
  ...[10, 18, 21].flatMap((sectors) => [[sectors, 82, 2] as const, [sectors, 83, 2] as const]),
  ...[8, 9, 10].flatMap((sectors) => [[sectors, 40, 1] as const, [sectors, 40, 2] as const]),
  [10, 41, 2],
  [10, 42, 2],
];
/** Bytes of a floppy disk's image, ascending. */
export const FLOPPY_SIZES: readonly number[] = [
  ...new Set(FLOPPY_FORMATS.map(([sectors, tracks, sides]) => sectors * tracks * sides * SECTOR_SIZE)),
].sort((a, b) => a - b);

/** Of a CD: where its volume descriptors begin, and the second, which is El Torito's boot record. [ISO 9660; El Torito 1.0] */
const VOLUME_DESCRIPTORS = 16 * 2048;
const STANDARD_ID = "CD001";
const BOOT_SYSTEM_ID = "EL TORITO SPECIFICATION";
/** A sector with its header and error correction, as some programs copy CDs; it begins with this. */
const RAW_SECTOR_SIZE = 2352;
const RAW_SYNC = [0, ...Array(10).fill(0xff), 0];

/**
 * @returns what a PC would not boot from it, as sentences; it boots on as a PC does
 * @throws BootFileError for what is no image of such a disk; TypeError for what is no image at all
 */
export async function checkDisk(kind: DiskKind, image: DiskImage): Promise<string[]> {
  const source = sourceOf(image);
  const { size, name } = source;
  const refuse = (problem: string) => new BootFileError(kind, name, problem);
  if (size === 0) throw refuse("is empty: its image has 0 bytes.");
  const head = await readPiece(kind, source, 0, Math.min(size, SECTOR_SIZE));
  const foreign = foreignDisk(head);
  if (foreign !== undefined) throw refuse(foreign);
  if (kind === "floppy") checkFloppySize(size, refuse);
  if (kind === "cdrom" && size % RAW_SECTOR_SIZE === 0 && RAW_SYNC.every((byte, index) => head[index] === byte)) {
    throw refuse(`is copied with ${RAW_SECTOR_SIZE} bytes a sector. Convert it to an ISO image, with \`bchunk\` say.`);
  }
  const sectorSize = DISK_SECTOR_SIZE[kind];
  if (size % sectorSize !== 0) {
    throw refuse(`has ${size} bytes, which is no whole number of ${sectorSize}-byte sectors. Is it cut short?`);
  }
  if (kind !== "cdrom") {
    if (hasBootFlag(head)) return [];
    return [`${titleOf(kind, name)} does not boot: its first sector does not end in the boot signature 55 AA.`];
  }
  if (size < VOLUME_DESCRIPTORS + sectorSize) throw refuse(`is no ISO 9660 image: it ends before sector 16. ${WANTED}`);
  const descriptors = await readPiece(
    kind,
    source,
    VOLUME_DESCRIPTORS,
    Math.min(2 * sectorSize, size - VOLUME_DESCRIPTORS),
  );
  const text = (at: number, length: number) => String.fromCharCode(...descriptors.subarray(at, at + length));
  if (text(1, STANDARD_ID.length) !== STANDARD_ID) {
    throw refuse(`is no ISO 9660 image: sector 16 has no "${STANDARD_ID}". ${WANTED}`);
  }
  const boots = descriptors[sectorSize] === 0 && text(sectorSize + 7, BOOT_SYSTEM_ID.length) === BOOT_SYSTEM_ID;
  return boots ? [] : [`${titleOf(kind, name)} does not boot: it has no El Torito boot record in sector 17.`];
}

const WANTED = "Take an .iso file, such as `xorriso` or `grub-mkrescue` makes.";

function checkFloppySize(size: number, refuse: (problem: string) => BootFileError): void {
  if (FLOPPY_SIZES.includes(size)) return;
  const larger = FLOPPY_SIZES.find((format) => format > size);
  const advice =
    larger === undefined
      ? `The largest has ${FLOPPY_SIZES.at(-1)} bytes; a larger image may be a hard disk's.`
      : `Fill it up with zeros, \`truncate -s ${larger}\` say; the usual sizes are 737280, 1474560 and 2949120.`;
  throw refuse(`has ${size} bytes, which is the size of no floppy disk. ${advice}`);
}
