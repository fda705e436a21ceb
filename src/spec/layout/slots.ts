/**
 * The slots of loaded sessions and objects, by offset. TPM2_ContextSave saves those of sessions and sequences as they
 * lie, and flags of objects go into NV: what is here moves only with a new form of contexts (layout.test.ts holds it).
 */
import { bits, bytes, end, type LayoutTable, oneOf, tpm2b, u8, u16, u32, u64 } from "./rows.ts";

export const sessionTable: LayoutTable = {
  file: "session",
  meaning: "The slot of a loaded session.",
  sizes: {
    BOUND_ENTITY_SIZE: {
      size: "2 + 2 + MAX_DIGEST_SIZE + MAX_DIGEST_SIZE",
      meaning: "A TPM2B of a Name with an authValue.",
    },
  },
  rows: [
    u32("ATTRIBUTES", "0 in a free slot, else a set of flags.", {
      values: bits(
        ["IS_OCCUPIED"],
        ["IS_POLICY"],
        ["IS_AUDIT"],
        ["IS_BOUND"],
        ["IS_CP_HASH_DEFINED"],
        ["IS_AUTH_VALUE_NEEDED"],
        ["IS_PASSWORD_NEEDED"],
        ["IS_PP_REQUIRED"],
        ["IS_TRIAL_POLICY"],
        ["IS_DA_BOUND"],
        ["IS_LOCKOUT_BOUND"],
        ["CHECK_NV_WRITTEN"],
        ["NV_WRITTEN_STATE"],
        ["IS_NAME_HASH_DEFINED"],
        ["IS_TEMPLATE_HASH_DEFINED"],
      ),
    }),
    u32("SESSION_PCR_COUNTER", "pcrUpdateCounter when TPM2_PolicyPCR ran, or 0."),
    u64("START_TIME", "Time, milliseconds, when the session, or its last nonce interval, started."),
    u64("TIMEOUT", "Time, milliseconds, at which the policy expires, or 0."),
    u32("EPOCH", "TIME_EPOCH when it started."),
    u32("COMMAND_CODE", "The only command that the policy allows, or 0."),
    u16("AUTH_HASH", "authHash."),
    u8("COMMAND_LOCALITY", "TPMA_LOCALITY of the policy, or 0."),
    u16("SYMMETRIC", "TPMT_SYM_DEF: algorithm."),
    u16("SYMMETRIC_BITS", "Key bits; for XOR the hash."),
    u16("SYMMETRIC_MODE", "Mode."),
    tpm2b("SESSION_KEY", "sessionKey.", { align: 4 }),
    tpm2b("NONCE_TPM", "nonceTPM.", { align: 4 }),
    oneOf(
      "SESSION_LIMIT",
      "What the session is bound or limited to.",
      [
        tpm2b("BOUND_ENTITY", "What an HMAC session is bound to: Name and authValue.", {
          size: "BOUND_ENTITY_SIZE",
          align: 4,
        }),
      ],
      [tpm2b("CP_HASH", "A policy's cpHash, nameHash or templateHash.", { align: 4 })],
    ),
    oneOf(
      "SESSION_DIGEST",
      "What the session accumulates.",
      [tpm2b("POLICY_DIGEST", "policyDigest of a policy session.", { align: 4 })],
      [tpm2b("AUDIT_DIGEST", "Digest of an audit session.", { align: 4 })],
    ),
    end("SESSION_SIZE", "What TPM2_ContextSave saves.", 4),
  ],
};

export const objectTable: LayoutTable = {
  file: "object",
  meaning: "The slot of a loaded object or of a sequence.",
  sizes: {
    PUBLIC_ROOM: {
      size: 622,
      meaning: "The longest TPMT_PUBLIC: sizeof(TPMT_PUBLIC) of an RSA-4096 key with a SHA-512 policy is 604.",
    },
    SENSITIVE_ROOM: { size: "MAX_RSA_KEY_BYTES / 2", meaning: "The longest sensitive: a prime of RSA-4096." },
  },
  rows: [
    u32("OBJECT_ATTRIBUTES", "0 in a free slot, else a set of flags.", {
      values: bits(
        ["OBJECT_IS_OCCUPIED"],
        ["IS_HASH_SEQUENCE"],
        ["IS_HMAC_SEQUENCE"],
        ["IS_EVENT_SEQUENCE"],
        ["HAS_FIRST_BLOCK", "The first block of a hash sequence came."],
        ["IS_TICKET_SAFE", "It did not start with TPM_GENERATED_VALUE: a ticket may be made."],
        ["IS_PUBLIC_ONLY", "There is no sensitive area."],
        ["IS_EXTERNAL", "Loaded by TPM2_LoadExternal."],
        ["IS_ST_CLEAR", "Its own stClear, or that of an ancestor."],
        ["IS_PRIMARY", "Created from a primary seed."],
        ["IS_TEMPORARY", "In the NULL hierarchy, or external: it can't be made persistent."],
        ["IS_PARENT", "A storage key: it protects its children."],
        ["IS_DERIVATION", "Its children are derived from it."],
        ["IS_EVICT", "A copy of a persistent object, in its slot for this command only."],
      ),
    }),
    u32("OBJECT_HIERARCHY", "TPM_RH_OWNER, ENDORSEMENT, PLATFORM or NULL."),
    u16("SEQUENCE_HASH", "Algorithm of a hash or HMAC sequence."),
    u32(
      "EVICT_HANDLE",
      "The persistent handle under which the object was taken from NV for this command; 0 for a transient one.",
    ),
    tpm2b("OBJECT_AUTH", "authValue, without trailing zeros.", { align: 4 }),
    oneOf(
      "OBJECT_CONTENT",
      "What differs between objects and sequences.",
      [
        bytes("SEQUENCE_STATES", "HASH_STATE_ROOM", "One hash state, or one for each bank in an event sequence.", {
          count: "BANK_COUNT",
          align: 64,
        }),
        end("SEQUENCE_END", "Of a sequence."),
      ],
      [
        tpm2b("OBJECT_SEED", "seedValue of the sensitive area.", { align: 4 }),
        tpm2b("OBJECT_NAME", "Name.", { size: "2 + DIGEST_2B", align: 4 }),
        tpm2b("QUALIFIED_NAME", "Qualified Name.", { size: "2 + DIGEST_2B", align: 4 }),
        tpm2b("OBJECT_PUBLIC", "TPM2B_PUBLIC.", { size: "2 + PUBLIC_ROOM", align: 4 }),
        tpm2b(
          "OBJECT_SENSITIVE",
          "The sensitive composite: prime, scalar, key or data. Empty in an object without its sensitive area.",
          { size: "2 + SENSITIVE_ROOM", align: 4 },
        ),
        end("OBJECT_END", "Of an object."),
      ],
    ),
  ],
};
