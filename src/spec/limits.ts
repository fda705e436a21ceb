/**
 * Capacities and size limits of the core, under the names of Part 2 and of the TCG reference. GetCapability reports these
 * very numbers, and the buffers of the core are sized by them: a limit that is reported is a limit that holds.
 *
 * `libtpms` is what the profile libtpms-0.9 has instead. The generated unmarshallers heed it; code written by hand that
 * sizes a buffer takes `value`, the larger one.
 */
import { RSA_DEFAULT_PUBLIC_EXPONENT } from "./algorithms.ts";
import { evaluate } from "./expression.ts";

export interface LimitRow {
  /** A number, or an expression over limits that stand before this one. */
  readonly value: number | string;
  readonly libtpms?: number | string;
  /** What is limited, where the name does not say it. */
  readonly meaning?: string;
}
export type LimitRows = Readonly<Record<string, LimitRow>>;
/** The limits of one profile: names and numbers. */
export type Limits = ReadonlyMap<string, number>;
export type Profile = "full" | "libtpms-0.9";

export const limitRows: LimitRows = {
  MAX_COMMAND_SIZE: { value: 4096 },
  MAX_RESPONSE_SIZE: { value: 4096 },

  MAX_DIGEST_SIZE: { value: 64 },
  MAX_HASH_BLOCK_SIZE: { value: 128 },
  HASH_COUNT: {
    value: 8,
    libtpms: 4,
    meaning: "Hash algorithms: the most entries that a list of PCR selections or digests can have.",
  },
  MAX_DIGEST_BUFFER: { value: 1024 },

  IMPLEMENTATION_PCR: { value: 24 },
  NUM_STATIC_PCR: { value: 16, meaning: "The first PCRs, which Shutdown(STATE) keeps." },
  DRTM_PCR: { value: 17 },
  HCRTM_PCR: { value: 0 },
  NUM_LOCALITIES: { value: 5 },
  PCR_SELECT_MIN: { value: 3 },
  PCR_SELECT_MAX: { value: 3 },

  MAX_HANDLE_NUM: { value: 3 },
  MAX_SESSION_NUM: { value: 3 },
  MAX_ACTIVE_SESSIONS: { value: 64 },
  MAX_LOADED_SESSIONS: { value: 3 },
  MAX_LOADED_OBJECTS: { value: 3 },
  MAX_CONTEXT_SIZE: { value: 2680 },

  MAX_SYM_KEY_BYTES: { value: 32 },
  MAX_SYM_BLOCK_SIZE: { value: 16 },
  MAX_SYM_DATA: { value: 128 },
  MAX_RSA_KEY_BYTES: { value: 512, libtpms: 384 },
  MAX_ECC_KEY_BYTES: { value: 80 },
  LABEL_MAX_BUFFER: { value: 32 },
  RSA_DEFAULT_PUBLIC_EXPONENT: { value: RSA_DEFAULT_PUBLIC_EXPONENT },
  RSA_PRIVATE_SIZE: { value: 1280, libtpms: 960 },
  PRIVATE_VENDOR_SPECIFIC_BYTES: { value: 1280, libtpms: 960 },
  MAX_PRIVATE_SIZE: { value: 1550, meaning: "sizeof(_PRIVATE): the longest TPM2B_PRIVATE, without its size." },

  MAX_NV_INDEX_SIZE: { value: 2048 },
  MAX_NV_BUFFER_SIZE: { value: 1024 },
  NV_PUBLIC_ROOM: { value: "2 + 14 + MAX_DIGEST_SIZE", meaning: "The largest TPM2B_NV_PUBLIC." },
  RAM_INDEX_SPACE: {
    value: 512,
    meaning: "Room for the data of orderly NV Indices, each with a header of 12 bytes.",
  },
  MAX_ORDERLY_COUNT: {
    value: 255,
    meaning: "How far an orderly counter may run ahead of its non-volatile copy.",
  },
  MIN_COUNTER_INDICES: { value: 8 },
  MIN_EVICT_OBJECTS: { value: 7 },

  MAX_ALG_LIST_SIZE: { value: 64 },
  MAX_CAP_BUFFER: { value: 1024 },
  MAX_CAP_DATA: {
    value: "MAX_CAP_BUFFER - 4 - 4",
    meaning: "What a TPMS_CAPABILITY_DATA may hold after its selector and the count of its list (Part 2, 6.12 ff.).",
  },
  MAX_CAP_ALGS: { value: "MAX_CAP_DATA / 6" },
  MAX_CAP_HANDLES: { value: "MAX_CAP_DATA / 4" },
  MAX_CAP_CC: { value: "MAX_CAP_DATA / 4" },
  MAX_TPM_PROPERTIES: { value: "MAX_CAP_DATA / 8" },
  MAX_PCR_PROPERTIES: { value: "MAX_CAP_DATA / 8" },
  MAX_ECC_CURVES: { value: "MAX_CAP_DATA / 2" },
  MAX_TAGGED_POLICIES: {
    value: "MAX_CAP_DATA / (4 + 2 + MAX_DIGEST_SIZE)",
    meaning: "TPMS_TAGGED_POLICY: handle and TPMT_HA.",
  },
  MAX_ACT_DATA: { value: "MAX_CAP_DATA / 12" },
  MAX_AC_CAPABILITIES: { value: "MAX_CAP_DATA / 8" },

  PRIMARY_SEED_SIZE: { value: 64 },
  PROOF_SIZE: { value: 64 },
};

/** @throws when a limit refers to one that does not stand before it, or to anything that is no limit. */
export function limitsOf(profile: Profile, rows: LimitRows = limitRows): Limits {
  const limits = new Map<string, number>();
  for (const [name, row] of Object.entries(rows)) {
    const expression = profile === "full" ? row.value : (row.libtpms ?? row.value);
    limits.set(
      name,
      evaluate(String(expression), {
        name(other) {
          const known = limits.get(other);
          if (known === undefined)
            throw new Error(`src/spec/limits.ts: ${name} uses ${other}, which does not stand before it`);
          return known;
        },
        call(fn) {
          throw new Error(`src/spec/limits.ts: ${name} calls ${fn}; a limit is made of numbers and other limits only`);
        },
      }),
    );
  }
  return limits;
}
