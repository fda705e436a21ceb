/**
 * v86 writes a Linux kernel, its command line and its initrd into RAM once, when the emulator is made. The running
 * kernel overwrites them; a reset needs them again. Where they are is in the kernel's own setup header.
 * [Linux Documentation/arch/x86/boot.rst]
 */

/** Where v86 puts the setup code, and with it the header; and the protected-mode kernel. */
const SETUP_ADDRESS = 0x8_0000;
export const KERNEL_ADDRESS = 0x10_0000;

export const SECTOR_SIZE = 512;
export const DEFAULT_SETUP_SECTORS = 4;
export const PARAGRAPH_SIZE = 16;
const COMMAND_LINE_LIMIT = 4096;

export const SETUP_SECTS = 0x1f1;
export const SYSSIZE = 0x1f4;
export const BOOT_FLAG = 0x1fe;
export const HEADER_MAGIC = 0x202;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
export const HEADER_END = 0x22c;

export const BOOT_FLAG_VALUE = 0xaa55;
export const HDRS = 0x5372_6448;

/** Bytes and the physical address they belong at. */
export interface BootImage {
  name: "setup" | "command line" | "kernel" | "initrd";
  address: number;
  bytes: Uint8Array;
}

/** Copies what v86 has put into RAM; nothing when it was given no kernel (a boot from disk, say). */
export function copyBootImages(memory: Uint8Array, memorySize: number): BootImage[] {
  const header = memory.slice(SETUP_ADDRESS, SETUP_ADDRESS + HEADER_END);
  if (header.length < HEADER_END) return [];
  const view = new DataView(header.buffer);
  if (view.getUint16(BOOT_FLAG, true) !== BOOT_FLAG_VALUE || view.getUint32(HEADER_MAGIC, true) !== HDRS) return [];

  const images: BootImage[] = [];
  const copy = (name: BootImage["name"], address: number, size: number) => {
    if (size === 0) return;
    if (address + size > memorySize) {
      throw new RangeError(
        `The ${name} (${size} bytes at 0x${address.toString(16)}) ends beyond the guest's ${memorySize} bytes of RAM`,
      );
    }
    images.push({ name, address, bytes: memory.slice(address, address + size) });
  };
  const setupSectors = view.getUint8(SETUP_SECTS) || DEFAULT_SETUP_SECTORS;
  copy("setup", SETUP_ADDRESS, (setupSectors + 1) * SECTOR_SIZE);
  const commandLine = view.getUint32(CMD_LINE_PTR, true);
  if (commandLine !== 0) {
    const end = memory.slice(commandLine, commandLine + COMMAND_LINE_LIMIT).indexOf(0);
    copy("command line", commandLine, end < 0 ? COMMAND_LINE_LIMIT : end + 1);
  }
  copy("kernel", KERNEL_ADDRESS, view.getUint32(SYSSIZE, true) * PARAGRAPH_SIZE);
  copy("initrd", view.getUint32(RAMDISK_IMAGE, true), view.getUint32(RAMDISK_SIZE, true));
  return images;
}

export function restoreBootImages(memory: Uint8Array, images: readonly BootImage[]): void {
  for (const image of images) memory.set(image.bytes, image.address);
}
