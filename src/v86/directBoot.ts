/**
 * Starts the kernel that v86 has put into RAM, measured. v86's own option ROM just jumps into it; ours (guest/rom) takes its
 * place among the files of the firmware's configuration device, with what it measures beside it.
 */
import { LOG_AREA_SIZE } from "../firmware/fwCfg.ts";
import { bootFile, type DirectBoot, type Measurement, measurementsOf } from "../firmware/measuredBoot.ts";
import type { KernelBoot } from "./bootPlan.ts";
import type { V86Cpu } from "./internals.ts";
import { UnsupportedV86Error } from "./internals.ts";

const KERNEL_ROM = "genroms/kernel.bin";
/** Where there is no kernel, whose ROM ours takes the place of: it carries out what is requested of a present user all the same. */
const OWN_ROM = "genroms/tabtpm.bin";
/**
 * Behind the header of v86's ROM: CLI; AX = 8000h; ES, DS, FS, GS, SS = AX; SP = E000h; far jump to 8020h:0. It is where v86 has put the
 * setup code, and what ours does at its end.
 */
const V86_ROM_CODE = Uint8Array.of(
  ...[0xfa, 0xb8, 0x00, 0x80, 0x8e, 0xc0, 0x8e, 0xd8, 0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd0, 0xbc, 0x00, 0xe0],
  ...[0xea, 0x00, 0x00, 0x20, 0x80],
);
const V86_ROM_HEADER = 3;
const ENTRY = 0x8020_0000;
const STACK = 0x8000_e000;

/**
 * Offers the ROM to a machine that boots from a drive.
 * @returns the undo.
 */
export function offerRom(cpu: V86Cpu, rom: ArrayBuffer): () => void {
  const file = { name: OWN_ROM, data: new Uint8Array(rom) };
  cpu.option_roms.push(file);
  return () => cpu.option_roms.splice(cpu.option_roms.indexOf(file), 1);
}

function directBoot({ images, cmdline }: KernelBoot, initrd = images.initrd): DirectBoot {
  const { kernel, kernelName, initrdName } = images;
  return {
    kernel: new Uint8Array(kernel),
    initrd: initrd && new Uint8Array(initrd),
    kernelName,
    initrdName,
    cmdline,
    entry: ENTRY,
    stack: STACK,
    logSize: LOG_AREA_SIZE,
  };
}

/** The file that the initrd was unpacked from, if that is so: an initrd that somebody has put in its place is measured itself. */
async function measuredInitrd({ initrd, initrdFile }: KernelBoot["images"]): Promise<ArrayBuffer | undefined> {
  if (initrd === undefined || initrdFile === undefined || initrdFile === initrd) return initrd;
  try {
    const stream = new Blob([initrdFile]).stream().pipeThrough(new DecompressionStream("gzip"));
    return isEqual(await new Response(stream).arrayBuffer(), initrd) ? initrdFile : initrd;
  } catch {
    return initrd;
  }
}

function isEqual(one: ArrayBuffer, other: ArrayBuffer): boolean {
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** What there is to measure: which event of which PCR the ROM adds to the log, in their order. */
export function directBootEvents(boot: KernelBoot): readonly Omit<Measurement, "data">[] {
  return measurementsOf(directBoot(boot)).map(({ name, pcr, text }) => ({ name, pcr, text }));
}

/**
 * From the next boot on the kernel is measured before it starts.
 * @returns the undo.
 * @throws UnsupportedV86Error when this v86 starts kernels in another way; RangeError for a command line that is too long to be logged.
 */
export async function measureDirectBoot(cpu: V86Cpu, boot: KernelBoot): Promise<() => void> {
  const file = await bootFile(directBoot(boot, await measuredInitrd(boot.images)));
  const directory = cpu.option_roms;
  const original = directory.find(({ name }) => name === KERNEL_ROM);
  const code = original?.data.subarray(V86_ROM_HEADER, V86_ROM_HEADER + V86_ROM_CODE.length);
  if (original === undefined) throw new Error("The kernel is no Linux bzImage: v86 has nothing to start.");
  if (!V86_ROM_CODE.every((byte, index) => byte === code?.[index])) {
    throw new UnsupportedV86Error(`v86.cpu.option_roms["${KERNEL_ROM}"]`, "the code that starts a kernel");
  }
  const rom = { name: KERNEL_ROM, data: new Uint8Array(boot.images.rom) };
  directory.splice(directory.indexOf(original), 1, rom);
  directory.push(file);
  return () => {
    directory.splice(directory.indexOf(rom), 1, original);
    directory.splice(directory.indexOf(file), 1);
  };
}
