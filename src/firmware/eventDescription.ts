/** One readable line per event of a TCG event log. */

import { describeBootServicesImage, describeGpt, describeVariable } from "./efiDescription.ts";
import { Fields, guid, hexAddress, hexBytes, text } from "./eventFields.ts";
import { hashName, type TcgEvent } from "./eventLog.ts";
import { startupLocality } from "./eventLogReplay.ts";
import {
  EV_ACTION,
  EV_COMPACT_HASH,
  EV_EFI_ACTION,
  EV_EFI_BOOT_SERVICES_APPLICATION,
  EV_EFI_BOOT_SERVICES_DRIVER,
  EV_EFI_GPT_EVENT,
  EV_EFI_GPT_EVENT2,
  EV_EFI_HANDOFF_TABLES,
  EV_EFI_HANDOFF_TABLES2,
  EV_EFI_HCRTM_EVENT,
  EV_EFI_PLATFORM_FIRMWARE_BLOB,
  EV_EFI_PLATFORM_FIRMWARE_BLOB2,
  EV_EFI_RUNTIME_SERVICES_DRIVER,
  EV_EFI_VARIABLE_AUTHORITY,
  EV_EFI_VARIABLE_BOOT,
  EV_EFI_VARIABLE_BOOT2,
  EV_EFI_VARIABLE_DRIVER_CONFIG,
  EV_EVENT_TAG,
  EV_IPL,
  EV_IPL_PARTITION_DATA,
  EV_NO_ACTION,
  EV_NONHOST_INFO,
  EV_OMIT_BOOT_DEVICE_EVENTS,
  EV_POST_CODE,
  EV_POST_CODE2,
  EV_S_CRTM_CONTENTS,
  EV_S_CRTM_VERSION,
  EV_SEPARATOR,
  eventTypeMeaning,
} from "./eventTypes.ts";

/** PC Client Implementation Specification for Conventional BIOS, table "EV_EVENT_TAG events". */
const TAGS = new Map([
  [1, "SMBIOS structures"],
  [2, "BIS certificate"],
  [3, "POST BIOS ROM strings"],
  [4, "ESCD"],
  [5, "CMOS settings"],
  [6, "NVRAM settings"],
  [7, "option ROM code"],
  [8, "option ROM configuration"],
  [10, "option ROM microcode update"],
  [11, "S-CRTM version"],
  [12, "S-CRTM contents"],
  [13, "POST contents"],
  [14, "table of devices"],
]);

/** Text for people, printable characters only, at most a few hundred of them. Never throws, whatever the data are. */
export function describeEvent(event: TcgEvent): string {
  const described = describeData(event.type, new Fields(event.data), event);
  return described ?? `${eventTypeMeaning(event.type)}: ${hexBytes(event.data)}`;
}

/** null: the data don't have the form that the type asks for. */
function describeData(type: number, fields: Fields, event: TcgEvent): string | null {
  switch (type) {
    case EV_NO_ACTION:
      return describeNoAction(event, fields);
    case EV_SEPARATOR:
      return describeSeparator(fields);
    case EV_EVENT_TAG:
      return describeTags(fields);
    case EV_ACTION:
    case EV_EFI_ACTION:
    case EV_IPL:
    case EV_IPL_PARTITION_DATA:
    case EV_NONHOST_INFO:
    case EV_OMIT_BOOT_DEVICE_EVENTS:
    case EV_COMPACT_HASH:
    case EV_EFI_HCRTM_EVENT:
      return text(event.data);
    case EV_S_CRTM_VERSION:
      return event.data.length === 16 && text(event.data) === null ? guid(event.data) : text(event.data);
    case EV_POST_CODE:
    case EV_POST_CODE2:
    case EV_S_CRTM_CONTENTS:
    case EV_EFI_PLATFORM_FIRMWARE_BLOB:
      return text(event.data) ?? describeBlob(fields, "") ?? describeBlob2(new Fields(event.data));
    case EV_EFI_PLATFORM_FIRMWARE_BLOB2:
      return describeBlob2(fields);
    case EV_EFI_HANDOFF_TABLES:
      return describeTables(fields, "");
    case EV_EFI_HANDOFF_TABLES2: {
      const name = text(fields.take(fields.u8()));
      return name === null ? null : describeTables(fields, `${name}: `);
    }
    case EV_EFI_VARIABLE_DRIVER_CONFIG:
    case EV_EFI_VARIABLE_BOOT:
    case EV_EFI_VARIABLE_BOOT2:
    case EV_EFI_VARIABLE_AUTHORITY:
      return describeVariable(fields);
    case EV_EFI_BOOT_SERVICES_APPLICATION:
    case EV_EFI_BOOT_SERVICES_DRIVER:
    case EV_EFI_RUNTIME_SERVICES_DRIVER:
      return describeBootServicesImage(fields);
    case EV_EFI_GPT_EVENT:
    case EV_EFI_GPT_EVENT2:
      return describeGpt(fields);
    default:
      return null;
  }
}

function describeNoAction(event: TcgEvent, fields: Fields): string | null {
  const locality = startupLocality(event);
  if (locality !== null) return `TPM2_Startup came from locality ${locality}`;
  const signature = text(fields.take(16));
  if (signature !== "Spec ID Event03") return signature;
  const platformClass = fields.u32() === 1 ? "server" : "client";
  const [minor, major, errata] = [fields.u8(), fields.u8(), fields.u8()];
  fields.u8();
  const algorithms: string[] = [];
  for (let count = Math.min(fields.u32(), 32); count > 0; count--) {
    algorithms.push(hashName(fields.u16()));
    fields.u16();
  }
  if (!fields.intact) return null;
  return `crypto-agile log, ${platformClass} platform, version ${major}.${minor} errata ${errata}, banks ${algorithms.join(", ")}`;
}

/** PFP: 0 or 0xFFFFFFFF when all went well, 1 after an error (whose description may follow). */
function describeSeparator(fields: Fields): string | null {
  if (fields.length !== 4) {
    const note = text(fields.take(fields.length));
    return note === null ? null : `end of measurements: ${note}`;
  }
  const value = fields.u32();
  if (value === 0 || value === 0xffff_ffff) return "end of the firmware's measurements";
  return value === 1 ? "end of the firmware's measurements, after an error" : null;
}

/** TCG_PCClientTaggedEvent structures, one after the other. */
function describeTags(fields: Fields): string | null {
  const tags: string[] = [];
  while (fields.left > 0 && tags.length < 8) {
    const id = fields.u32();
    const data = fields.take(fields.u32());
    if (!fields.intact) return null;
    tags.push(TAGS.get(id) ?? text(data) ?? `tag 0x${id.toString(16)}, ${data.length} bytes`);
  }
  return tags.length === 0 ? null : tags.join("; ");
}

/** EFI_PLATFORM_FIRMWARE_BLOB: 64-bit address and length. */
function describeBlob(fields: Fields, name: string): string | null {
  const address = fields.u64();
  const length = fields.u64();
  if (!fields.intact || fields.left > 0) return null;
  return `${name}${hexAddress(length)} bytes at ${hexAddress(address)}`;
}

/** EFI_PLATFORM_FIRMWARE_BLOB2: a length byte, a description, then as above. */
function describeBlob2(fields: Fields): string | null {
  const name = text(fields.take(fields.u8()));
  return describeBlob(fields, name === null ? "" : `${name}: `);
}

/** EFI_HANDOFF_TABLE_POINTERS: a count, then GUID and address of each table. */
function describeTables(fields: Fields, name: string): string | null {
  const tables: string[] = [];
  for (let count = Math.min(Number(fields.u64()), 8); count > 0; count--) {
    tables.push(`${guid(fields.take(16))} at ${hexAddress(fields.u64())}`);
  }
  return fields.intact && tables.length > 0 ? name + tables.join(", ") : null;
}
