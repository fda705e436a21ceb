/** The setup header of a Linux kernel. [Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"] */

export const SECTOR_SIZE = 512;
const DEFAULT_SETUP_SECTORS = 4;
const PARAGRAPH_SIZE = 16;

const SETUP_SECTS = 0x1f1;
const SYSSIZE = 0x1f4;
const BOOT_FLAG = 0x1fe;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const LOADFLAGS = 0x211;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const KERNEL_ALIGNMENT = 0x230;
const RELOCATABLE_KERNEL = 0x234;
const XLOADFLAGS = 0x236;
const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;
/** Of the largest header that is read here. */
export const HEADER_END = 0x264;

const BOOT_FLAG_VALUE = 0xaa55;
const HDRS = 0x5372_6448;
const LOADED_HIGH = 1 << 0;
const XLF_KERNEL_64 = 1 << 0;

/** What the fields mean in a header that is older than they are. */
const OLD_INITRD_ADDR_MAX = 0x37ff_ffff;
const OLD_CMDLINE_SIZE = 255;

export interface KernelHeader {
  /** Boot protocol, such as 0x20f for 2.15. */
  protocol: number;
  /** Bytes of boot sector and setup code, with which the file begins. */
  setupSize: number;
  /** Bytes of the code behind them; 0 where the header is too old to have it in full (before 2.04). */
  codeSize: number;
  loadedHigh: boolean;
  /** Its code is for x86-64. */
  is64Bit: boolean;
  /** The most that the kernel takes, without the NUL. */
  commandLineSize: number;
  /** The last address that the initrd may occupy. */
  initrdAddressMax: number;
  /** Where the kernel unpacks itself and runs, when it was put at 1 MiB; and how much memory it takes there, 0 if unknown. */
  runAddress: number;
  runSize: number;
  /** What a boot loader has filled in: addresses and sizes, 0 for none. */
  loaded: { commandLine: number; initrd: number; initrdSize: number };
}

/** Where boot loaders put the code of a kernel that is loaded high. */
export const KERNEL_ADDRESS = 0x10_0000;

/** @returns undefined without the boot flag or the header's magic. `bytes`: at least {@link HEADER_END}. */
export function readKernelHeader(bytes: Uint8Array): KernelHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!hasBootFlag(bytes) || view.getUint32(HEADER_MAGIC, true) !== HDRS) return undefined;
  const protocol = view.getUint16(VERSION, true);
  const since = <Value>(version: number, read: () => Value, before: Value) => (protocol >= version ? read() : before);
  const u8 = (at: number) => view.getUint8(at);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const preferred = since(0x20a, () => u32(PREF_ADDRESS) + u32(PREF_ADDRESS + 4) * 2 ** 32, KERNEL_ADDRESS);
  const alignment = since(0x205, () => (u8(RELOCATABLE_KERNEL) === 0 ? 0 : u32(KERNEL_ALIGNMENT)), 0);
  const aligned = alignment === 0 ? 0 : Math.ceil(KERNEL_ADDRESS / alignment) * alignment;
  return {
    protocol,
    setupSize: ((u8(SETUP_SECTS) || DEFAULT_SETUP_SECTORS) + 1) * SECTOR_SIZE,
    codeSize: since(0x204, () => u32(SYSSIZE) * PARAGRAPH_SIZE, 0),
    loadedHigh: (u8(LOADFLAGS) & LOADED_HIGH) !== 0,
    is64Bit: since(0x20c, () => (u16(XLOADFLAGS) & XLF_KERNEL_64) !== 0, false),
    commandLineSize: since(0x206, () => u32(CMDLINE_SIZE), OLD_CMDLINE_SIZE),
    initrdAddressMax: since(0x203, () => u32(INITRD_ADDR_MAX), OLD_INITRD_ADDR_MAX),
    runAddress: Math.max(aligned, preferred),
    runSize: since(0x20a, () => u32(INIT_SIZE), 0),
    loaded: { commandLine: u32(CMD_LINE_PTR), initrd: u32(RAMDISK_IMAGE), initrdSize: u32(RAMDISK_SIZE) },
  };
}

/** 55 AA at the end of the first sector, which boot sectors and kernels have. `bytes`: at least one sector. */
export function hasBootFlag(bytes: Uint8Array): boolean {
  return (bytes[BOOT_FLAG]! | (bytes[BOOT_FLAG + 1]! << 8)) === BOOT_FLAG_VALUE;
}
