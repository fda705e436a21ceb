/**
 * Whether v86 can start a kernel, asked before it tries: it says nothing of a file that is none, and boots without.
 * [Linux Documentation/arch/x86/boot.rst]
 */
import {
  BOOT_FLAG,
  BOOT_FLAG_VALUE,
  DEFAULT_SETUP_SECTORS,
  HDRS,
  HEADER_END,
  HEADER_MAGIC,
  KERNEL_ADDRESS,
  PARAGRAPH_SIZE,
  SECTOR_SIZE,
  SETUP_SECTS,
  SYSSIZE,
} from "./bootImages.ts";

const VERSION = 0x206;
const LOADFLAGS = 0x211;
const LOADED_HIGH = 1;
/** The first with a pointer to the command line, which v86 sets. */
const OLDEST_VERSION = 0x0202;
/** v86's stack and the command line begin there, from the setup code's address on. */
const MAX_SETUP_SIZE = 0xe000;
/** COMMAND_LINE_SIZE of x86, with its NUL: Linux cuts what is longer. */
const COMMAND_LINE_SIZE = 2048;

/** A file that is no kernel that this machine can start. */
export class KernelFileError extends Error {
  override name = "KernelFileError";
}

/**
 * @param limit physical address that the kernel must end below.
 * @throws KernelFileError that says what is wrong with it.
 */
export function checkKernel(file: ArrayBuffer, limit: number): void {
  const refuse = (why: string): never => {
    throw new KernelFileError(
      `The kernel can't be started: ${why}. It must be a bzImage of Linux for x86, whole and unpacked.`,
    );
  };
  const size = file.byteLength;
  const view = new DataView(file);
  if (size === 0) refuse("the file is empty");
  if (size < BOOT_FLAG + 2 || view.getUint16(BOOT_FLAG, true) !== BOOT_FLAG_VALUE) {
    refuse(`the file of ${size} bytes has no boot sector (55 AA at offset 510)`);
  }
  if (size < HEADER_END || view.getUint32(HEADER_MAGIC, true) !== HDRS) {
    refuse('the file has a boot sector, but not the header of Linux ("HdrS" at offset 514)');
  }
  const version = view.getUint16(VERSION, true);
  if (version < OLDEST_VERSION) refuse(`its boot protocol is ${hex(version)}, and ${hex(OLDEST_VERSION)} is needed`);
  if (!(view.getUint8(LOADFLAGS) & LOADED_HIGH)) refuse("it is a zImage, which runs below 1 MiB");
  const setup = ((view.getUint8(SETUP_SECTS) || DEFAULT_SETUP_SECTORS) + 1) * SECTOR_SIZE;
  if (setup > MAX_SETUP_SIZE) refuse(`its setup code has ${setup} bytes, and there is room for ${MAX_SETUP_SIZE}`);
  const kernel = view.getUint32(SYSSIZE, true) * PARAGRAPH_SIZE;
  // The header counts paragraphs: the last one need not be whole.
  if (size + PARAGRAPH_SIZE <= setup + kernel) refuse(`the file ends after ${size} of ${setup + kernel} bytes`);
  if (KERNEL_ADDRESS + size - setup > limit) {
    refuse(`its ${size - setup} bytes from 1 MiB on do not fit below ${limit >>> 20} MiB`);
  }
}

/**
 * @returns the command line in octets, each as the character that v86 writes as this octet: UTF-8.
 * @throws RangeError when Linux would not get the whole of it.
 */
export function commandLineOctets(cmdline: string): string {
  const octets = new TextEncoder().encode(cmdline);
  const nul = octets.indexOf(0);
  if (nul >= 0) {
    throw new RangeError(
      `The kernel's command line has a NUL after ${nul} bytes, where it would end for Linux: leave it out.`,
    );
  }
  if (octets.length >= COMMAND_LINE_SIZE) {
    throw new RangeError(
      `The kernel's command line has ${octets.length} bytes; Linux takes ${COMMAND_LINE_SIZE - 1} at most: shorten it.`,
    );
  }
  return Array.from(octets, (octet) => String.fromCharCode(octet)).join("");
}

const hex = (version: number) => `${version >>> 8}.${String(version & 0xff).padStart(2, "0")}`;
