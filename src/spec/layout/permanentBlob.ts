/**
 * The fields of a blob of the permanent state, in their order (asm/tpm/power/blob.ts says what stands around them). The
 * core's walk over them and whoever writes such a blob outside of the core have this one list. A field has the form and the
 * size of the row of STATE by its name.
 */
import type { Limits } from "../limits.ts";
import type { PlacedLayout, PlacedRow } from "./place.ts";
import type { Form } from "./rows.ts";

/** The forms of a blob: NV store among the fields, behind them in chunks, the same with PROFILE in all its parts. */
export const BLOB_VERSION = { WHOLE: 1, CHUNKED: 2, DERIVING: 3 } as const;

/**
 * The field PROFILE: the profile itself in the lowest octet, and two bits for each primary seed, which say how primary objects
 * are made from it: 0 our way, 1 that of libtpms before its RSA_PRIME_ADJUST_FIX, 2 that since then.
 */
export const PROFILE_PARTS = {
  PROFILE_MASK: 0xff,
  EP_DERIVATION_SHIFT: 8,
  SP_DERIVATION_SHIFT: 10,
  PP_DERIVATION_SHIFT: 12,
} as const;

/**
 * What a value must be beside its form: `flag` 0 or 1; `pcrs` a bit map of PCRs; `hash` a hash algorithm of the profile, or TPM_ALG_NULL;
 * `profile` and `orderly` what the fields after them depend on; `seed` and `proof` a TPM2B of exactly that size.
 */
export type BlobCheck = "flag" | "acts" | "pcrs" | "hash" | "profile" | "orderly" | "seed" | "proof";

export interface BlobFieldRow {
  readonly name: string;
  readonly check?: BlobCheck;
}

const field = (name: string, check?: BlobCheck): BlobFieldRow => (check === undefined ? { name } : { name, check });

/** Those of every blob. NV_MAX_COUNTER and the entries of the orderly NV Indices follow, behind what was saved. */
export const permanentFields: readonly BlobFieldRow[] = [
  field("PROFILE", "profile"),
  field("DISABLE_CLEAR", "flag"),
  field("ESTABLISHED", "flag"),
  field("LOCKOUT_AUTH_ENABLED", "flag"),
  field("CLOCK_SAFE", "flag"),
  field("ORDERLY_STATE", "orderly"),
  field("AUDIT_HASH_ALG", "hash"),
  field("FAILED_TRIES"),
  field("MAX_TRIES"),
  field("RECOVERY_TIME"),
  field("LOCKOUT_RECOVERY"),
  field("RESET_COUNT"),
  field("ALGORITHM_SET"),
  field("TIME_EPOCH"),
  field("TOTAL_RESET_COUNT"),
  field("AUDIT_COUNTER"),
  field("CLOCK"),
  field("SELF_HEAL_TIMER"),
  field("LOCKOUT_TIMER"),
  field("SHUTDOWN_TIME"),
  field("PP_COMMANDS"),
  field("AUDIT_COMMANDS"),
  field("EP_SEED", "seed"),
  field("SP_SEED", "seed"),
  field("PP_SEED", "seed"),
  field("PH_PROOF", "proof"),
  field("SH_PROOF", "proof"),
  field("EH_PROOF", "proof"),
  field("OWNER_AUTH"),
  field("ENDORSEMENT_AUTH"),
  field("LOCKOUT_AUTH"),
  field("OWNER_POLICY"),
  field("ENDORSEMENT_POLICY"),
  field("LOCKOUT_POLICY"),
  field("PCR_POLICY"),
  field("PCR_ALLOCATION", "pcrs"),
];

/** What TPM2_Shutdown(STATE) saved: only there when it is on record. Reset and clear data lie in SAVED_RESET and SAVED_CLEAR. */
export const savedFields: readonly (BlobFieldRow | readonly BlobFieldRow[])[] = [
  field("CONTEXT_COUNTER"),
  field("OBJECT_CONTEXT_ID"),
  field("COMMIT_COUNTER"),
  field("CLEAR_COUNT"),
  field("RESTART_COUNT"),
  field("PCR_COUNTER"),
  field("CONTEXT_ARRAY"),
  field("COMMIT_ARRAY"),
  field("NULL_PROOF", "proof"),
  field("NULL_SEED", "seed"),
  field("COMMIT_NONCE"),
  field("COMMAND_AUDIT_DIGEST"),
  field("SH_ENABLE", "flag"),
  field("EH_ENABLE", "flag"),
  field("PH_ENABLE_NV", "flag"),
  field("PLATFORM_POLICY"),
  field("PLATFORM_AUTH"),
  field("PCR_AUTH"),
  // Of one timer after the other.
  [field("ACT_POLICIES"), field("ACT_REMAINING")],
  field("ACT_SIGNALED", "acts"),
  field("SAVED_PCRS"),
];

/** One value of a field: where in STATE it lies, and what it can be. */
export interface PlacedBlobField {
  readonly name: string;
  readonly form: Form;
  readonly check: BlobCheck | undefined;
  readonly offset: number;
  readonly size: number;
  /** Of an integer its bounds, of a TPM2B those of its size, without the size field. */
  readonly smallest: number;
  readonly largest: number;
}

/** @throws when a field is no row of STATE, or has a form that blobs don't have. */
export function placeBlobFields(layout: PlacedLayout, limits: Limits) {
  const rows = new Map(layout.tables.flatMap(({ rows }) => rows).map((row) => [row.name, row]));
  const limit = (name: string) => {
    const value = limits.get(name);
    if (value === undefined) throw new Error(`src/spec/layout/permanentBlob.ts needs ${name}, which is no limit`);
    return value;
  };
  const rowOf = (name: string) => {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`src/spec/layout/permanentBlob.ts: ${name} is no row of STATE`);
    return row;
  };
  const digest2B = 2 + limit("MAX_DIGEST_SIZE");
  const sizes: Partial<Record<Form, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, TPM2B: digest2B, policy: 2 + digest2B };

  /** @param delta from where a row lies to where its saved copy does. */
  function valuesOf({ name, check }: BlobFieldRow, delta: number): PlacedBlobField[] {
    const row = rowOf(name);
    const size = row.form === "bytes" ? row.size : sizes[row.form];
    if (size === undefined || row.size % size !== 0)
      throw new Error(`src/spec/layout/permanentBlob.ts: ${name} is a ${row.form}, which no blob has`);
    return Array.from({ length: row.size / size }, (_, i) => ({
      ...{ name, form: row.form, check, offset: row.offset + delta + i * size, size },
      ...boundsOf(row, check, size),
    }));
  }
  function boundsOf({ form }: PlacedRow, check: BlobCheck | undefined, size: number) {
    if (form === "TPM2B" || form === "policy") {
      const exact = check === "seed" ? limit("PRIMARY_SEED_SIZE") : check === "proof" ? limit("PROOF_SIZE") : undefined;
      return { smallest: exact ?? 0, largest: exact ?? limit("MAX_DIGEST_SIZE") };
    }
    if (check === "flag") return { smallest: 0, largest: 1 };
    if (check === "acts") return { smallest: 0, largest: 2 ** (rowOf("ACT_REMAINING").size / 4) - 1 };
    if (check === "pcrs") return { smallest: 0, largest: 2 ** limit("IMPLEMENTATION_PCR") - 1 };
    return { smallest: 0, largest: size > 4 ? 0xffff_ffff : 2 ** (8 * size) - 1 };
  }
  function deltaOf(name: string): number {
    const { offset } = rowOf(name);
    for (const part of ["RESET", "CLEAR"]) {
      const { offset: start, size } = rowOf(`${part}_DATA`);
      if (offset >= start && offset < start + size) return rowOf(`SAVED_${part}`).offset - start;
    }
    return 0;
  }
  const saved = (row: BlobFieldRow) => valuesOf(row, deltaOf(row.name));
  return {
    permanent: permanentFields.flatMap((row) => valuesOf(row, 0)),
    saved: savedFields.flatMap((row) => ("name" in row ? saved(row) : interleaved(row.map(saved)))),
  };
}

/** The first of each list, then the second of each. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  return (lists[0] ?? []).flatMap((_, i) => lists.flatMap((list) => list.slice(i, i + 1)));
}
