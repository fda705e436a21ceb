/** Writes a permanent state as the core stores it (asm/tpm/power/blob.ts), from the core's own list of its fields. */

import { BLOB_VERSION, type PlacedBlobField, PROFILE_PARTS, placeBlobFields } from "../spec/layout/permanentBlob.ts";
import { layout, placeLayout } from "../spec/layout/place.ts";
import { limitsOf } from "../spec/limits.ts";
import type { Policy } from "./persistentData.ts";

/** An integer, octets, a TPM2B without its size, a policy. */
export type BlobValue = number | bigint | Uint8Array | Policy;
/** By the names of the rows of STATE; of a row with several values all of them. */
export type BlobValues = Readonly<Record<string, BlobValue | readonly BlobValue[]>>;
export interface BlobEntry {
  readonly handle: number;
  readonly content: Uint8Array;
}
export interface BlobContent {
  readonly values: BlobValues;
  /** TPM2_Shutdown(STATE) is on record: what it saved is among the values. */
  readonly isSaved: boolean;
  readonly nvMaxCounter: bigint;
  /** The orderly NV Indices, and all NV Indices and persistent objects, in any order. */
  readonly orderly: readonly BlobEntry[];
  readonly nv: readonly BlobEntry[];
}

const MAGIC = "TABTPM20";
const CHUNK = 2048;

/** @throws RangeError when a field has no value, or one that does not fit: a mistake of who calls it. */
export async function permanentBlob(content: BlobContent): Promise<Uint8Array<ArrayBuffer>> {
  const placed = placeLayout(layout, limitsOf("full"));
  const { permanent, saved } = placeBlobFields(placed, limitsOf("full"));
  const out = new Octets();
  writeFields(out, permanent, content.values);
  if (content.isSaved) writeFields(out, saved, content.values);
  out.integer(content.nvMaxCounter, 8);
  const orderly = runOf(content.orderly);
  out.integer(orderly.length, 4);
  out.octets(orderly);
  const nv = runOf(content.nv);
  const head = new Octets();
  head.octets(new TextEncoder().encode(MAGIC));
  const { PROFILE } = content.values;
  const derives = Number(PROFILE) > PROFILE_PARTS.PROFILE_MASK;
  head.integer(derives ? BLOB_VERSION.DERIVING : BLOB_VERSION.CHUNKED, 4);
  const fields = out.all();
  head.integer(20 + fields.length + nv.length + 32, 4);
  head.integer(nv.length, 4);
  head.octets(fields);
  const hashed = new Octets();
  hashed.octets(head.all());
  for (let at = 0; at < nv.length; at += CHUNK) hashed.octets(await sha256(nv.subarray(at, at + CHUNK)));
  head.octets(nv);
  head.octets(await sha256(hashed.all()));
  return head.all();
}

function writeFields(out: Octets, fields: readonly PlacedBlobField[], values: BlobValues): void {
  const next = new Map<string, number>();
  for (const field of fields) {
    const index = next.get(field.name) ?? 0;
    next.set(field.name, index + 1);
    const all = values[field.name];
    const value = Array.isArray(all) ? all[index] : index === 0 ? all : undefined;
    if (value === undefined) throw new RangeError(`${field.name} has no value ${index}.`);
    writeField(out, field, value);
  }
}

function writeField(out: Octets, { name, form, size, smallest, largest }: PlacedBlobField, value: BlobValue): void {
  if (form === "policy") {
    const { algorithm, digest } = value as Policy;
    out.integer(algorithm, 2);
    out.sized(digest);
  } else if (form === "TPM2B") {
    const octets = value as Uint8Array;
    if (octets.length < smallest || octets.length > largest)
      throw new RangeError(`${name} has ${octets.length} octets, not ${smallest} to ${largest}.`);
    out.sized(octets);
  } else if (form === "bytes") {
    const octets = value as Uint8Array;
    if (octets.length !== size) throw new RangeError(`${name} has ${octets.length} octets, not ${size}.`);
    out.octets(octets);
  } else {
    if (size < 8 && (Number(value) < smallest || Number(value) > largest))
      throw new RangeError(`${name} is ${value}, not ${smallest} to ${largest}.`);
    out.integer(value as number | bigint, size);
  }
}

/** Entries in the order of their handles, each with handle and size in front. */
function runOf(entries: readonly BlobEntry[]): Uint8Array {
  const out = new Octets();
  for (const { handle, content } of entries.toSorted((a, b) => a.handle - b.handle)) {
    out.integer(handle, 4);
    out.integer(content.length, 4);
    out.octets(content);
  }
  return out.all();
}

const sha256 = async (octets: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", octets.slice() as Uint8Array<ArrayBuffer>));

/** Octets that are written one after the other, big-endian. */
export class Octets {
  readonly #parts: Uint8Array[] = [];

  octets(octets: Uint8Array): void {
    this.#parts.push(octets);
  }
  integer(value: number | bigint, size: number): void {
    const octets = new Uint8Array(size);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let at = size - 1; at >= 0; at--, rest >>= 8n) octets[at] = Number(rest & 0xffn);
    this.#parts.push(octets);
  }
  /** A TPM2B. */
  sized(octets: Uint8Array): void {
    this.integer(octets.length, 2);
    this.octets(octets);
  }
  all(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
