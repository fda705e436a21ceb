/** EV_NO_ACTION events (PFP 1.06): 16 octets of signature, and what it says. */

import { hashName, type TcgEvent } from "../eventLog.ts";
import { startupLocality } from "../eventLogReplay.ts";
import { Fields } from "./fields.ts";
import { describeDevice } from "./spdm.ts";
import { describeWindowsTag } from "./tags.ts";
import { narrowField, text } from "./text.ts";

const SIGNATURE_SIZE = 16;
const MAX_ALGORITHMS = 32;

/** null when the data have no signature; of a signature that says nothing here the name alone. */
export function describeNoAction(event: TcgEvent): string | null {
  const locality = startupLocality(event);
  if (locality !== null) return `TPM2_Startup came from locality ${locality}`;
  const windows = describeWindowsTag(event.data);
  if (windows !== null) return windows;
  const fields = new Fields(event.data);
  const signature = narrowField(fields.take(SIGNATURE_SIZE));
  if (signature === null) return null;
  const described = BY_SIGNATURE.get(signature)?.(fields) ?? null;
  if (described !== null) return described;
  return BY_SIGNATURE.has(signature) ? signature : null;
}

/** What follows each signature; null where it is not what it should be. */
const BY_SIGNATURE = new Map<string, (fields: Fields) => string | null>([
  ["Spec ID Event00", (fields) => specId(fields, "SHA-1 log of conventional BIOS")],
  ["Spec ID Event02", (fields) => specId(fields, "SHA-1 log of UEFI firmware")],
  ["Spec ID Event03", (fields) => cryptoAgile(fields)],
  ["StartupLocality", () => null],
  ["SP800-155 Event", (fields) => manifest(fields)],
  ["SP800-155 Event2", (fields) => platform(fields)],
  ["SP800-155 Event3", (fields) => platform(fields)],
  ["H-CRTM CompMeas", (fields) => component(fields)],
  ["NvIndexInstance", (fields) => nvInstance(fields)],
  ["NvIndexDynamic", (fields) => nvDynamic(fields)],
]);

/** Platform class and version. */
function specId(fields: Fields, kind: string): string | null {
  const platformClass = fields.u32() === 1 ? "server" : "client";
  const [minor, major, errata] = [fields.u8(), fields.u8(), fields.u8()];
  fields.u8();
  return fields.intact ? `${kind}, ${platformClass} platform, version ${major}.${minor} errata ${errata}` : null;
}

function cryptoAgile(fields: Fields): string | null {
  const head = specId(fields, "crypto-agile log");
  const algorithms: string[] = [];
  for (let count = Math.min(fields.u32(), MAX_ALGORITHMS); count > 0; count--) {
    algorithms.push(hashName(fields.u16()));
    fields.u16();
  }
  if (head === null || !fields.intact) return null;
  fields.take(fields.u8());
  return `${head}, banks ${algorithms.join(", ")}${fields.intact ? "" : ", vendor information left out"}`;
}

function manifest(fields: Fields): string | null {
  fields.u32();
  const id = fields.guid();
  return fields.intact ? `reference manifest ${id}` : null;
}

/** Whose platform and firmware it is, and the reference manifest for both. */
function platform(fields: Fields): string | null {
  const reference = manifest(fields);
  const [manufacturer, model, version, firmwareManufacturer] = [1, 2, 3, 4].map(() => sized(fields));
  fields.u32();
  const firmwareVersion = sized(fields);
  if (!fields.intact || reference === null) return null;
  const words = (...parts: (string | null | undefined)[]) => parts.filter((part) => part !== null).join(" ");
  const machine = words("platform", manufacturer, model, version);
  const firmware = words("firmware", firmwareManufacturer, firmwareVersion);
  return [...[machine, firmware].filter((part) => part.includes(" ")), reference].join(", ");
}

/** A length octet, and text. */
function sized(fields: Fields): string | null {
  return text(fields.take(fields.u8()));
}

function component(fields: Fields): string | null {
  const description = sized(fields);
  return description === null || !fields.intact ? null : `H-CRTM component: ${description}`;
}

/** NV_INDEX_INSTANCE_EVENT_LOG_DATA: version, and what a device said. */
function nvInstance(fields: Fields): string | null {
  fields.take(2 + 6);
  const device = describeDevice(fields.rest());
  return device === null ? null : `in the NV Index of instances: ${device}`;
}

/** NV_INDEX_DYNAMIC_EVENT_LOG_DATA: version, identifier, description, data. */
function nvDynamic(fields: Fields): string | null {
  fields.take(2 + 6 + 8);
  const description = text(fields.take(fields.u16()));
  return description === null || !fields.intact ? null : `in the NV Index of what changes: ${description}`;
}
