/** What v86's constructor is told of a {@link BootPlan}. */
import type { V86Image, V86Options } from "v86";
import type { DiskKind } from "../guest/diskSource.ts";
import { type BootPlan, DISK_KINDS } from "./bootPlan.ts";
import type { DiskBuffer } from "./diskBuffer.ts";

/** What v86 boots from. A floppy's image is a copy already: the drive writes into it. */
export function bootOptionsOf(
  { device, kernel, floppy }: BootPlan,
  { cdrom, hda }: { cdrom: DiskBuffer | undefined; hda: DiskBuffer | undefined },
): Partial<V86Options> {
  return {
    ...(kernel && { bzimage: { buffer: ownWords(kernel.images.kernel) }, cmdline: latin1Of(kernel.cmdline) }),
    ...(kernel?.images.initrd && { initrd: { buffer: kernel.images.initrd } }),
    ...(floppy && { fda: { buffer: floppy } }),
    // v86 takes whatever has the methods of its buffers.
    ...(cdrom && { cdrom: cdrom as unknown as V86Image }),
    ...(hda && { hda: hda as unknown as V86Image }),
    ...(device !== "kernel" && { boot_order: bootOrder(device) }),
  };
}

/** v86's `boot_order`: a digit for each of the three, from the first, which is the lowest. */
const ORDER_DIGITS: Readonly<Record<DiskKind, number>> = { floppy: 1, harddisk: 2, cdrom: 3 };

function bootOrder(device: DiskKind): number {
  const order = [device, ...DISK_KINDS.filter((kind) => kind !== device)];
  return order.reduce((value, kind, index) => value | (ORDER_DIGITS[kind] << (4 * index)), 0);
}

/** v86 takes the low octet of each character: those of UTF-8, which are the ones that are measured. */
function latin1Of(cmdline: string): string {
  return Array.from(new TextEncoder().encode(cmdline), (octet) => String.fromCharCode(octet)).join("");
}

/** v86 patches the kernel's setup header in place and reads it as 32-bit words: a copy, padded to whole words. */
function ownWords(kernel: ArrayBuffer): ArrayBuffer {
  const copy = new Uint8Array(Math.ceil(kernel.byteLength / 4) * 4);
  copy.set(new Uint8Array(kernel));
  return copy.buffer;
}
