/** What a user can give a PC to boot. */
export type BootFile = "floppy" | "cdrom" | "harddisk" | "kernel" | "initrd" | "command line";

const TITLES: Readonly<Record<BootFile, string>> = {
  floppy: "The floppy disk",
  cdrom: "The CD",
  harddisk: "The hard disk",
  kernel: "The kernel",
  initrd: "The initrd",
  "command line": "The kernel's command line",
};

/** A file that the PC can't boot or use, found before anything boots. The message says what is wrong, where, and what to do. */
export class BootFileError extends Error {
  override name = "BootFileError";
  readonly file: BootFile;
  /** @param problem goes on after "The kernel (vmlinuz) ". */
  constructor(file: BootFile, name: string | undefined, problem: string, options?: { cause: unknown }) {
    super(`${titleOf(file, name)} ${problem}`, options);
    this.file = file;
  }
}

/** "The CD (debian.iso)". */
export function titleOf(file: BootFile, name: string | undefined): string {
  return name === undefined ? TITLES[file] : `${TITLES[file]} (${name})`;
}
