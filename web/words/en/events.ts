import type { EventKind } from "../../../src/index.ts";

/** An event of the firmware's log explained. */
export interface EventWords {
  /** In a few words. */
  readonly name: string;
  readonly what: string;
  readonly who: string;
  readonly why: string;
  /** What it means when its digest is another one. */
  readonly change: string;
}

const BIOS = "SeaBIOS, this PC's firmware.";
const ROM = "The option ROM of this PC, before it started the kernel.";
const FIRMWARE = "The firmware.";

export const events: Readonly<Record<EventKind, EventWords>> = {
  "log header": {
    name: "header of the log",
    what: "Says how the log is built, and in which banks (hash algorithms) its events have digests.",
    who: FIRMWARE,
    why: "Whoever reads the log needs it. It is extended into no PCR.",
    change: "Nothing of the boot: it is not measured.",
  },
  "startup locality": {
    name: "locality of TPM2_Startup",
    what: "Notes from which locality the firmware started the TPM. PCR 0 begins with that number.",
    who: FIRMWARE,
    why: "Without it nobody could compute PCR 0 from the log. It is extended into no PCR itself.",
    change: "PCR 0 begins with another value, so all that follows in it is another one, too.",
  },
  note: {
    name: "note",
    what: "Information for whoever reads the log.",
    who: FIRMWARE,
    why: "It is extended into no PCR.",
    change: "Nothing of the boot: it is not measured.",
  },
  SMBIOS: {
    name: "SMBIOS tables",
    what: "The tables in which the firmware describes the PC: maker, model, serial number, memory, processor.",
    who: BIOS,
    why: "A secret that is sealed to PCR 1 is for this PC as it is fitted out.",
    change: "The PC has other hardware or memory, or another version of the firmware describes it.",
  },
  "option ROM scan": {
    name: "start of the search for option ROMs",
    what: "The firmware begins to look for option ROMs, the programs that cards bring with them.",
    who: BIOS,
    why: "It separates what the firmware is from what the cards add. The digest is that of the text itself.",
    change: "Does not happen without another firmware: the text is always the same.",
  },
  "option ROM": {
    name: "option ROM",
    what: "The code of an option ROM: the VGA BIOS, or the ROM of this PC that measures and starts the kernel.",
    who: BIOS,
    why: "Such a program runs before any system, with all rights. Measured before it runs, it can't hide.",
    change: "A card was changed, or its program was: by an update, or by somebody else.",
  },
  "INT 19h": {
    name: "call of INT 19h",
    what: "The firmware is done and asks for something to boot: the interrupt 19h of a PC.",
    who: BIOS,
    why: "It marks the hand-over to the boot loader. The digest is that of the text itself.",
    change: "Does not happen without another firmware: the text is always the same.",
  },
  separator: {
    name: "separator",
    what: "Four octets that end the firmware's measurements in this PCR.",
    who: BIOS,
    why: "What is measured later can't pass for the firmware's: it comes behind this line.",
    change: "The firmware met an error, or something else ended this PCR.",
  },
  "error separator": {
    name: "separator after an error",
    what: "The firmware says that it could not measure everything.",
    who: FIRMWARE,
    why: "Nobody shall take what this PCR has for a whole measurement.",
    change: "In a boot without errors the separator is another one: there the PCR differs.",
  },
  "boot sector": {
    name: "boot sector",
    what: "The first sector of the drive that is booted, or a CD's El Torito image.",
    who: BIOS,
    why: "It is the first code that is not the firmware's. What it loads next it must measure itself.",
    change: "Another drive was booted, or the boot loader in it was installed anew or changed.",
  },
  "partition table": {
    name: "partition table",
    what: "How the drive that is booted is divided: its partition table, or a CD's boot catalogue.",
    who: FIRMWARE,
    why: "It decides which partition is started.",
    change: "A partition was added, removed, moved, or made the active one.",
  },
  kernel: {
    name: "kernel",
    what: "The kernel's file, as it is served to the PC.",
    who: ROM,
    why: "The kernel has all rights. A secret that is sealed to PCR 9 is for this kernel only.",
    change: "Another kernel was started: an update, one of your own, or one that somebody has changed.",
  },
  "command line": {
    name: "kernel command line",
    what: "The text of the kernel's arguments, with the path of the kernel in front.",
    who: ROM,
    why: "Arguments such as init=/bin/sh give anybody a shell: a secret sealed to PCR 8 stays closed then.",
    change: "The kernel was started with other arguments, in another order, or under another name.",
  },
  initrd: {
    name: "initrd",
    what: "The first file system of Linux (initial RAM disk), with /init and the tools of this PC.",
    who: ROM,
    why: "What is in it runs first and may do everything, such as ask for a disk's password.",
    change: "Another initrd was started: an update, one of your own, or one that somebody has changed.",
  },
  "boot loader": {
    name: "boot loader",
    what: "Something that a boot loader measured. The text says what it was.",
    who: "The boot loader, through the firmware.",
    why: "Between firmware and kernel it is the boot loader that decides what runs.",
    change: "The boot loader, its configuration or what it started is another one.",
  },
  "firmware code": {
    name: "firmware code",
    what: "Code or version of the firmware.",
    who: "The part of the firmware that runs first, the root of trust for measurement.",
    why: "Everything else is measured by this code: whoever trusts the log trusts it.",
    change: "The firmware was updated or changed.",
  },
  "CPU microcode": {
    name: "CPU microcode",
    what: "An update of the processor's microcode.",
    who: FIRMWARE,
    why: "It changes what the processor does.",
    change: "Another version of the microcode was loaded.",
  },
  configuration: {
    name: "configuration",
    what: "Settings of the platform, or tables that are handed to the system.",
    who: FIRMWARE,
    why: "Settings decide what is started and what is allowed.",
    change: "A setting or the hardware was changed.",
  },
  action: {
    name: "action of the firmware",
    what: "Something that the firmware did. The text says what.",
    who: FIRMWARE,
    why: "Its place among the others says when it happened. The digest is that of the text itself.",
    change: "The firmware went another way.",
  },
  "tagged data": {
    name: "tagged data",
    what: "Data with a number that says what they are.",
    who: "The firmware, or a boot loader.",
    why: "What is measured so has no event type of its own.",
    change: "The data are others.",
  },
  "UEFI variable": {
    name: "UEFI variable",
    what: "A variable of UEFI firmware: Secure Boot's state and keys, or what to boot.",
    who: FIRMWARE,
    why: "It decides what may be started.",
    change: "Keys, Secure Boot's state or the boot order were changed.",
  },
  "UEFI program": {
    name: "UEFI program",
    what: "A program or driver that UEFI firmware started.",
    who: FIRMWARE,
    why: "It runs before the system, with all rights.",
    change: "Another program, or another version of it, was started.",
  },
  "H-CRTM": {
    name: "hardware's root of trust",
    what: "What the hardware measured before the firmware began (H-CRTM).",
    who: "The hardware, from locality 4.",
    why: "The firmware can't lie about it.",
    change: "The first part of the firmware is another one.",
  },
  device: {
    name: "device",
    what: "Firmware or configuration that a device has told of itself, through SPDM.",
    who: FIRMWARE,
    why: "A device with a program of its own can read the memory.",
    change: "A device was changed, or its firmware was.",
  },
  unknown: {
    name: "event",
    what: "An event of a type that says no more than its name.",
    who: "The firmware, or what it started.",
    why: "Nothing more is known of it.",
    change: "What was measured is another thing than before.",
  },
};
