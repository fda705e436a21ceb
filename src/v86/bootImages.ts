/**
 * v86 writes a Linux kernel, its command line and its initrd into RAM once, when the emulator is made. The running
 * kernel overwrites them; a reset needs them again. Where they are is in the kernel's own setup header.
 * [Linux Documentation/arch/x86/boot.rst]
 */
import { HEADER_END, KERNEL_ADDRESS, readKernelHeader } from "../guest/kernelHeader.ts";

/** Where v86 puts the setup code, and with it the header; and the initrd. */
const SETUP_ADDRESS = 0x8_0000;
export const INITRD_ADDRESS = 64 << 20;

const COMMAND_LINE_LIMIT = 4096;

/** Bytes and the physical address they belong at. */
export interface BootImage {
  name: "setup" | "command line" | "kernel" | "initrd";
  address: number;
  bytes: Uint8Array;
}

/** Copies what v86 has put into RAM; nothing when it was given no kernel (a boot from disk, say). */
export function copyBootImages(memory: Uint8Array, memorySize: number): BootImage[] {
  const start = memory.slice(SETUP_ADDRESS, SETUP_ADDRESS + HEADER_END);
  const header = start.length < HEADER_END ? undefined : readKernelHeader(start);
  if (header === undefined) return [];

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
  const { commandLine, initrd, initrdSize } = header.loaded;
  copy("setup", SETUP_ADDRESS, header.setupSize);
  if (commandLine !== 0) {
    const end = memory.slice(commandLine, commandLine + COMMAND_LINE_LIMIT).indexOf(0);
    copy("command line", commandLine, end < 0 ? COMMAND_LINE_LIMIT : end + 1);
  }
  copy("kernel", KERNEL_ADDRESS, header.codeSize || usedSize(memory, Math.min(memorySize, INITRD_ADDRESS)));
  copy("initrd", initrd, initrdSize);
  return images;
}

/** Of an old kernel, whose header does not say it: RAM is empty but for what was put there. */
function usedSize(memory: Uint8Array, end: number): number {
  let size = end - KERNEL_ADDRESS;
  while (size > 0 && memory[KERNEL_ADDRESS + size - 1] === 0) size--;
  return Math.max(size, 0);
}

export function restoreBootImages(memory: Uint8Array, images: readonly BootImage[]): void {
  for (const image of images) memory.set(image.bytes, image.address);
}
