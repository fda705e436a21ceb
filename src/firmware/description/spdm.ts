/**
 * DEVICE_SECURITY_EVENT_DATA and DEVICE_SECURITY_EVENT_DATA2 (PFP 1.06): what a device said of itself through
 * SPDM (DMTF DSP0274), and which device it was.
 */

import { certificateSubject, derSize } from "./certificate.ts";
import { devicePath } from "./devicePath.ts";
import { Fields, hexBytes, hexNumber, listed } from "./fields.ts";
import { narrowField } from "./text.ts";

const SIGNATURE_SIZE = 16;
const DEVICE_TYPES = ["device", "PCI device", "USB device"];
const PCI = 1;
/** AuthState. */
const AUTHENTICATION = new Map([
  [0x00, "authenticated"],
  [0x01, "not authenticated"],
  [0x02, "authenticated, not bound to its measurements"],
  [0x03, "without a signature"],
  [0x04, "with a wrong signature"],
  [0xff, "without SPDM"],
]);
/** DMTFSpecMeasurementValueType; bit 7 tells raw data from a digest. */
const VALUE_TYPES = [
  "immutable ROM",
  "mutable firmware",
  "hardware configuration",
  "firmware configuration",
  "measurement manifest",
  "device mode",
  "version",
  "secure version number",
];
const DMTF = 0x01;
const MAX_BLOCKS = 8;
/** Sizes in octets of the digests of BaseHashAlgo, by bit: SHA-256, -384, -512, SHA3-256, -384, -512, SM3. */
const BASE_HASH_SIZES = [32, 48, 64, 32, 48, 64, 32];

/** "PCI device 8086:1234, measurement 1: mutable firmware, 0011…"; null when the data are neither structure. */
export function describeDevice(data: Uint8Array): string | null {
  const fields = new Fields(data);
  switch (narrowField(fields.take(SIGNATURE_SIZE))) {
    case "SPDM Device Sec":
      return describeVersion1(fields);
    case "SPDM Device Sec2":
      return describeVersion2(fields);
    default:
      return null;
  }
}

function describeVersion1(fields: Fields): string | null {
  // Version, length, hash algorithm.
  fields.take(2 + 2 + 4);
  const type = fields.u32();
  const measured = block(fields);
  const device = context(type, fields);
  return fields.intact ? `${device}, ${measured}` : null;
}

function describeVersion2(fields: Fields): string | null {
  fields.u16();
  const state = fields.u8();
  fields.take(1 + 4);
  const type = fields.u32();
  const [contentType, contentSize] = [fields.u32(), fields.u32()];
  fields.u64();
  const path = devicePath(fields.take(fields.u64()));
  const content = describeContent(contentType, new Fields(fields.take(contentSize)));
  const device = context(type, fields);
  if (!fields.intact || content === null) return null;
  const place = path === "" ? "" : ` at ${path}`;
  const parts = [`${device}${place}`, AUTHENTICATION.get(state) ?? `state ${hexNumber(state)}`, content];
  return parts.filter((part) => part !== "").join(", ");
}

/** The sub header: measurements, a chain of certificates, or something else. */
function describeContent(type: number, fields: Fields): string | null {
  if (type > 1) return `content of type ${hexNumber(type)}`;
  // SPDM version.
  fields.u16();
  const countOrSlot = fields.u8();
  fields.u8();
  const algorithm = fields.u32();
  if (type === 1) {
    const chain = certificateChain(countOrSlot, algorithm, fields);
    return fields.intact ? chain : null;
  }
  const blocks: string[] = [];
  while (blocks.length < Math.min(countOrSlot, MAX_BLOCKS + 1)) blocks.push(block(fields));
  return fields.intact ? listed(blocks, MAX_BLOCKS) : null;
}

/** SPDM_MEASUREMENT_BLOCK. */
function block(fields: Fields): string {
  const [index, specification] = [fields.u8(), fields.u8()];
  const data = fields.take(fields.u16());
  const measurement = new Fields(data);
  const type = measurement.u8();
  const value = measurement.take(measurement.u16());
  if (specification !== DMTF || !measurement.intact) return `measurement ${index}: ${hexBytes(data)}`;
  return `measurement ${index}: ${VALUE_TYPES[type & 0x7f] ?? `type ${hexNumber(type & 0x7f)}`}, ${hexBytes(value)}`;
}

/** SPDM_CERT_CHAIN: the digest of the root, then certificates down to the device's own. */
function certificateChain(slot: number, algorithm: number, fields: Fields): string {
  const chain = new Fields(fields.take(Math.max(fields.u16() - 2, 0)));
  chain.u16();
  chain.take(BASE_HASH_SIZES[31 - Math.clz32(algorithm)] ?? 0);
  const subjects: string[] = [];
  let certificates = chain.rest();
  for (let size = derSize(certificates); size > 0; size = derSize(certificates)) {
    subjects.push(certificateSubject(certificates.subarray(0, size)) ?? "not a certificate");
    certificates = certificates.subarray(size);
  }
  return `certificates of slot ${slot}: ${subjects.length === 0 ? "none" : listed(subjects, MAX_BLOCKS, "; ")}`;
}

/** The kind of device, and its numbers where the data say them. */
function context(type: number, fields: Fields): string {
  const kind = DEVICE_TYPES[type] ?? `device of type ${hexNumber(type)}`;
  if (type !== PCI || fields.left < 8) return kind;
  // Version, length.
  fields.u32();
  const [vendor, device] = [fields.u16(), fields.u16()].map((id) => id.toString(16).padStart(4, "0"));
  return `${kind} ${vendor}:${device}`;
}
