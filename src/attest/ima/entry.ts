/** An entry of IMA's list of measurements, whichever form the list has. [Linux, Documentation/security/IMA-templates.rst] */
import { concat } from "../../engine/bytes.ts";
import { latin1, toHex } from "../octets.ts";
import { FIELD_FORMATS, type ImaFieldName } from "./templates.ts";

export interface ImaField {
  readonly name: ImaFieldName;
  /** As the template's hash has it, without its length. */
  readonly octets: Uint8Array;
}

export interface ImaEntry {
  readonly pcr: number;
  /** Digest of the entry in hex, as the list has it whatever the banks are: SHA-1 in most lists; zeros for a violation. */
  readonly templateHash: string;
  /** "ima-ng", "ima-sig", ..., or the names of its fields: "d-ng|n-ng". */
  readonly template: string;
  /** Of the file, with its algorithm: "sha256:5179…". Empty where the template has none. */
  readonly fileDigest: string;
  /** Path of the file, or what else was measured: "boot_aggregate". */
  readonly name: string;
  /** The file's signature of an "ima-sig" entry, in hex; empty where there is none. */
  readonly signature: string;
  /** In the template's order; null for a template that has a field which nobody here knows. */
  readonly fields: readonly ImaField[] | null;
}

export interface ImaLog {
  readonly entries: readonly ImaEntry[];
  /** The list ends within an entry, which is left out. */
  readonly isCut: boolean;
  /** The numbers in it, and in what was hashed, are big-endian. An ASCII list does not tell: then it is false. */
  readonly isBigEndian: boolean;
}

/** The octets are no list of IMA's measurements. */
export class ImaLogError extends Error {
  override name = "ImaLogError";
  /** Of an ASCII list, from 1; the number of the entry in a binary one, from 1. */
  readonly line: number;
  constructor(line: number, problem: string, what: "line" | "entry" = "line") {
    super(`This is no list of IMA's measurements: ${what} ${line} ${problem}.`);
    this.line = line;
  }
}

/** A list's limits: what is larger is refused before it is read. */
export interface ImaLimits {
  readonly maxEntries: number;
  readonly maxSize: number;
}
/** What a page can show and compare. */
export const SHOWN_LIMITS: ImaLimits = { maxEntries: 10_000, maxSize: 8 << 20 };
/** What a verifier takes: a server that measures everything for months has some hundreds of thousands of entries. */
export const VERIFIED_LIMITS: ImaLimits = { maxEntries: 500_000, maxSize: 256 << 20 };

export const isViolation = ({ templateHash }: ImaEntry): boolean => /^0+$/.test(templateHash);

const DIGEST_SIZE = 20;

/**
 * Whether it says of a file, beyond doubt, which it is: a digest and behind it a name, each of them what it is called. An entry's
 * digest binds what its fields hold and not what they are called; and of the oldest template's names neither what is behind their
 * end nor what has no room.
 */
export function isOfFile({ fields, template }: ImaEntry): boolean {
  const [digest, name] = fields ?? [];
  if (digest === undefined || name === undefined || (name.name !== "n" && name.name !== "n-ng")) return false;
  const { octets } = name;
  if (octets.indexOf(0) !== octets.length - 1 || octets.length < 2) return false;
  if (template === "ima" && octets.length > OLD_NAME_SIZE) return false;
  if (digest.name === "d") return digest.octets.length === DIGEST_SIZE;
  const head = latin1(digest.octets.subarray(0, digest.octets.indexOf(0) + 1));
  return (digest.name === "d-ng" || digest.name === "d-ngv2") && /^(?:[a-z0-9-]{1,20}:){1,2}\0$/.test(head);
}

/** The entry that its fields make. */
export function entryOf(pcr: number, templateHash: string, template: string, fields: readonly ImaField[]): ImaEntry {
  const octetsOf = (...names: ImaFieldName[]) => fields.find(({ name }) => names.includes(name))?.octets;
  const digest = fields.find(({ name }) => name === "d" || name === "d-ng" || name === "d-ngv2");
  return {
    pcr,
    templateHash,
    template,
    fileDigest: digest === undefined ? "" : FIELD_FORMATS[digest.name].show(digest.octets),
    name: withoutEnd(octetsOf("n", "n-ng") ?? new Uint8Array(0)),
    signature: toHex(octetsOf("sig") ?? new Uint8Array(0)),
    fields,
  };
}

/** Octets that are no UTF-8 show as U+FFFD: what is compared is the text that others can read. */
const withoutEnd = (octets: Uint8Array) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(octets.at(-1) === 0 ? octets.subarray(0, -1) : octets);

/** IMA_EVENT_NAME_LEN_MAX and its end: what the template "ima" fills a name up to before it is hashed. */
const OLD_NAME_SIZE = 256;

/**
 * What is hashed for the entry: its fields, each behind its length; null where a field is not known.
 * @param isBigEndian as the kernel counts that made it.
 */
export function templateData(entry: ImaEntry, isBigEndian = false): Uint8Array | null {
  const { fields, template } = entry;
  if (fields === null) return null;
  if (template === "ima") {
    // The oldest one has no lengths, and names of one size.
    return concat(
      ...fields.map(({ name, octets }) => {
        if (name !== "n") return octets;
        const filled = new Uint8Array(OLD_NAME_SIZE);
        filled.set(octets.subarray(0, OLD_NAME_SIZE));
        return filled;
      }),
    );
  }
  return concat(...fields.flatMap(({ octets }) => [u32(octets.length, isBigEndian), octets]));
}

function u32(value: number, isBigEndian: boolean): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value, !isBigEndian);
  return octets;
}
