import { type BootDevice, unmeasuredBy } from "../../../src/index.ts";

/** The firmware's event log. */
export const eventLog = {
  title: "Firmware event log",
  empty: "What the BIOS measures is listed here once it hands over to the kernel.",
  nothing: "The firmware measured nothing into the TPM.",
  matches: "✓ replay equals PCRs 0–9 in every bank",
  differs: (pcrs: string) => `✗ PCR ${pcrs}: not what the log gives`,
  event: "event",
  uefi:
    "With UEFI instead of this BIOS, PCR 7 would hold the Secure Boot policy (its keys, and who signed what was started), " +
    "PCR 11 a unified kernel image and the phases of the boot, PCR 12 its command line and credentials, PCR 13 system " +
    "extensions. Here PCR 7 has a separator only, and nothing extends 11 to 13.",
  /** What a boot from this drive leaves unmeasured; empty for a kernel that is started directly. */
  unmeasured: (device: BootDevice) => unmeasuredBy(device) ?? "",
  notLoaded:
    "What explains the events is fetched when it is first needed, and did not arrive: close this and open it again.",
  what: "What it is",
  who: "Who measured it",
  why: "What for",
  change: "What another digest means",
};
