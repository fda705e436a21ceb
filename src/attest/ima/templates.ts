/**
 * IMA's templates and the fields that they are made of, as Linux writes them in ASCII and hashes them in binary.
 * [Linux, Documentation/security/IMA-templates.rst; security/integrity/ima/ima_template.c]
 */
import { concat } from "../../engine/bytes.ts";
import { fromHex, fromLatin1, latin1, toHex } from "../octets.ts";

interface FieldFormat {
  /** @param text of an ASCII list, a character an octet. @returns null for what this field never is. */
  readonly parse: (text: string) => Uint8Array | null;
  /** As the ASCII list has it. */
  readonly show: (octets: Uint8Array) => string;
}

/** Linux writes small letters: others are a list that was changed. */
const lowerHex = (text: string) => (/[A-F]/.test(text) ? null : fromHex(text));
const HEX: FieldFormat = { parse: lowerHex, show: toHex };
/** SHA-1 or MD5, which is filled up to the same size. */
const OLD_DIGEST_SIZE = 20;
/** "sha256:" or "verity:sha256:", a NUL, and the digest. */
const NAMED_DIGEST: FieldFormat = {
  parse: (text) => {
    const match = /^((?:[a-z0-9-]{1,20}:){1,2})([0-9a-f]*)$/.exec(text);
    const digest = match === null ? null : fromHex(match[2]!);
    return digest === null ? null : concat(fromLatin1(`${match![1]}\0`), digest);
  },
  show: (octets) => {
    const end = octets.indexOf(0);
    const head = latin1(octets.subarray(0, Math.max(end, 0)));
    return end > 0 && head.endsWith(":") ? `${head}${toHex(octets.subarray(end + 1))}` : toHex(octets);
  },
};
/** With its end. */
const STRING: FieldFormat = {
  parse: (text) => fromLatin1(`${text}\0`),
  show: (octets) => latin1(octets.at(-1) === 0 ? octets.subarray(0, -1) : octets),
};
/** A number of the kernel's own order in the list; least significant octet first where it is canonical. */
const number = (size: number): FieldFormat => ({
  parse: (text) => {
    if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** (8 * size)) return null;
    return Uint8Array.from({ length: size }, (_, at) => Math.floor(Number(text) / 2 ** (8 * at)) & 0xff);
  },
  show: (octets) => String(octets.reduceRight((value, octet) => value * 0x100 + octet, 0)),
});

export const FIELD_FORMATS = {
  d: { parse: (text) => (text.length === 2 * OLD_DIGEST_SIZE ? lowerHex(text) : null), show: toHex },
  n: STRING,
  "d-ng": NAMED_DIGEST,
  "d-ngv2": NAMED_DIGEST,
  "n-ng": STRING,
  sig: HEX,
  buf: HEX,
  "d-modsig": NAMED_DIGEST,
  modsig: HEX,
  evmsig: HEX,
  iuid: number(4),
  igid: number(4),
  imode: number(2),
  xattrnames: STRING,
  xattrlengths: HEX,
  xattrvalues: HEX,
} as const satisfies Readonly<Record<string, FieldFormat>>;

export type ImaFieldName = keyof typeof FIELD_FORMATS;

/** The templates that have names. */
const TEMPLATES = new Map<string, readonly ImaFieldName[]>([
  ["ima", ["d", "n"]],
  ["ima-ng", ["d-ng", "n-ng"]],
  ["ima-ngv2", ["d-ngv2", "n-ng"]],
  ["ima-sig", ["d-ng", "n-ng", "sig"]],
  ["ima-sigv2", ["d-ngv2", "n-ng", "sig"]],
  ["ima-buf", ["d-ng", "n-ng", "buf"]],
  ["ima-modsig", ["d-ng", "n-ng", "sig", "d-modsig", "modsig"]],
  ["evm-sig", ["d-ng", "n-ng", "evmsig", "xattrnames", "xattrlengths", "xattrvalues", "iuid", "igid", "imode"]],
]);
/** TEMPLATE_NUM_FIELDS_MAX. */
const MAX_FIELDS = 15;
/** Characters of a template's name, or of the names of its fields. */
export const MAX_TEMPLATE_NAME = 255;

/** @param template its name, or the names of its fields with "|" between them. @returns null for one that is not known */
export function templateFields(template: string): readonly ImaFieldName[] | null {
  const named = TEMPLATES.get(template);
  if (named !== undefined) return named;
  const fields = template.split("|");
  if (fields.length > MAX_FIELDS || new Set(fields).size !== fields.length) return null;
  return fields.every((field): field is ImaFieldName => Object.hasOwn(FIELD_FORMATS, field)) ? fields : null;
}
