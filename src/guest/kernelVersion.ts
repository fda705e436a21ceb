/** The name that a kernel has for itself in its setup code. [Linux Documentation/arch/x86/boot.rst, kernel_version] */
import { BootFileError } from "./bootFileError.ts";
import { checkKernel } from "./kernelFile.ts";

/** From here on the pointer counts. */
const POINTER_BASE = 0x200;
const KERNEL_VERSION = 0x20e;

/** @returns where it lies in the file; its end is the NUL. */
function placeOf(kernel: Uint8Array): { begin: number; end: number } {
  const { setupSize } = checkKernel(kernel);
  const begin = POINTER_BASE + (kernel[KERNEL_VERSION]! | (kernel[KERNEL_VERSION + 1]! << 8));
  const end = kernel.indexOf(0, begin);
  if (begin === POINTER_BASE || end < begin || end > setupSize) {
    throw new BootFileError("kernel", undefined, "has no version in its setup code.");
  }
  return { begin, end };
}

/** @returns such as "6.1.176-tabtpm (tabtpm@tabtpm) #1 2026-01-01". @throws BootFileError for what is no kernel, or has none. */
export function kernelVersion(kernel: ArrayBuffer): string {
  const octets = new Uint8Array(kernel);
  const { begin, end } = placeOf(octets);
  return new TextDecoder("latin1").decode(octets.subarray(begin, end));
}

/**
 * @param version printable ASCII, no longer than the kernel's own.
 * @returns a copy of the kernel of the same size, which is the same but for its name.
 * @throws BootFileError for what is no kernel, or has no version; RangeError for a version that can't take its place.
 */
export function withKernelVersion(kernel: ArrayBuffer, version: string): ArrayBuffer {
  const octets = new Uint8Array(kernel.slice(0));
  const { begin, end } = placeOf(octets);
  if (!/^[ -~]+$/.test(version) || version.length > end - begin) {
    throw new RangeError(
      `A kernel's version has 1 to ${end - begin} printable characters here, not ${JSON.stringify(version)}.`,
    );
  }
  octets.fill(0, begin, end);
  octets.set(new TextEncoder().encode(version), begin);
  return octets.buffer;
}
