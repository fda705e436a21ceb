/** Looks at a kernel and its command line before anything boots: what the PC could not start is refused in words. */
import { BootFileError } from "./bootFileError.ts";
import { foreignKernel } from "./foreignFile.ts";
import { HEADER_END, hasBootFlag, type KernelHeader, readKernelHeader } from "./kernelHeader.ts";

/** The oldest protocol in which a command line may lie anywhere, and the kernel above 1 MiB. */
const OLDEST_PROTOCOL = 0x202;
/** The protocol gives the real-mode code 32 KiB; its stack and heap follow. */
const MAXIMUM_SETUP_SIZE = 0x8000;
/** A file may end in the middle of the last unit in which the header counts its code. */
const CODE_UNIT = 16;
/** x86's COMMAND_LINE_SIZE without the NUL. */
export const MAXIMUM_COMMAND_LINE = 2047;

const WANTED =
  "A BIOS starts a Linux bzImage for 32-bit x86, such as arch/x86/boot/bzImage or a distribution's vmlinuz.";

/**
 * @param name of the file, for the message
 * @returns what its header says
 * @throws BootFileError when it is no bzImage that a 32-bit PC with a BIOS can start
 */
export function checkKernel(kernel: Uint8Array, name?: string): KernelHeader {
  const refuse = (problem: string) => new BootFileError("kernel", name, problem);
  if (kernel.length === 0) throw refuse("is empty.");
  const foreign = foreignKernel(kernel);
  if (foreign !== undefined) throw refuse(foreign);
  if (kernel.length < HEADER_END) throw refuse(`is no kernel: it has ${kernel.length} bytes. ${WANTED}`);
  const header = readKernelHeader(kernel);
  if (header === undefined) {
    if (kernel[0] === 0x4d && kernel[1] === 0x5a) {
      throw refuse(
        "is a program for UEFI only (a unified kernel image, or a kernel of another processor): " +
          `it has no "HdrS" at 0x202. ${WANTED}`,
      );
    }
    if (!hasBootFlag(kernel)) throw refuse(`is no Linux bzImage: it has no 55 AA at 0x1FE. ${WANTED}`);
    throw refuse(`is no Linux bzImage: it has no "HdrS" at 0x202. ${WANTED}`);
  }
  const { protocol, setupSize, codeSize } = header;
  if (protocol < OLDEST_PROTOCOL) {
    throw refuse(`is too old: it has boot protocol ${version(protocol)}, and 2.02 or newer is needed (Linux 2.4).`);
  }
  if (!header.loadedHigh) throw refuse(`is a zImage, which is loaded below 1 MiB. ${WANTED}`);
  if (header.is64Bit) throw refuse("is for x86-64, and this PC's processor has 32 bits. Take an i386 or i686 kernel.");
  if (setupSize > MAXIMUM_SETUP_SIZE) {
    throw refuse(`is damaged: its header says ${setupSize} bytes of setup code, and there is room for 32,768.`);
  }
  const wanted = setupSize + codeSize;
  if (codeSize === 0 ? kernel.length <= setupSize : kernel.length <= wanted - CODE_UNIT) {
    throw refuse(
      `is cut short: it has ${kernel.length} bytes, and its header says ${codeSize === 0 ? "more than " : ""}${wanted}. Copy it again.`,
    );
  }
  if (codeSize === 0 && protocol >= 0x204) throw refuse("is damaged: its header says that it has no code (syssize 0).");
  return header;
}

/**
 * @param kernel the header of the kernel that gets it
 * @throws BootFileError for what the kernel or the event log could not take
 */
export function checkCommandLine(line: string, kernel?: Pick<KernelHeader, "commandLineSize">): void {
  const refuse = (problem: string) => new BootFileError("command line", undefined, problem);
  const odd = /[\0\r\n]/.exec(line);
  if (odd) {
    const what = odd[0] === "\0" ? "a NUL" : "a line break";
    throw refuse(`has ${what} at character ${odd.index + 1}; it must be one line of text.`);
  }
  const size = new TextEncoder().encode(line).length;
  const limit = Math.min(MAXIMUM_COMMAND_LINE, kernel?.commandLineSize ?? MAXIMUM_COMMAND_LINE);
  if (size > limit) throw refuse(`has ${size} octets; this kernel takes ${limit}. Leave some arguments out.`);
}

const version = (protocol: number) => `${protocol >> 8}.${String(protocol & 0xff).padStart(2, "0")}`;
