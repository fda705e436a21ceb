import type { BootDevice } from "../v86/bootPlan.ts";

const WHAT: Readonly<Record<Exclude<BootDevice, "kernel">, string>> = {
  floppy: "the floppy's boot sector",
  harddisk: "the hard disk's boot sector and partition table",
  cdrom: "the CD's boot catalogue and El Torito image",
};

/** What a boot from a drive leaves unmeasured, as a sentence; undefined for a kernel that is started directly, which is measured. */
export function unmeasuredBy(device: BootDevice): string | undefined {
  if (device === "kernel") return undefined;
  return (
    `SeaBIOS measures ${WHAT[device]} (PCR 4 and 5). What that loads is not measured unless it does it itself: ` +
    "GRUB for BIOS does not, its tpm module exists for UEFI only."
  );
}
