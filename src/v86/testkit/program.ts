/**
 * Machine code as a BIOS: what a test wants the guest's processor to do, without firmware or kernel. Instructions are
 * functions that return their encoding. [Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2]
 */

/** A BIOS of 64 KiB lies at 0xF0000 and is entered at its last 16 bytes. */
const BIOS_SIZE = 0x1_0000;
const BIOS_ADDRESS = 0xf_0000;
const RESET_VECTOR = 0xfff0;
const PROGRAM = 0x20;
const GDT_POINTER = 0x8000;
const GDT = 0x8010;
const CODE_SELECTOR = 8;
const DATA_SELECTOR = 16;

const u16 = (value: number) => [value & 0xff, (value >>> 8) & 0xff];
const u32 = (value: number) => [...u16(value), ...u16(value >>> 16)];

export const setEax = (value: number) => [0xb8, ...u32(value)];
export const load8 = (address: number) => [0xa0, ...u32(address)];
export const load16 = (address: number) => [0x66, 0xa1, ...u32(address)];
export const load32 = (address: number) => [0xa1, ...u32(address)];
export const store8 = (address: number) => [0xa2, ...u32(address)];
export const store16 = (address: number) => [0x66, 0xa3, ...u32(address)];
export const store32 = (address: number) => [0xa3, ...u32(address)];
/** MOV BYTE [address], value */
export const store8At = (address: number, value: number) => [0xc6, 0x05, ...u32(address), value];
/** The instructions, again and again; at most 126 bytes. */
export const loop = (...instructions: number[][]) => {
  const code = instructions.flat();
  return [...code, 0xeb, 256 - code.length - 2];
};
/** MOVQ MM0, [address] */
export const load64 = (address: number) => [0x0f, 0x6f, 0x05, ...u32(address)];
/** MOVQ [address], MM0 */
export const store64 = (address: number) => [0x0f, 0x7f, 0x05, ...u32(address)];
/** INC DWORD [address] */
export const increment = (address: number) => [0xff, 0x05, ...u32(address)];
export const out8 = (port: number, value: number) => [...setEax(value), 0x66, 0xba, ...u16(port), 0xee];
export const out16 = (port: number, value: number) => [...setEax(value), 0x66, 0xba, ...u16(port), 0x66, 0xef];
export const in8 = (port: number) => [0x66, 0xba, ...u16(port), 0xec];
/** MOV CR0, EAX with the paging bit set; page tables are the program's. */
export const enablePaging = (pageDirectory: number) => [
  ...setEax(pageDirectory),
  ...[0x0f, 0x22, 0xd8],
  ...[0x0f, 0x20, 0xc0],
  ...[0x0d, ...u32(0x8000_0000)],
  ...[0x0f, 0x22, 0xc0],
];
/** MOV CR4, EAX with page size extensions. */
export const enableLargePages = () => [...setEax(0x10), 0x0f, 0x22, 0xe0];
/** JMP to itself: the processor stays busy. */
export const spin = () => [0xeb, 0xfe];
/** HLT without interrupts, again after each wake-up. */
export const halt = () => [0xf4, 0xeb, 0xfd];

/** A BIOS that switches to 32-bit mode with flat segments, runs the instructions and halts. */
export function biosOf(...instructions: number[][]): ArrayBuffer {
  const bios = new Uint8Array(BIOS_SIZE);
  bios.set(
    [
      0xfa, // cli
      ...[0x2e, 0x66, 0x0f, 0x01, 0x16, ...u16(GDT_POINTER)], // lgdt cs:[...]
      ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0], // cr0 |= 1
      ...[0x66, 0xea, ...u32(BIOS_ADDRESS + PROGRAM), ...u16(CODE_SELECTOR)], // jmp
    ],
    0,
  );
  bios.set(
    [
      ...[0x66, 0xb8, ...u16(DATA_SELECTOR)], // mov ax, ...
      ...[0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0], // mov ds, es, ss
      ...instructions.flat(),
      ...halt(),
    ],
    PROGRAM,
  );
  bios.set([...u16(3 * 8 - 1), ...u32(BIOS_ADDRESS + GDT)], GDT_POINTER);
  bios.set([0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0], GDT + CODE_SELECTOR);
  bios.set([0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0], GDT + DATA_SELECTOR);
  bios.set([0xea, 0x00, 0x00, ...u16(BIOS_ADDRESS >>> 4)], RESET_VECTOR); // jmp f000:0000
  return bios.buffer;
}
