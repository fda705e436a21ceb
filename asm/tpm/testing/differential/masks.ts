/**
 * What of a response is compared: everything, but for the fields below, of which only the size is. No response code and
 * no size is masked.
 *
 * | field | why |
 * |---|---|
 * | nonceTPM, HMACs of responses | random, and keyed with what is random: the driver checks each HMAC by itself |
 * | randomBytes of GetRandom | random |
 * | digest of a TPMT_TK_HASHCHECK or TPMT_TK_AUTH | keyed with the hierarchy's proof |
 * | timeout of PolicySecret and PolicySigned, but for its first bit | two clocks |
 * | outData of RSA_Encrypt, points of ECDH_KeyGen, EC_Ephemeral and ZGen_2Phase, L and E of Commit | random |
 * | keys, private areas, Names and results of keys | each TPM makes its own keys |
 * | attestations | they have the clock in them, and a random obfuscation |
 * | contextBlob of ContextSave, with its size | each TPM's own format |
 * | time, clock and safe of ReadClock | two processes, two clocks; safe depends on the time that passed |
 * | lists of TPM_CAP_COMMANDS, TPM_CAP_PP_COMMANDS, TPM_CAP_AUDIT_COMMANDS | they grow until every command exists |
 * | TPM_PT of {@link OWN_PROPERTIES} | manufacturer, or what follows from commands that do not exist yet |
 */
import { hex, type Response } from "../harness.ts";

/** Properties whose values are this TPM's own. */
export const OWN_PROPERTIES: ReadonlyMap<number, string> = new Map([
  [0x102, "REVISION"],
  [0x103, "DAY_OF_YEAR"],
  [0x104, "YEAR"],
  [0x105, "MANUFACTURER"],
  [0x106, "VENDOR_STRING_1"],
  [0x107, "VENDOR_STRING_2"],
  [0x108, "VENDOR_STRING_3"],
  [0x109, "VENDOR_STRING_4"],
  [0x10a, "VENDOR_TPM_TYPE"],
  [0x10b, "FIRMWARE_VERSION_1"],
  [0x10c, "FIRMWARE_VERSION_2"],
  [0x121, "MAX_OBJECT_CONTEXT"],
  [0x122, "MAX_SESSION_CONTEXT"],
  [0x123, "PS_FAMILY_INDICATOR"],
  [0x124, "PS_LEVEL"],
  [0x125, "PS_REVISION"],
  [0x126, "PS_DAY_OF_YEAR"],
  [0x127, "PS_YEAR"],
  [0x129, "TOTAL_COMMANDS"],
  [0x12a, "LIBRARY_COMMANDS"],
  [0x209, "HR_PERSISTENT_AVAIL"],
]);
const GET_CAPABILITY = 0x17a;
/** TPM_CAP of the lists that grow. */
const GROWING = [2, 3, 4];

export interface Compared {
  field: string;
  value: string;
}

const mask = (octets: Uint8Array) => `(${octets.length} octets)`;

export function compared(code: number, response: Response, responseHandles: number): Compared[] {
  const { bytes, view } = response;
  if (response.rc !== 0 || bytes.length === 10) return [{ field: "response", value: hex(bytes) }];
  const withSessions = response.tag === 0x8002;
  const at = 10 + 4 * responseHandles + (withSessions ? 4 : 0);
  const size = withSessions ? view.getUint32(at - 4) : bytes.length - at;
  const parameters = bytes.subarray(at, at + size);
  const grows = code === 0x162 || (code === GET_CAPABILITY && GROWING.includes(view.getUint32(at + 1)));
  const fields: Compared[] = [
    { field: "tag", value: hex(bytes.subarray(0, 2)) },
    ...(grows ? [] : [{ field: "responseSize", value: String(response.size) }]),
    { field: "handles", value: hex(bytes.subarray(10, 10 + 4 * responseHandles)) },
    { field: "parameters", value: ofParameters(code, parameters) },
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

function ofParameters(code: number, p: Uint8Array): string {
  const view = new DataView(p.buffer, p.byteOffset, p.byteLength);
  const ticket = (at: number) => `${hex(p.subarray(at, at + 8))} ${mask(p.subarray(at + 8))}`;
  switch (code) {
    case 0x17b:
    case 0x176:
    case 0x174:
    case 0x163:
    case 0x18d:
      return mask(p);
    case 0x18e:
      return `${mask(p.subarray(0, p.length - 2))} ${hex(p.subarray(p.length - 2))}`;
    case 0x18b: {
      const K = 2 + view.getUint16(0);
      return `${hex(p.subarray(0, K))} ${mask(p.subarray(K, p.length - 2))} ${hex(p.subarray(p.length - 2))}`;
    }
    case 0x17d: {
      const size = view.getUint16(0);
      return `${hex(p.subarray(0, 2 + size))} ${ticket(2 + size)}`;
    }
    case 0x13e: {
      const size = view.getUint16(0);
      return `${hex(p.subarray(0, 2 + size))} ${ticket(2 + size)}`;
    }
    case 0x151:
    case 0x160: {
      const size = view.getUint16(0);
      const onReset = size > 0 ? (p[2] ?? 0) >> 7 : 0;
      return `timeout of ${size} (${onReset}) ${ticket(2 + size)}`;
    }
    case 0x131:
    case 0x133:
    case 0x148:
    case 0x14c:
    case 0x14d:
    case 0x14b:
    case 0x150:
    case 0x152:
    case 0x153:
    case 0x154:
    case 0x155:
    case 0x156:
    case 0x157:
    case 0x158:
    case 0x15d:
    case 0x163:
    case 0x164:
    case 0x168:
    case 0x173:
    case 0x184:
    case 0x18b:
    case 0x18d:
    case 0x18e:
    case 0x191:
    case 0x193:
      return mask(p);
    case 0x162:
      return hex(p.subarray(0, 16));
    case 0x181:
      return `(time, clock) ${hex(p.subarray(16, 24))} ${mask(p.subarray(24))}`;
    case GET_CAPABILITY:
      return ofCapability(p);
    default:
      return hex(p);
  }
}

function ofCapability(p: Uint8Array): string {
  const view = new DataView(p.buffer, p.byteOffset, p.byteLength);
  const capability = view.getUint32(1);
  if (GROWING.includes(capability)) return `capability ${capability}`;
  if (capability !== 6) return hex(p);
  const count = view.getUint32(5);
  const values = Array.from({ length: count }, (_, i) => {
    const property = view.getUint32(9 + 8 * i);
    const value = OWN_PROPERTIES.has(property) ? "own" : view.getUint32(13 + 8 * i).toString(16);
    return `${property.toString(16)}=${value}`;
  });
  return `moreData ${p[0]}, ${values.join(" ")}`;
}
