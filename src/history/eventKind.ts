/** What an event of the firmware's log is, as far as a reader wants to be told of it: finer than its type. */
import type { TcgEvent } from "../firmware/eventLog.ts";
import { startupLocality } from "../firmware/eventLogReplay.ts";
import * as types from "../firmware/eventTypes.ts";

export const EVENT_KINDS = [
  "log header",
  "startup locality",
  "note",
  "SMBIOS",
  "option ROM scan",
  "option ROM",
  "INT 19h",
  "separator",
  "error separator",
  "boot sector",
  "partition table",
  "kernel",
  "command line",
  "initrd",
  "boot loader",
  "firmware code",
  "CPU microcode",
  "configuration",
  "action",
  "tagged data",
  "UEFI variable",
  "UEFI program",
  "H-CRTM",
  "device",
  "unknown",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

const SPEC_ID = "Spec ID Event";
/** Tags of EV_EVENT_TAG. [PC Client Implementation Specification for Conventional BIOS, "EV_EVENT_TAG events"] */
const [TAG_SMBIOS, TAG_OPTION_ROM] = [1, 7];
/** PCRs of GRUB's strings and files, which this PC's option ROM takes for a kernel that is started directly. */
const [STRINGS, FILES] = [8, 9];
const BOOT_LOADER = 4;
const BOOT_LOADER_CONFIGURATION = 5;
const COMMAND_LINE = "kernel_cmdline: ";

const KINDS = new Map<number, EventKind>([
  [types.EV_POST_CODE, "firmware code"],
  [types.EV_POST_CODE2, "firmware code"],
  [types.EV_S_CRTM_CONTENTS, "firmware code"],
  [types.EV_S_CRTM_VERSION, "firmware code"],
  [types.EV_EFI_PLATFORM_FIRMWARE_BLOB, "firmware code"],
  [types.EV_EFI_PLATFORM_FIRMWARE_BLOB2, "firmware code"],
  [types.EV_CPU_MICROCODE, "CPU microcode"],
  [types.EV_PLATFORM_CONFIG_FLAGS, "configuration"],
  [types.EV_TABLE_OF_DEVICES, "configuration"],
  [types.EV_NONHOST_CONFIG, "configuration"],
  [types.EV_EFI_HANDOFF_TABLES, "configuration"],
  [types.EV_EFI_HANDOFF_TABLES2, "configuration"],
  [types.EV_IPL_PARTITION_DATA, "partition table"],
  [types.EV_EFI_GPT_EVENT, "partition table"],
  [types.EV_EFI_GPT_EVENT2, "partition table"],
  [types.EV_EFI_VARIABLE_DRIVER_CONFIG, "UEFI variable"],
  [types.EV_EFI_VARIABLE_BOOT, "UEFI variable"],
  [types.EV_EFI_VARIABLE_BOOT2, "UEFI variable"],
  [types.EV_EFI_VARIABLE_AUTHORITY, "UEFI variable"],
  [types.EV_EFI_BOOT_SERVICES_APPLICATION, "UEFI program"],
  [types.EV_EFI_BOOT_SERVICES_DRIVER, "UEFI program"],
  [types.EV_EFI_RUNTIME_SERVICES_DRIVER, "UEFI program"],
  [types.EV_EFI_ACTION, "action"],
  [types.EV_EFI_HCRTM_EVENT, "H-CRTM"],
  [types.EV_EFI_SPDM_FIRMWARE_BLOB, "device"],
  [types.EV_EFI_SPDM_FIRMWARE_CONFIG, "device"],
  [types.EV_EFI_SPDM_DEVICE_POLICY, "device"],
  [types.EV_EFI_SPDM_DEVICE_AUTHORITY, "device"],
]);

const textOf = (data: Uint8Array) => new TextDecoder().decode(data).replace(/\0+$/, "");
const u32 = (data: Uint8Array) =>
  data.length < 4 ? null : new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);

/** Of each event of a log. Never throws: what nothing is known of is "unknown". */
export function eventKinds(events: readonly TcgEvent[]): EventKind[] {
  const kinds = events.map(eventKind);
  // A loader's files are told apart by their order only: the kernel, its command line, then what belongs to it.
  const line = kinds.indexOf("command line");
  return kinds.map((kind, index) => (kind === "kernel" && line >= 0 && index > line ? "initrd" : kind));
}

function eventKind(event: TcgEvent): EventKind {
  const { type, pcrIndex, data } = event;
  switch (type) {
    case types.EV_NO_ACTION:
      if (startupLocality(event) !== null) return "startup locality";
      return textOf(data.subarray(0, SPEC_ID.length)) === SPEC_ID ? "log header" : "note";
    case types.EV_SEPARATOR:
      return data.length === 4 && u32(data) === 1 ? "error separator" : "separator";
    case types.EV_ACTION:
      if (/INT 19h/i.test(textOf(data))) return "INT 19h";
      return /option rom/i.test(textOf(data)) ? "option ROM scan" : "action";
    case types.EV_EVENT_TAG:
      if (u32(data) === TAG_SMBIOS) return "SMBIOS";
      return u32(data) === TAG_OPTION_ROM ? "option ROM" : "tagged data";
    case types.EV_IPL:
      return bootKind(pcrIndex, textOf(data));
    default:
      return KINDS.get(type) ?? "unknown";
  }
}

/** EV_IPL "can be used by almost anything": what it is depends on who wrote it, which the PCR tells. */
function bootKind(pcr: number, text: string): EventKind {
  if (pcr === BOOT_LOADER) return "boot sector";
  if (pcr === BOOT_LOADER_CONFIGURATION) return "partition table";
  if (pcr === STRINGS && text.startsWith(COMMAND_LINE)) return "command line";
  return pcr === FILES ? "kernel" : "boot loader";
}
