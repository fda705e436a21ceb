/** One readable line per event of a TCG event log, by the event's type. */

import type { TcgEvent } from "../eventLog.ts";
import {
  EV_CPU_MICROCODE,
  EV_EFI_BOOT_SERVICES_APPLICATION,
  EV_EFI_BOOT_SERVICES_DRIVER,
  EV_EFI_GPT_EVENT,
  EV_EFI_GPT_EVENT2,
  EV_EFI_HANDOFF_TABLES,
  EV_EFI_HANDOFF_TABLES2,
  EV_EFI_PLATFORM_FIRMWARE_BLOB,
  EV_EFI_PLATFORM_FIRMWARE_BLOB2,
  EV_EFI_RUNTIME_SERVICES_DRIVER,
  EV_EFI_SPDM_DEVICE_AUTHORITY,
  EV_EFI_SPDM_DEVICE_POLICY,
  EV_EFI_SPDM_FIRMWARE_BLOB,
  EV_EFI_SPDM_FIRMWARE_CONFIG,
  EV_EFI_VARIABLE_AUTHORITY,
  EV_EFI_VARIABLE_BOOT,
  EV_EFI_VARIABLE_BOOT2,
  EV_EFI_VARIABLE_DRIVER_CONFIG,
  EV_EVENT_TAG,
  EV_NO_ACTION,
  EV_NONHOST_CODE,
  EV_POST_CODE,
  EV_POST_CODE2,
  EV_S_CRTM_CONTENTS,
  EV_S_CRTM_VERSION,
  EV_SEPARATOR,
  eventTypeMeaning,
} from "../eventTypes.ts";
import { Fields, guid, hexBytes } from "./fields.ts";
import { describeNoAction } from "./noAction.ts";
import {
  describeBlob,
  describeBlob2,
  describeGpt,
  describeImage,
  describeTables,
  describeTables2,
} from "./platform.ts";
import { describeDevice } from "./spdm.ts";
import { describeTags } from "./tags.ts";
import { leadingName, shorten, text } from "./text.ts";
import { describeVariable } from "./variable.ts";

/** Characters of a description. */
const MAX_DESCRIPTION = 1000;
/** The PCRs that firmware ends with a separator each; what others have separators for is their owners' business. */
const LAST_FIRMWARE_PCR = 7;

/** null: the data don't have the form that the type asks for. */
type Describe = (data: Uint8Array, event: TcgEvent) => string | null;

/** Code by address and length, as older events have it or with a name; or just a text. */
const codeOrText: Describe = (data) => text(data) ?? describeBlob(data) ?? describeBlob2(data);

/** The types whose data have a form of their own. The data of all others are text, or what nobody has said. */
const FORMS = new Map<number, Describe>([
  [EV_NO_ACTION, (_, event) => describeNoAction(event)],
  [EV_SEPARATOR, (_, event) => describeSeparator(event)],
  [EV_EVENT_TAG, describeTags],
  [EV_S_CRTM_VERSION, describeVersion],
  [EV_POST_CODE, codeOrText],
  [EV_POST_CODE2, codeOrText],
  [EV_S_CRTM_CONTENTS, codeOrText],
  [EV_CPU_MICROCODE, codeOrText],
  [EV_NONHOST_CODE, codeOrText],
  [EV_EFI_PLATFORM_FIRMWARE_BLOB, codeOrText],
  [EV_EFI_PLATFORM_FIRMWARE_BLOB2, describeBlob2],
  [EV_EFI_HANDOFF_TABLES, describeTables],
  [EV_EFI_HANDOFF_TABLES2, describeTables2],
  [EV_EFI_VARIABLE_DRIVER_CONFIG, (data) => describeVariable(data)],
  [EV_EFI_VARIABLE_BOOT, (data) => describeVariable(data)],
  [EV_EFI_VARIABLE_BOOT2, (data) => describeVariable(data)],
  [EV_EFI_VARIABLE_AUTHORITY, (data) => describeVariable(data, { authority: true })],
  [EV_EFI_BOOT_SERVICES_APPLICATION, describeImage],
  [EV_EFI_BOOT_SERVICES_DRIVER, describeImage],
  [EV_EFI_RUNTIME_SERVICES_DRIVER, describeImage],
  [EV_EFI_GPT_EVENT, describeGpt],
  [EV_EFI_GPT_EVENT2, describeGpt],
  [EV_EFI_SPDM_FIRMWARE_BLOB, describeDevice],
  [EV_EFI_SPDM_FIRMWARE_CONFIG, describeDevice],
  [EV_EFI_SPDM_DEVICE_POLICY, (data) => describeVariable(data)],
  [EV_EFI_SPDM_DEVICE_AUTHORITY, (data) => describeVariable(data, { authority: true })],
]);

/** Text for people, printable characters only, at most 1,000 of them and an ellipsis. Never throws. */
export function describeEvent(event: TcgEvent): string {
  const described = FORMS.get(event.type)?.(event.data, event) ?? text(event.data);
  return shorten(described ?? `${eventTypeMeaning(event.type)}: ${describeOctets(event.data)}`, MAX_DESCRIPTION);
}

/** Octets that have no known form: the name in front of them, where there is one, and hexadecimal. */
function describeOctets(data: Uint8Array): string {
  const name = leadingName(data);
  return name === null ? hexBytes(data) : `${name.name}, ${hexBytes(name.rest)}`;
}

/** A version is a text, which may be empty, or a GUID. */
function describeVersion(data: Uint8Array): string | null {
  if (data.length <= 2 && data.length > 0 && data.every((octet) => octet === 0)) return "no version";
  if (data.length !== 16) return text(data);
  // RFC 9562: the variant's bits are 10, the version is 1 to 5. Text that any firmware writes has other bits there.
  const isGuid = (data[8]! & 0xc0) === 0x80 && (data[7]! >> 4) - 1 < 5 && data[7]! >> 4 > 0;
  return isGuid ? guid(data) : (text(data) ?? guid(data));
}

/** 0 or 0xFFFFFFFF when all went well, 1 after an error, or what went wrong. */
function describeSeparator({ data, pcrIndex }: TcgEvent): string | null {
  const meaning = pcrIndex <= LAST_FIRMWARE_PCR ? eventTypeMeaning(EV_SEPARATOR) : "separator";
  if (data.length === 4) {
    const value = new Fields(data).u32();
    if (value === 0 || value === 0xffff_ffff) return meaning;
    if (value === 1) return `${meaning}, after an error`;
  }
  return `${meaning}: ${text(data) ?? describeOctets(data)}`;
}
