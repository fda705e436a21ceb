/** What of a row is encrypted: a blob, with the name of its TPM and the number of its commit, so that none can be put in another's place. */
import { SealError, type StateSeal, sealedFor } from "../../store/seal.ts";
import { StoreError } from "../../store/store.ts";

const KINDS = { state: 1, variables: 2, volatile: 3 } as const;
export type BlobKind = keyof typeof KINDS;

/** Whose it is: the TPM's name, and for a state the number of the commit (else 0). */
export interface RowPlace {
  readonly kind: BlobKind;
  readonly name: string;
  readonly number: number;
}

export interface RowSeal {
  readonly seal: StateSeal | undefined;
  /** Takes what is not encrypted yet. */
  readonly adopts: boolean;
}

/** kind (1), number (8), size of the name (2), name */
function headOf({ kind, name, number }: RowPlace): Buffer {
  const text = Buffer.from(name, "utf8");
  const head = Buffer.alloc(11);
  head.writeUInt8(KINDS[kind]);
  head.writeBigUInt64BE(BigInt(number), 1);
  head.writeUInt16BE(text.length, 9);
  return Buffer.concat([head, text]);
}

/** What is written: a copy, which nobody changes. */
export function sealedRow(blob: Uint8Array, place: RowPlace, { seal }: RowSeal): Buffer {
  return seal === undefined ? Buffer.from(blob) : Buffer.from(seal.seal(Buffer.concat([headOf(place), blob])));
}

/** @throws StoreError that says what is wrong. */
export function openedRow(bytes: Uint8Array, place: RowPlace, { seal, adopts }: RowSeal): Uint8Array {
  const what = `The ${place.kind} of "${place.name}" in the database`;
  const refuse = (why: string) => new StoreError(`${what} ${why}. Nothing was changed.`, { code: "io" });
  const isSealed = sealedFor(bytes) === "file";
  if (seal === undefined) {
    if (isSealed) throw refuse("is encrypted, and there is no --key");
    return Uint8Array.from(bytes);
  }
  if (!isSealed) {
    if (adopts) return Uint8Array.from(bytes);
    throw refuse("is not encrypted, and a key was given: add adopt to --key if you know where it comes from");
  }
  let plain: Uint8Array;
  try {
    plain = seal.open(bytes);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw refuse("is encrypted with another key, or damaged");
  }
  const head = headOf(place);
  if (plain.length < head.length || !head.equals(plain.subarray(0, head.length))) {
    throw refuse("was put there from another TPM, or from another commit of this one");
  }
  return Uint8Array.from(plain.subarray(head.length));
}
