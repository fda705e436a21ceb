/**
 * What our option ROM (guest/rom) measures before it starts a kernel: digests, TPM commands and events, as a file of the firmware's
 * configuration device. The strings and PCRs are GRUB's: PCR 9 for files, PCR 8 for the command line.
 * [GRUB manual, "Measured Boot"; TCG PC Client Platform Firmware Profile, 10.4: EV_IPL]
 */
import { marshalCommand } from "../client/index.ts";
import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_HASHES, type WebCryptoHash } from "../engine/webCrypto.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { EV_IPL } from "./eventTypes.ts";
import type { FwCfgFile } from "./fwCfg.ts";

/** The name under which the ROM looks for it. */
export const BOOT_FILE = "opt/tabtpm/boot";

/** PCRs of GRUB: command lines and commands; files. */
export const PCR_STRINGS = 8;
const PCR_FILES = 9;

/** The ROM's buffer for an event; its other fields and digests of every bank are in it as well. */
const MAX_EVENT = 0x1000;
const MAX_NAME = 0xff;

export interface Measurement {
  /** For a message, where it fails: at most 255 ASCII characters. */
  readonly name: string;
  readonly pcr: number;
  /** What the digests are of. */
  readonly data: Uint8Array;
  /** What the event says; a NUL is added. */
  readonly text: string;
}

export interface DirectBoot {
  /** The bytes that are served: what an emulator patches in its own copy is not measured. */
  readonly kernel: Uint8Array;
  /** Without one there is no event of it; a file without octets has its event as any other. */
  readonly initrd?: Uint8Array | undefined;
  /** Without the path of the kernel, as it is given to Linux: UTF-8, without NUL. */
  readonly cmdline: string;
  /** Names of the files, with or without folders; {@link filePath} makes paths of them. */
  readonly kernelName?: string | undefined;
  readonly initrdName?: string | undefined;
  /** Where the kernel's setup code is entered, and with which stack: real mode, segment << 16 | offset. */
  readonly entry: number;
  readonly stack: number;
  /** Size of the memory of the firmware's event log (LAML), in bytes. */
  readonly logSize: number;
}

/** The guest's own files are called as v86's and QEMU's options are. */
const KERNEL_NAME = "bzImage";
const INITRD_NAME = "initrd.img";
const MAX_FILE_NAME = 100;

/**
 * @param name of a file, with folders of any system or none.
 * @returns the path that is logged, as if the file lay in the root of a boot loader's disk: "/" and the last part of the name, of which
 * at most 100 characters are kept. What is no printable ASCII character becomes "_", as does a space, which ends the path in a command line.
 */
export function filePath(name: string, otherwise: string): string {
  const last = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const plain = last.replace(/[^\x21-\x7e]/gu, "_").slice(0, MAX_FILE_NAME);
  return `/${/^\.{0,2}$/.test(plain) ? otherwise : plain}`;
}

/** In the order of GRUB's `linux` and `initrd`. The path of the kernel is part of the command line, and so of its digests. */
export function measurementsOf(boot: DirectBoot): Measurement[] {
  const { kernel, initrd, cmdline, kernelName = KERNEL_NAME, initrdName = INITRD_NAME } = boot;
  const kernelPath = filePath(kernelName, KERNEL_NAME);
  const initrdPath = filePath(initrdName, INITRD_NAME);
  const line = cmdline === "" ? kernelPath : `${kernelPath} ${cmdline}`;
  return [
    { name: kernelPath, pcr: PCR_FILES, data: kernel, text: kernelPath },
    { name: "kernel_cmdline", pcr: PCR_STRINGS, data: new TextEncoder().encode(line), text: `kernel_cmdline: ${line}` },
    ...(initrd ? [{ name: initrdPath, pcr: PCR_FILES, data: initrd, text: initrdPath }] : []),
  ];
}

/** Digests of every algorithm that a bank may have, whichever are allocated: the ROM takes those of the log. */
const BANKS = Object.keys(WEB_CRYPTO_HASHES) as WebCryptoHash[];

/**
 * @returns the file for the ROM: UINT32 entry, stack and size of the log's memory; UINT16 count of items; for each a name (UINT8 size),
 * a TPM2_PCR_Extend (UINT16 size), PCR and event type (UINT32), digests (UINT16 size; each UINT16 algorithm, UINT16 size, octets) and the
 * event's data (UINT16 size). Little-endian, but for the TPM's command.
 * @throws RangeError for a text that is too long to be logged.
 */
export async function bootFile(boot: DirectBoot): Promise<FwCfgFile> {
  const measurements = measurementsOf(boot);
  const items = await Promise.all(measurements.map(itemOf));
  const data = concat(u32(boot.entry), u32(boot.stack), u32(boot.logSize), u16(items.length), ...items);
  return { name: BOOT_FILE, data };
}

async function itemOf({ name, pcr, data, text }: Measurement): Promise<Uint8Array> {
  const digests = await Promise.all(
    BANKS.map(async (bank) => ({
      hashAlg: bank,
      digest: new Uint8Array(await crypto.subtle.digest(WEB_CRYPTO_HASHES[bank], data as Uint8Array<ArrayBuffer>)),
    })),
  );
  const command = marshalCommand("PCR_Extend", { handles: { pcrHandle: pcr }, parameters: { digests } });
  const table = digests.map(({ hashAlg, digest }) => concat(u16(TPM_ALG[hashAlg]), u16(digest.length), digest));
  const event = new TextEncoder().encode(`${text}\0`);
  if (event.length > MAX_EVENT) {
    throw new RangeError(`${name}: its event of ${event.length} bytes is too long; the log takes ${MAX_EVENT}.`);
  }
  const title = new TextEncoder().encode(name).subarray(0, MAX_NAME);
  return concat(
    Uint8Array.of(title.length),
    title,
    ...sized(command),
    u32(pcr),
    u32(EV_IPL),
    ...sized(concat(...table)),
    ...sized(event),
  );
}

const sized = (bytes: Uint8Array) => [u16(bytes.length), bytes];
const u16 = (value: number) => Uint8Array.of(value & 0xff, value >>> 8);
const u32 = (value: number) => Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
