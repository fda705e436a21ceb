/** What a public area (TPMT_PUBLIC, Part 2, 12.2.4) makes of an object. */
import { TPM_ALG } from "../spec/algorithms.ts";
import { hasAttribute } from "../spec/attributes.ts";
import { parseField } from "../spec/rows.ts";
import { Decoder, type TraceField } from "./decoder.ts";
import type { ObjectKind, ObjectUse } from "./entity.ts";

const PUBLIC_AREA = parseField("publicArea: TPMT_PUBLIC");

/** The first field of this name, at any depth. */
export function findField(fields: readonly TraceField[], name: string): TraceField | undefined {
  for (const field of fields) {
    const found = field.name === name ? field : findField(field.fields, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The parameter of this name; undefined where there is none, or it went encrypted. */
export function clearField(fields: readonly TraceField[], name: string): TraceField | undefined {
  const found = fields.find((field) => field.name === name);
  return found !== undefined && / \(encrypted\)$/.test(found.value) ? undefined : found;
}

/** The octets of a field as a number. */
export function numberAt(octets: Uint8Array, field: TraceField | undefined): number | undefined {
  if (field === undefined || field.size > 4) return undefined;
  return octets.subarray(field.offset, field.offset + field.size).reduce((value, octet) => value * 256 + octet, 0);
}

/**
 * @param octets a TPMT_PUBLIC, at `at`; a template that is one, too.
 * @returns null where it is none.
 */
export function objectKindAt(octets: Uint8Array, at: number, end: number): ObjectKind | null {
  const fields: TraceField[] = [];
  try {
    new Decoder(octets, at, end).fields([PUBLIC_AREA], fields);
  } catch {
    return null;
  }
  const type = numberAt(octets, findField(fields, "type"));
  const attributes = numberAt(octets, findField(fields, "objectAttributes")) ?? 0;
  const parameters = findField(fields, "parameters")?.fields ?? [];
  return { algorithm: algorithmOf(type, parameters), use: useOf(type, attributes) };
}

function useOf(type: number | undefined, attributes: number): ObjectUse {
  const has = (name: "restricted" | "decrypt" | "sign") => hasAttribute("TPMA_OBJECT", attributes, name);
  const [restricted, decrypts, signs] = [has("restricted"), has("decrypt"), has("sign")];
  if (type === TPM_ALG.TPM_ALG_KEYEDHASH) {
    if (signs) return "HMAC key";
    return decrypts ? (restricted ? "derivation parent" : "decryption key") : "sealed data";
  }
  if (signs && decrypts) return "signing and decryption key";
  if (signs) return restricted ? "restricted signing key" : "signing key";
  if (decrypts) return restricted ? "storage key" : "decryption key";
  return "key";
}

/** "RSA-2048", "ECC NIST P-256", "AES-128" */
function algorithmOf(type: number | undefined, parameters: readonly TraceField[]): string {
  const direct = (name: string) => parameters.find((field) => field.name === name)?.value ?? "";
  if (type === TPM_ALG.TPM_ALG_RSA) return `RSA-${direct("keyBits")}`;
  if (type === TPM_ALG.TPM_ALG_ECC) return `ECC ${curveName(direct("curveID"))}`;
  if (type !== TPM_ALG.TPM_ALG_SYMCIPHER) return "";
  const [sym] = parameters;
  const value = (name: string) => sym?.fields.find((field) => field.name === name)?.value ?? "";
  return `${value("algorithm").replace("TPM_ALG_", "")}-${value("keyBits")}`;
}

/** "NIST P-256" of TPM_ECC_NIST_P256, "BN P-256", "SM2 P-256" */
const curveName = (name: string) =>
  name
    .replace("TPM_ECC_", "")
    .replace(/_?P(\d+)$/, " P-$1")
    .replaceAll("_", " ");
