/** The user's own files of `tabtpm boot`: the options that name them, and what they become for the machine. */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { BootDevice } from "../v86/bootPlan.ts";
import type { MachineOptions } from "../v86/machine.ts";
import { type DiskFile, openDiskFile } from "./diskFile.ts";
import { UsageError } from "./errors.ts";

/** Names of files, and what boots. */
export interface BootFileOptions {
  floppy: string | undefined;
  cdrom: string | undefined;
  harddisk: string | undefined;
  kernel: string | undefined;
  initrd: string | undefined;
  guestInitrd: boolean | undefined;
  bootFrom: BootDevice | undefined;
}

export const BOOT_FILE_OPTIONS = {
  floppy: { type: "string" },
  cdrom: { type: "string" },
  disk: { type: "string" },
  kernel: { type: "string" },
  initrd: { type: "string" },
  "guest-initrd": { type: "boolean" },
  boot: { type: "string" },
} as const;

export const BOOT_FILE_HELP = `  --floppy FILE    a floppy disk's image; the PC boots from it
  --cdrom FILE     a CD's ISO image; the PC boots from it
  --disk FILE      a hard disk's raw image; the PC boots from it. What the guest writes to it or to a floppy is forgotten
                   at the end: FILE is never changed
  --boot DRIVE     with more than one of them: a (floppy), c (hard disk), d (CD), or kernel, which leaves them in their drives
  --kernel FILE    a Linux bzImage for 32-bit x86 in place of the guest's kernel, without an initrd unless one is named
  --initrd FILE    its initrd, or one for the guest's kernel
  --guest-initrd   the guest's own initrd for the kernel of --kernel
`;

/** QEMU's letters. */
const DRIVES: Readonly<Record<string, BootDevice>> = { a: "floppy", c: "harddisk", d: "cdrom", kernel: "kernel" };
const OPTION_OF = { floppy: "floppy", harddisk: "disk", cdrom: "cdrom" } as const;

type Values = { [Name in keyof typeof BOOT_FILE_OPTIONS]?: string | boolean | undefined };

/** @param append of the same command line. @throws UsageError */
export function parseBootFiles(values: Values, append: string | undefined): BootFileOptions {
  for (const name of ["floppy", "cdrom", "disk", "kernel", "initrd"] as const) {
    if (values[name] === "") throw new UsageError(`--${name} needs the name of a file.`);
  }
  const { floppy, cdrom, disk: harddisk, kernel, initrd } = values as Record<string, string | undefined>;
  const { boot, "guest-initrd": guestInitrd } = values as { boot?: string; "guest-initrd"?: boolean };
  const bootFrom = boot === undefined ? undefined : DRIVES[boot];
  if (boot !== undefined && bootFrom === undefined) {
    throw new UsageError(`--boot needs a (floppy), c (hard disk), d (CD) or kernel; "${boot}" is none of them.`);
  }
  if (guestInitrd && initrd !== undefined)
    throw new UsageError("--initrd and --guest-initrd are two initrds: take one.");
  if (guestInitrd && kernel === undefined) throw new UsageError("--guest-initrd goes with --kernel.");
  const files = { floppy, cdrom, harddisk, kernel, initrd, guestInitrd, bootFrom };
  checkDevice(files, append);
  return files;
}

function checkDevice({ bootFrom, kernel, initrd, ...disks }: BootFileOptions, append: string | undefined): void {
  const given = (["floppy", "harddisk", "cdrom"] as const).filter((kind) => disks[kind] !== undefined);
  const names = given.map((kind) => `--${OPTION_OF[kind]}`);
  const forKernel = [kernel !== undefined && "--kernel", initrd !== undefined && "--initrd"].filter(
    (name) => name !== false,
  );
  if (bootFrom === "kernel" || (bootFrom === undefined && (given.length === 0 || forKernel.length > 0))) return;
  if (bootFrom === undefined && given.length > 1) {
    throw new UsageError(`${names.join(" and ")} are more than one disk: say with --boot a, c or d which one boots.`);
  }
  if (bootFrom !== undefined && !given.includes(bootFrom)) {
    throw new UsageError(`--boot says that the PC boots from the disk of --${OPTION_OF[bootFrom]}, which is missing.`);
  }
  if (append !== undefined) forKernel.push("--append");
  if (forKernel.length > 0) {
    throw new UsageError(
      `${forKernel.join(" and ")} go with a kernel that is started directly, and the PC boots from a disk: ` +
        "leave out the one or the other, or say --boot kernel.",
    );
  }
}

/** What the options of {@link BootFileOptions} are for createMachine, and the files to be closed after its end. */
export interface OpenBootFiles {
  options: Pick<MachineOptions, "disks" | "bootFrom" | "kernel" | "kernelName" | "initrd" | "initrdName">;
  close(): Promise<void>;
}

/** @throws Error naming the file that can't be opened. */
export async function openBootFiles(files: BootFileOptions): Promise<OpenBootFiles> {
  const open: DiskFile[] = [];
  const close = async () => {
    for (const file of open) await file.close();
  };
  const named = async <Value>(path: string, read: (path: string) => Promise<Value>) => {
    try {
      return await read(path);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new Error(code === "ENOENT" ? `There is no file ${path}.` : `${path} can't be read: ${message}`, { cause });
    }
  };
  const disk = async (path: string | undefined) => {
    if (path === undefined) return undefined;
    const file = await named(path, openDiskFile);
    open.push(file);
    return file;
  };
  try {
    const { kernel, initrd, bootFrom, guestInitrd } = files;
    return {
      options: {
        disks: {
          floppy: await disk(files.floppy),
          cdrom: await disk(files.cdrom),
          harddisk: await disk(files.harddisk),
        },
        bootFrom,
        kernel: kernel === undefined ? undefined : await named(kernel, readWhole),
        kernelName: kernel === undefined ? undefined : basename(kernel),
        initrd: initrd === undefined ? (guestInitrd ? "guest" : undefined) : await named(initrd, readWhole),
        initrdName: initrd === undefined ? undefined : basename(initrd),
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A pipe that nobody writes to, or a device without an end, would be read for ever. */
async function readWhole(path: string): Promise<Uint8Array> {
  if (!(await stat(path)).isFile()) throw new Error("it is no file.");
  return readFile(path);
}
