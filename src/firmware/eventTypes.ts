/**
 * Event types of the TCG PC Client Platform Firmware Profile (PFP) 1.06, table "Event Types", and of its predecessors
 * for conventional BIOS: number, name, what such an event measures.
 */

export const EV_PREBOOT_CERT = 0x00;
export const EV_POST_CODE = 0x01;
export const EV_UNUSED = 0x02;
export const EV_NO_ACTION = 0x03;
export const EV_SEPARATOR = 0x04;
export const EV_ACTION = 0x05;
export const EV_EVENT_TAG = 0x06;
export const EV_S_CRTM_CONTENTS = 0x07;
export const EV_S_CRTM_VERSION = 0x08;
export const EV_CPU_MICROCODE = 0x09;
export const EV_PLATFORM_CONFIG_FLAGS = 0x0a;
export const EV_TABLE_OF_DEVICES = 0x0b;
export const EV_COMPACT_HASH = 0x0c;
export const EV_IPL = 0x0d;
export const EV_IPL_PARTITION_DATA = 0x0e;
export const EV_NONHOST_CODE = 0x0f;
export const EV_NONHOST_CONFIG = 0x10;
export const EV_NONHOST_INFO = 0x11;
export const EV_OMIT_BOOT_DEVICE_EVENTS = 0x12;
export const EV_POST_CODE2 = 0x13;
export const EV_EFI_VARIABLE_DRIVER_CONFIG = 0x8000_0001;
export const EV_EFI_VARIABLE_BOOT = 0x8000_0002;
export const EV_EFI_BOOT_SERVICES_APPLICATION = 0x8000_0003;
export const EV_EFI_BOOT_SERVICES_DRIVER = 0x8000_0004;
export const EV_EFI_RUNTIME_SERVICES_DRIVER = 0x8000_0005;
export const EV_EFI_GPT_EVENT = 0x8000_0006;
export const EV_EFI_ACTION = 0x8000_0007;
export const EV_EFI_PLATFORM_FIRMWARE_BLOB = 0x8000_0008;
export const EV_EFI_HANDOFF_TABLES = 0x8000_0009;
export const EV_EFI_PLATFORM_FIRMWARE_BLOB2 = 0x8000_000a;
export const EV_EFI_HANDOFF_TABLES2 = 0x8000_000b;
export const EV_EFI_VARIABLE_BOOT2 = 0x8000_000c;
export const EV_EFI_GPT_EVENT2 = 0x8000_000d;
export const EV_EFI_HCRTM_EVENT = 0x8000_0010;
export const EV_EFI_VARIABLE_AUTHORITY = 0x8000_00e0;
export const EV_EFI_SPDM_FIRMWARE_BLOB = 0x8000_00e1;
export const EV_EFI_SPDM_FIRMWARE_CONFIG = 0x8000_00e2;
export const EV_EFI_SPDM_DEVICE_POLICY = 0x8000_00e3;
export const EV_EFI_SPDM_DEVICE_AUTHORITY = 0x8000_00e4;

const TYPES: readonly [type: number, name: string, meaning: string][] = [
  [EV_PREBOOT_CERT, "EV_PREBOOT_CERT", "reserved"],
  [EV_POST_CODE, "EV_POST_CODE", "firmware code"],
  [EV_UNUSED, "EV_UNUSED", "reserved"],
  [EV_NO_ACTION, "EV_NO_ACTION", "information, not extended"],
  [EV_SEPARATOR, "EV_SEPARATOR", "end of the firmware's measurements"],
  [EV_ACTION, "EV_ACTION", "an action of the firmware"],
  [EV_EVENT_TAG, "EV_EVENT_TAG", "tagged data"],
  [EV_S_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS", "code of the root of trust for measurement"],
  [EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION", "version of the root of trust for measurement"],
  [EV_CPU_MICROCODE, "EV_CPU_MICROCODE", "CPU microcode update"],
  [EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS", "platform configuration"],
  [EV_TABLE_OF_DEVICES, "EV_TABLE_OF_DEVICES", "table of devices"],
  [EV_COMPACT_HASH, "EV_COMPACT_HASH", "hash that boot software made"],
  [EV_IPL, "EV_IPL", "boot loader"],
  [EV_IPL_PARTITION_DATA, "EV_IPL_PARTITION_DATA", "partition table"],
  [EV_NONHOST_CODE, "EV_NONHOST_CODE", "code of another processor"],
  [EV_NONHOST_CONFIG, "EV_NONHOST_CONFIG", "configuration of another processor"],
  [EV_NONHOST_INFO, "EV_NONHOST_INFO", "another processor, not measured"],
  [EV_OMIT_BOOT_DEVICE_EVENTS, "EV_OMIT_BOOT_DEVICE_EVENTS", "boot device events are left out"],
  [EV_POST_CODE2, "EV_POST_CODE2", "firmware code"],
  [EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG", "UEFI variable: driver configuration"],
  [EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT", "UEFI variable: boot option"],
  [EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION", "UEFI application"],
  [EV_EFI_BOOT_SERVICES_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER", "UEFI boot services driver"],
  [EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER", "UEFI runtime services driver"],
  [EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT", "GUID partition table"],
  [EV_EFI_ACTION, "EV_EFI_ACTION", "an action of the UEFI firmware"],
  [EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB", "firmware volume"],
  [EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES", "tables handed to the operating system"],
  [EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2", "firmware volume"],
  [EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2", "tables handed to the operating system"],
  [EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2", "UEFI variable: boot option"],
  [EV_EFI_GPT_EVENT2, "EV_EFI_GPT_EVENT2", "GUID partition table"],
  [EV_EFI_HCRTM_EVENT, "EV_EFI_HCRTM_EVENT", "hardware root of trust for measurement"],
  [EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY", "UEFI variable: certificate that verified an image"],
  [EV_EFI_SPDM_FIRMWARE_BLOB, "EV_EFI_SPDM_FIRMWARE_BLOB", "firmware of a device, through SPDM"],
  [EV_EFI_SPDM_FIRMWARE_CONFIG, "EV_EFI_SPDM_FIRMWARE_CONFIG", "configuration of a device, through SPDM"],
  [EV_EFI_SPDM_DEVICE_POLICY, "EV_EFI_SPDM_DEVICE_POLICY", "policy for devices that speak SPDM"],
  [EV_EFI_SPDM_DEVICE_AUTHORITY, "EV_EFI_SPDM_DEVICE_AUTHORITY", "certificate that verified a device, through SPDM"],
];

const BY_TYPE = new Map(TYPES.map(([type, name, meaning]) => [type, { name, meaning }]));

/** The type's name in the specification, or its number in hexadecimal. */
export function eventTypeName(type: number): string {
  return BY_TYPE.get(type)?.name ?? `0x${type.toString(16).padStart(8, "0")}`;
}

/** What events of the type measure, in a few words; "unknown" for a type that no specification has. */
export function eventTypeMeaning(type: number): string {
  return BY_TYPE.get(type)?.meaning ?? "unknown";
}
