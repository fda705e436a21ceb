/** What a machine boots, of what its maker was given: looked at as a whole before v86 sees any of it. */
import { BootFileError } from "../guest/bootFileError.ts";
import { checkDisk } from "../guest/diskCheck.ts";
import {
  type DiskImage,
  type DiskKind,
  type DiskSource,
  type Disks,
  type FileBytes,
  fileNameOf,
  readBytes,
  readPiece,
  sourceOf,
} from "../guest/diskSource.ts";
import type { GuestImages } from "../guest/images.ts";
import { checkCommandLine, checkKernel } from "../guest/kernelFile.ts";
import { KERNEL_ADDRESS, type KernelHeader } from "../guest/kernelHeader.ts";
import { INITRD_ADDRESS } from "./bootImages.ts";

/** What the firmware boots: a kernel that is in RAM already, or a drive. */
export type BootDevice = "kernel" | DiskKind;

/** What a machine boots, for the most part optional. */
export interface BootOptions {
  /** What the PC boots: SeaBIOS 1.16 with TCG support, VGA BIOS, a Linux bzImage and its initrd. */
  images: GuestImages;
  /**
   * Disks in the PC's drives. Without a kernel of the caller's the PC boots from the disk; the guest of `images` then lends its
   * firmware only. What the guest writes to a floppy or hard disk is kept while the machine exists, also without power; the image
   * is never changed.
   */
  disks?: Disks | undefined;
  /** What boots: `kernel`, or the drive. Needed when there is more than one disk and no kernel of the caller's. */
  bootFrom?: BootDevice | undefined;
  /** A Linux bzImage in place of the images' kernel. It gets no initrd unless `initrd` says one. */
  kernel?: FileBytes | undefined;
  /** For the kernel: a file, or `guest`, the images' own. The images' kernel has that by default. */
  initrd?: FileBytes | "guest" | undefined;
  /** The names under which `kernel` and `initrd` are measured; those of their Files by default, else bzImage and initrd.img. */
  kernelName?: string | undefined;
  initrdName?: string | undefined;
  /** The kernel's command line, for an own kernel as well; the images' own by default. */
  cmdline?: string | undefined;
}

/** A kernel with what it is started with. */
export interface KernelBoot {
  /** The firmware's images, with the kernel and the initrd that boot. */
  images: Pick<GuestImages, "bios" | "vgaBios" | "rom" | "kernel"> & {
    initrd?: ArrayBuffer | undefined;
    initrdFile?: ArrayBuffer | undefined;
    kernelName?: string | undefined;
    initrdName?: string | undefined;
  };
  header: KernelHeader;
  cmdline: string;
}

export interface BootPlan {
  device: BootDevice;
  /** Undefined when a drive boots. */
  kernel: KernelBoot | undefined;
  floppy: ArrayBuffer | undefined;
  cdrom: DiskSource | undefined;
  harddisk: DiskSource | undefined;
  /** What a PC would not do with them, as sentences for the user. */
  notes: string[];
}

export const DISK_KINDS: readonly DiskKind[] = ["floppy", "cdrom", "harddisk"];

/**
 * @throws BootFileError for a file that can't be used; TypeError for options that contradict each other or say too little
 */
export async function planBoot(options: BootOptions): Promise<BootPlan> {
  const disks = DISK_KINDS.flatMap((kind) => {
    const image = options.disks?.[kind];
    return image === undefined ? [] : [{ kind, image }];
  });
  const device = deviceOf(
    options,
    disks.map(({ kind }) => kind),
  );
  const plan: BootPlan = {
    device,
    kernel: device === "kernel" ? await kernelOf(options) : undefined,
    floppy: undefined,
    cdrom: undefined,
    harddisk: undefined,
    notes: [],
  };
  for (const { kind, image } of disks) {
    const notes = await checkDisk(kind, image);
    if (kind === device) plan.notes.push(...notes);
    if (kind === "floppy") plan.floppy = await wholeDisk(kind, image);
    else plan[kind] = sourceOf(image);
  }
  return plan;
}

function deviceOf({ bootFrom, kernel, initrd, cmdline }: BootOptions, kinds: readonly DiskKind[]): BootDevice {
  const forKernel = [kernel && "kernel", initrd && "initrd", cmdline !== undefined && "cmdline"].filter(Boolean);
  if (bootFrom === undefined) {
    if (kernel || initrd || kinds.length === 0) return "kernel";
    if (cmdline !== undefined) {
      throw new TypeError("cmdline is for a kernel, and there are disks: say with bootFrom what boots.");
    }
    if (kinds.length === 1) return kinds[0]!;
    throw new TypeError(`There is more than one disk (${kinds.join(", ")}): say with bootFrom which one boots.`);
  }
  if (bootFrom === "kernel") return bootFrom;
  if (!DISK_KINDS.includes(bootFrom)) {
    throw new TypeError(`bootFrom must be kernel, ${DISK_KINDS.join(", ")}; "${bootFrom}" is none of them.`);
  }
  if (!kinds.includes(bootFrom))
    throw new TypeError(`bootFrom is ${bootFrom}, and there is no such disk: give disks.${bootFrom}.`);
  if (forKernel.length > 0) {
    throw new TypeError(
      `bootFrom is ${bootFrom}, and ${forKernel.join(" and ")} would boot a kernel: leave out the one or the other.`,
    );
  }
  return bootFrom;
}

async function kernelOf(options: BootOptions): Promise<KernelBoot> {
  const { images, kernel, initrd = kernel === undefined ? "guest" : undefined } = options;
  const kernelName = options.kernelName ?? fileNameOf(kernel);
  const bytes = kernel === undefined ? images.kernel : (await readBytes("kernel", kernel, kernelName)).buffer;
  const header = checkKernel(new Uint8Array(bytes), kernelName);
  const { cmdline = images.cmdline } = options;
  checkCommandLine(cmdline, header);
  const { bios, vgaBios, rom } = images;
  const boot: KernelBoot = { images: { bios, vgaBios, rom, kernel: bytes, kernelName }, header, cmdline };
  if (initrd === "guest") Object.assign(boot.images, { initrd: images.initrd, initrdFile: images.initrdFile });
  else if (initrd !== undefined) {
    const initrdName = options.initrdName ?? fileNameOf(initrd);
    const file = (await readBytes("initrd", initrd, initrdName)).buffer;
    if (file.byteLength === 0) throw new BootFileError("initrd", initrdName, "is empty.");
    Object.assign(boot.images, { initrd: file, initrdName });
  }
  return boot;
}

async function wholeDisk(kind: DiskKind, image: DiskImage): Promise<ArrayBuffer> {
  const source = sourceOf(image);
  return new Uint8Array(await readPiece(kind, source, 0, source.size)).buffer;
}

/**
 * @param room bytes of RAM from address 0 on
 * @throws BootFileError for a kernel or initrd that does not fit there
 */
export function checkRoom({ images, header }: KernelBoot, room: number): void {
  const mebibytes = (bytes: number) => Math.ceil(bytes / (1 << 20));
  const { kernel, kernelName, initrd, initrdName } = images;
  const loadedEnd = KERNEL_ADDRESS + kernel.byteLength - header.setupSize;
  const kernelEnd = Math.max(loadedEnd, header.runAddress + header.runSize);
  if (kernelEnd > room) {
    throw new BootFileError(
      "kernel",
      kernelName,
      `needs memory up to ${mebibytes(kernelEnd)} MiB, and does not fit into ${mebibytes(room)} MiB: give the PC more.`,
    );
  }
  if (initrd === undefined) return;
  const end = INITRD_ADDRESS + initrd.byteLength;
  const where = `of ${initrd.byteLength} bytes, which begins at 64 MiB,`;
  if (end > room) {
    throw new BootFileError(
      "initrd",
      initrdName,
      `${where} does not fit into ${mebibytes(room)} MiB of memory: give the PC more.`,
    );
  }
  if (end - 1 > header.initrdAddressMax) {
    throw new BootFileError(
      "initrd",
      initrdName,
      `${where} ends above what this kernel can reach (${mebibytes(header.initrdAddressMax)} MiB).`,
    );
  }
  if (kernelEnd > INITRD_ADDRESS) {
    throw new BootFileError(
      "kernel",
      kernelName,
      `needs memory up to ${mebibytes(kernelEnd)} MiB, and would overwrite the initrd, which begins at 64 MiB. Take a smaller kernel, or none of the two from outside: boot both from a CD.`,
    );
  }
}
