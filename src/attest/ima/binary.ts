/**
 * IMA's list of measurements in binary, /sys/kernel/security/ima/binary_runtime_measurements: for each entry the PCR, the
 * digest, the template's name and its fields, each but the digest behind its length. Numbers are the kernel's own, or
 * little-endian with ima_canonical_fmt. [Linux, security/integrity/ima/ima_fs.c]
 */
import { PCR_COUNT } from "../../firmware/eventLog.ts";
import { fromLatin1, latin1, toHex } from "../octets.ts";
import {
  entryOf,
  type ImaEntry,
  type ImaField,
  type ImaLimits,
  type ImaLog,
  ImaLogError,
  VERIFIED_LIMITS,
} from "./entry.ts";
import { MAX_TEMPLATE_NAME, templateFields } from "./templates.ts";

/** Octets of the digest: SHA-1's, or another bank's in the lists that are named after one. */
const DIGEST_SIZES = [20, 32, 48, 64];
/** The template without a length before its fields. */
const OLD_TEMPLATE = "ima";

/** Whether the octets begin as a binary list does, and not as text. */
export const isBinaryList = (octets: Uint8Array): boolean =>
  octets.length >= 4 && octets.subarray(0, 4).filter((octet) => octet === 0).length === 3;

/** @throws ImaLogError for what is no such list or has more than the limits: which entry, and what is wrong with it. */
export function parseBinaryImaLog(octets: Uint8Array, limits: ImaLimits = VERIFIED_LIMITS): ImaLog {
  if (octets.length > limits.maxSize) throw new ImaLogError(1, "begins what is more than can be read", "entry");
  if (!isBinaryList(octets)) throw new ImaLogError(1, "does not begin with the number of a PCR", "entry");
  const isBigEndian = octets[0] === 0 && octets[3] !== 0;
  const size = DIGEST_SIZES.find((one) => namesTemplate(octets, one, isBigEndian));
  if (size === undefined) throw new ImaLogError(1, "has no template's name", "entry");
  const reader = new ListReader(octets, isBigEndian);
  const entries: ImaEntry[] = [];
  while (reader.left > 0) {
    if (entries.length === limits.maxEntries)
      throw new ImaLogError(entries.length + 1, "is one more than can be read", "entry");
    const entry = readEntry(reader, size, entries.length + 1);
    if (entry === null) break;
    entries.push(entry);
  }
  if (entries.length === 0) throw new ImaLogError(1, "has no end", "entry");
  return { entries, isCut: reader.left > 0, isBigEndian };
}

function namesTemplate(octets: Uint8Array, digestSize: number, isBigEndian: boolean): boolean {
  const reader = new ListReader(octets, isBigEndian);
  reader.take(4 + digestSize);
  const name = reader.sized(MAX_TEMPLATE_NAME);
  return name !== null && name.length > 0 && templateFields(latin1(name)) !== null;
}

/** @returns null where the octets end within it; what is read of it stays unread. */
function readEntry(reader: ListReader, digestSize: number, number: number): ImaEntry | null {
  const start = reader.offset;
  const cut = () => {
    reader.offset = start;
    return null;
  };
  const pcr = reader.u32();
  const digest = reader.take(digestSize);
  const nameSize = reader.peekU32();
  if (pcr !== null && pcr >= PCR_COUNT) throw new ImaLogError(number, `names PCR ${pcr}`, "entry");
  if (nameSize !== null && (nameSize === 0 || nameSize > MAX_TEMPLATE_NAME))
    throw new ImaLogError(number, `has a template's name of ${nameSize} octets`, "entry");
  const name = reader.sized(MAX_TEMPLATE_NAME);
  if (pcr === null || digest === null || name === null) return cut();
  const template = latin1(name);
  const names = templateFields(template);
  const data = template === OLD_TEMPLATE ? readOldFields(reader) : reader.sized(reader.left);
  if (data === null) return cut();
  if (template === OLD_TEMPLATE) return entryOf(pcr, toHex(digest), template, data as readonly ImaField[]);
  const hash = toHex(digest);
  if (names === null)
    return { pcr, templateHash: hash, template, fileDigest: "", name: "", signature: "", fields: null };
  const inside = new ListReader(data as Uint8Array, reader.isBigEndian);
  const fields: ImaField[] = [];
  for (const field of names) {
    const octets = inside.sized(inside.left);
    if (octets === null) throw new ImaLogError(number, `has no field “${field}”`, "entry");
    fields.push({ name: field, octets });
  }
  if (inside.left > 0) throw new ImaLogError(number, "has more than its fields", "entry");
  return entryOf(pcr, hash, template, fields);
}

/** The digest without a length, and the name without its end. */
function readOldFields(reader: ListReader): readonly ImaField[] | null {
  const digest = reader.take(20);
  const name = digest && reader.sized(MAX_TEMPLATE_NAME);
  return (
    name && [
      { name: "d", octets: digest },
      { name: "n", octets: name.at(-1) === 0 ? name : fromLatin1(`${latin1(name)}\0`) },
    ]
  );
}

/** Each gives null where there are not so many octets left. */
class ListReader {
  offset = 0;
  readonly isBigEndian: boolean;
  readonly #octets: Uint8Array;
  readonly #view: DataView;

  constructor(octets: Uint8Array, isBigEndian: boolean) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    this.isBigEndian = isBigEndian;
  }

  get left(): number {
    return this.#octets.length - this.offset;
  }
  peekU32(): number | null {
    return this.left < 4 ? null : this.#view.getUint32(this.offset, !this.isBigEndian);
  }
  u32(): number | null {
    const value = this.peekU32();
    if (value !== null) this.offset += 4;
    return value;
  }
  take(size: number): Uint8Array | null {
    if (size > this.left) return null;
    this.offset += size;
    return this.#octets.slice(this.offset - size, this.offset);
  }
  /** Octets behind their number. */
  sized(most: number): Uint8Array | null {
    const size = this.u32();
    return size === null || size > most ? null : this.take(size);
  }
}
