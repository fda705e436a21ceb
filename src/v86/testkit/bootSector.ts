/** What the boot sector says before the character that it has read from the disk's second sector. */
export const BOOT_SECTOR_SAYS = "this disk has booted as ";

const ORIGIN = 0x7c00;
const SIGNATURE_AT = 510;

/**
 * A disk whose boot sector writes, by INT 10h, {@link BOOT_SECTOR_SAYS} and the first character of the second sector, and then makes
 * the character the next one, on the disk. It never pages.
 */
export function makeBootDisk(size: number, character: string): Uint8Array {
  const u16 = (value: number) => [value & 0xff, value >> 8];
  const buffer = ORIGIN + 0x200;
  // One sector at the second of the disk, from or to the buffer. DL is the drive's number, as the BIOS left it.
  const transfer = (axOfInt13: number) => [
    ...[0xb8, ...u16(axOfInt13), 0xbb, ...u16(buffer), 0xb9, 0x02, 0x00, 0xb6, 0x00, 0xcd, 0x13],
  ];
  const say = [0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10];
  const segments = [0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, ...u16(ORIGIN)];
  // LODSB; TEST AL, AL; JZ behind; say; JMP back.
  const sayText = [0xac, 0x84, 0xc0, 0x74, say.length + 2, ...say, 0xeb, 0x100 - (say.length + 7)];
  const rest = [
    // MOV AL, [buffer]; say; INC BYTE [buffer]; write; CR, LF; HLT for ever.
    ...[0xa0, ...u16(buffer), ...say, 0xfe, 0x06, ...u16(buffer), ...transfer(0x0301)],
    ...[0xb0, 0x0d, ...say, 0xb0, 0x0a, ...say, 0xf4, 0xeb, 0xfd],
  ];
  const before = [...segments, ...transfer(0x0201)];
  const text = ORIGIN + before.length + 3 + sayText.length + rest.length;
  const disk = new Uint8Array(size);
  // MOV SI, text
  disk.set([...before, 0xbe, ...u16(text), ...sayText, ...rest]);
  disk.set(new TextEncoder().encode(`${BOOT_SECTOR_SAYS}\0`), text - ORIGIN);
  disk.set([0x55, 0xaa], SIGNATURE_AT);
  disk.set(new TextEncoder().encode(character), 512);
  return disk;
}
