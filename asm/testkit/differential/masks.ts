/**
 * What of a response is compared: everything, field by field as the specification's tables name them, but for the fields
 * below, of which only the size is. No response code and no size is masked, but for what is said to have a random size.
 * Apart from the table: nonceTPM and the HMACs of responses, which the driver checks by itself; contextBlob of ContextSave,
 * with its size, as each TPM has its own format; of the list TPM_CAP_COMMANDS all, as libtpms 0.9.2 has six commands
 * less; values of {@link OWN_PROPERTIES}.
 */

import { parseField } from "../../../src/spec/rows.ts";
import { Decoder, type TraceField } from "../../../src/trace/decoder.ts";
import { decodeResponse } from "../../../src/trace/index.ts";
import { hex, type Response } from "../harness.ts";
import { CAP, CC, PT, ST } from "../names.ts";
import { withoutSessions } from "./sideObjects.ts";

interface Mask {
  /** Names of commands; all where it is not there. */
  commands?: RegExp;
  /** Path of names; a signature's with its algorithm. */
  field: RegExp;
  /** Only where an object of the command has another Name on each TPM. */
  own?: true;
  /** The size is random, too. */
  anySize?: true;
}
const ATTESTS = /^(Certify|CertifyCreation|Quote|GetTime|Get\w+AuditDigest|NV_Certify)$/;
const MASKS: readonly Mask[] = [
  // Random.
  { commands: /^GetRandom$/, field: /^randomBytes/ },
  { commands: /^StartAuthSession$/, field: /^nonceTPM/ },
  { commands: /^RSA_Encrypt$/, field: /^outData/ },
  { commands: /^ECDH_KeyGen$/, field: /^(zPoint|pubPoint)\..*[xy]$/ },
  { commands: /^EC_Ephemeral$/, field: /^Q\..*[xy]$/ },
  { commands: /^ZGen_2Phase$/, field: /^outZ[12]\..*[xy]$/ },
  { commands: /^Commit$/, field: /^[LE]\..*[xy]$/ },
  // Encrypted with keys and salts of each TPM's own.
  { field: /^(outPrivate|credentialBlob|secret|duplicate|outDuplicate|outSymSeed|encryptionKeyOut)\b/ },
  // Keyed with the proof of the hierarchy.
  { field: /(validation|[tT]icket)\.digest$/ },
  // Random, or over what is random. RSASSA and HMAC of Sign by a key that is the same are neither.
  { commands: /^(?!Sign$)/, field: /^signature:.*\.(sig|signature[RS]|digest)$/ },
  { commands: /^Sign$/, field: /^signature:TPM_ALG_(?!RSASSA|HMAC).*\.(sig|signature[RS])$/ },
  { commands: /^Sign$/, field: /^signature:.*\.(sig|signature[RS]|digest)$/, own: true },
  // The serial number and the key of a certificate.
  { commands: /^CertifyX509$/, field: /^addedToCertificate/, anySize: true },
  { commands: /^CertifyX509$/, field: /^tbsDigest/ },
  // What follows from the seeds.
  { field: /^(outPublic\..*unique\b.*|name)$/, own: true },
  { commands: /^(MAC|SequenceComplete)$/, field: /^(outMAC|result)$/, own: true },
  { commands: /^EncryptDecrypt2?$/, field: /^(outData|ivOut)$/, own: true },
  { commands: /^(ECDH_ZGen|Commit)$/, field: /^(outPoint|K)\..*[xy]$/, own: true },
  { commands: /^PolicyGetDigest$/, field: /^policyDigest$/, own: true },
  { commands: /^ReadPublic$/, field: /^qualifiedName$/ },
  { field: /^(creationHash|creationData\..*parent(Qualified)?Name)$/, own: true },
  // Two clocks; a random obfuscation; the digests of audited responses, which are random.
  { commands: ATTESTS, field: /^attest\.(qualifiedSigner|clockInfo\..*|firmwareVersion)$/ },
  { commands: ATTESTS, field: /^attest\.attested\..*([nN]ame|creationHash)$/, own: true },
  {
    commands: ATTESTS,
    field: /^attest\.attested\..*(time|sessionDigest|auditDigest|firmwareVersion|clockInfo\..*|clock|safe)$/,
  },
  { commands: ATTESTS, field: /^attest\.attested\..*qualifiedName$/ },
  { commands: /^ReadClock$/, field: /(time|clock|safe)$/ },
];

/** Properties whose values are this TPM's own. */
const OWN_PROPERTIES: ReadonlySet<number> = new Set([
  PT.REVISION,
  PT.DAY_OF_YEAR,
  PT.YEAR,
  PT.MANUFACTURER,
  PT.VENDOR_STRING_1,
  PT.VENDOR_STRING_2,
  PT.VENDOR_STRING_3,
  PT.VENDOR_STRING_4,
  PT.VENDOR_TPM_TYPE,
  PT.FIRMWARE_VERSION_1,
  PT.FIRMWARE_VERSION_2,
  PT.MAX_OBJECT_CONTEXT,
  PT.MAX_SESSION_CONTEXT,
  PT.PS_FAMILY_INDICATOR,
  PT.PS_LEVEL,
  PT.PS_REVISION,
  PT.PS_DAY_OF_YEAR,
  PT.PS_YEAR,
  PT.TOTAL_COMMANDS,
  PT.LIBRARY_COMMANDS,
  PT.HR_PERSISTENT_AVAIL,
]);
const ATTEST = parseField("attest: TPMS_ATTEST");

export interface Compared {
  field: string;
  value: string;
}

/** @param isOwn an object of the command has another Name on each TPM. */
export function compared(
  command: { name: string; code: number },
  response: Response,
  responseHandles: number,
  isOwn: boolean,
): Compared[] {
  const { bytes, view } = response;
  if (response.rc !== 0 || bytes.length === 10) return [{ field: "response", value: hex(bytes) }];
  const withSessions = response.tag === ST.SESSIONS;
  const at = 10 + 4 * responseHandles + (withSessions ? 4 : 0);
  const size = withSessions ? view.getUint32(at - 4) : bytes.length - at;
  const fields: Compared[] = [
    { field: "tag", value: hex(bytes.subarray(0, 2)) },
    { field: "handles", value: hex(bytes.subarray(10, 10 + 4 * responseHandles)) },
    ...ofParameters(command, response, responseHandles, bytes.subarray(at, at + size), isOwn),
  ];
  if (withSessions) fields.push({ field: "sessions", value: ofSessions(bytes.subarray(at + size)) });
  return fields;
}

function ofSessions(area: Uint8Array): string {
  const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
  const found: string[] = [];
  for (let at = 0; at < area.length; ) {
    const nonce = view.getUint16(at);
    const flags = area[at + 2 + nonce] ?? 0;
    const mac = view.getUint16(at + 3 + nonce);
    found.push(`nonce of ${nonce}, attributes 0x${flags.toString(16)}, hmac of ${mac}`);
    at += 5 + nonce + mac;
  }
  return found.join("; ");
}

function ofParameters(
  { name, code }: { name: string; code: number },
  response: Response,
  responseHandles: number,
  p: Uint8Array,
  isOwn: boolean,
): Compared[] {
  if (code === CC.GetCapability) return [{ field: "parameters", value: ofCapability(p) }];
  if (code === CC.ContextSave) return [{ field: "parameters", value: hex(p.subarray(0, 16)) }];
  if (name === "PolicySecret" || name === "PolicySigned") return ofTicket(p);
  const plain = withoutSessions(response, responseHandles);
  const { fields, problem } = decodeResponse(plain, code);
  if (problem !== undefined) return [{ field: "parameters", value: `${problem}: ${hex(p)}` }];
  return fields.slice(3 + responseHandles).flatMap((field) => {
    const isAttest = field.type === "TPM2B_ATTEST" && field.size > 2;
    if (!isAttest) return ofField(name, "", field, plain, isOwn);
    const inner: TraceField[] = [];
    new Decoder(plain, field.offset + 2, field.offset + field.size).fields([ATTEST], inner);
    const size = { field: field.name, value: `${field.size}` };
    return [size, ...inner.flatMap((each) => ofField(name, "", each, plain, isOwn))];
  });
}

/** A field, or the fields that it is made of. */
function ofField(command: string, prefix: string, field: TraceField, bytes: Uint8Array, isOwn: boolean): Compared[] {
  const name = field.type === "TPMT_SIGNATURE" ? `${field.name}:${field.fields[0]?.value}` : field.name;
  const path = prefix === "" ? name : `${prefix}.${name}`;
  const mask = MASKS.find(
    (each) => (each.commands?.test(command) ?? true) && each.field.test(path) && (!each.own || isOwn),
  );
  if (field.fields.length > 0) {
    const size = { field: path, value: mask?.anySize ? "" : `${field.size} octets` };
    return [size, ...field.fields.flatMap((inner) => ofField(command, path, inner, bytes, isOwn))];
  }
  const octets = bytes.subarray(field.offset, field.offset + field.size);
  return [{ field: path, value: mask ? (mask.anySize ? "" : `(${octets.length} octets)`) : hex(octets) }];
}

/** Of the timeout the size and the first bit (it ends with a TPM Reset): there are two clocks. Of the ticket not the HMAC. */
function ofTicket(p: Uint8Array): Compared[] {
  const size = new DataView(p.buffer, p.byteOffset).getUint16(0);
  const onReset = size > 0 ? (p[2] ?? 0) >> 7 : 0;
  const ticket = p.subarray(2 + size);
  return [
    { field: "timeout", value: `${size} octets, ${onReset}` },
    { field: "policyTicket", value: `${hex(ticket.subarray(0, 8))} (${ticket.length - 8} octets)` },
  ];
}

function ofCapability(p: Uint8Array): string {
  const view = new DataView(p.buffer, p.byteOffset, p.byteLength);
  const capability = view.getUint32(1);
  if (capability === CAP.COMMANDS) return `capability ${capability}`;
  if (capability !== CAP.TPM_PROPERTIES) return hex(p);
  const count = view.getUint32(5);
  const values = Array.from({ length: count }, (_, i) => {
    const property = view.getUint32(9 + 8 * i);
    const value = OWN_PROPERTIES.has(property) ? "own" : view.getUint32(13 + 8 * i).toString(16);
    return `${property.toString(16)}=${value}`;
  });
  return `moreData ${p[0]}, ${values.join(" ")}`;
}
