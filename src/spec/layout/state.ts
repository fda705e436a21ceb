/**
 * STATE: everything a command may change, in one region, so that one copy makes a command atomic. Parts, in the terms of
 * the TCG reference:
 *
 *   PERMANENT    what the store's blob holds beside NV (PERSISTENT_DATA, ORDERLY_DATA, and what Shutdown(STATE) saved)
 *   RESET_DATA   kept over TPM Restart and Resume, new at TPM Reset
 *   CLEAR_DATA   kept over TPM Resume, new at TPM Reset and Restart
 *   VOLATILE     lost at _TPM_Init
 *
 * The blob has an order of its own: rows of PERMANENT may change places. The other three are saved as they lie, in the
 * volatile state.
 */
import { bytes, group, type LayoutTable, policy, tpm2b, u8, u16, u32, u64 } from "./rows.ts";

const permanent = group(
  "PERMANENT",
  "What the store keeps.",
  [
    group(
      "BACKGROUND",
      "What changes by itself with time, and need not have been stored: a rollback puts it back beside the shadow.",
      [
        group("CLOCK_DATA", "The clock's.", [
          u64("CLOCK", "Clock, milliseconds."),
          u8("CLOCK_SAFE", "Safe: Clock never had a larger value."),
        ]),
        group("DA_DATA", "The dictionary attack protection's: a failed authorisation outlives the rollback.", [
          u8("LOCKOUT_AUTH_ENABLED", "lockoutAuth may be used: it did not fail within LOCKOUT_RECOVERY."),
          u32("FAILED_TRIES", "failedTries."),
          u64(
            "SELF_HEAL_TIMER",
            "Time, milliseconds, at which failedTries was last counted up or down; may be negative after a power cycle.",
          ),
          u64("LOCKOUT_TIMER", "Time, milliseconds, at which lockoutAuth failed; may be negative after a power cycle."),
        ]),
      ],
    ),
    u32("PROFILE", "Fixed at manufacture: see implemented.ts."),
    u8("DISABLE_CLEAR", "TPMA_PERMANENT disableClear."),
    u8("ESTABLISHED", "tpmEstablished: set by _TPM_Hash_Start, cleared only by TPM_RESET_ESTABLISHMENT."),
    u16("ORDERLY_STATE", "A TPM_SU, with the flags after Shutdown(STATE), or one of the two that stand for none.", {
      values: [
        { name: "SU_NONE", value: 0xffff, meaning: "No orderly shutdown is on record." },
        { name: "SU_DA_USED", value: 0xfffe, meaning: "The same, and a DA-protected authorisation was tried." },
        { name: "PRE_STARTUP_FLAG", value: 0x8000, meaning: "There was an H-CRTM sequence." },
        { name: "STARTUP_LOCALITY_3_FLAG", value: 0x4000, meaning: "TPM2_Startup came from locality 3." },
      ],
    }),
    u16("AUDIT_HASH_ALG", "TPMI_ALG_HASH of the command audit."),
    u32("MAX_TRIES", "maxTries."),
    u32("RECOVERY_TIME", "recoveryTime, seconds."),
    u32("LOCKOUT_RECOVERY", "lockoutRecovery, seconds."),
    u32("RESET_COUNT", "resetCount."),
    u32("ALGORITHM_SET", "algorithmSet."),
    u32("TIME_EPOCH", "How often Time started again: timeEpoch."),
    u64("TOTAL_RESET_COUNT", "totalResetCount."),
    u64("AUDIT_COUNTER", "auditCounter."),
    u64("SHUTDOWN_TIME", "Time, milliseconds, of the last TPM2_Shutdown."),
    bytes("PP_COMMANDS", "COMMAND_MAP", "The commands that need Physical Presence."),
    bytes("AUDIT_COMMANDS", "COMMAND_MAP", "The commands that are audited."),
    tpm2b("EP_SEED", "Primary seed of the endorsement hierarchy."),
    tpm2b("SP_SEED", "Primary seed of the storage hierarchy."),
    tpm2b("PP_SEED", "Primary seed of the platform hierarchy."),
    tpm2b("PH_PROOF", "Proof of the platform hierarchy."),
    tpm2b("SH_PROOF", "Proof of the storage hierarchy."),
    tpm2b("EH_PROOF", "Proof of the endorsement hierarchy."),
    group("AUTH_VALUES", "What TPM2_Clear makes empty.", [
      tpm2b("OWNER_AUTH", "ownerAuth."),
      tpm2b("ENDORSEMENT_AUTH", "endorsementAuth."),
      tpm2b("LOCKOUT_AUTH", "lockoutAuth."),
    ]),
    policy("OWNER_POLICY", "ownerPolicy."),
    policy("ENDORSEMENT_POLICY", "endorsementPolicy."),
    policy("LOCKOUT_POLICY", "lockoutPolicy."),
    policy("PCR_POLICY", "authPolicy of the one group of PCRs that has one."),
    u32("PCR_ALLOCATION", "Bit map of PCRs for each bank, as it will be from the next _TPM_Init on.", {
      count: "BANK_COUNT",
    }),
    u64("NV_MAX_COUNTER", "No NV counter that is gone ever had a larger value."),
    group("SAVED_ORDERLY", "The orderly NV Indices as they were last made non-volatile.", [
      u32("SAVED_ORDERLY_USED", "Bytes of the entries."),
      bytes("SAVED_ORDERLY_RUN", "RAM_INDEX_SPACE", "The entries (entries.ts)."),
    ]),
    group(
      "SAVED_STATE",
      "What Shutdown(STATE) saved.",
      [
        bytes("SAVED_RESET", "RESET_DATA_SIZE", "Reset data.", { align: 16 }),
        bytes("SAVED_CLEAR", "CLEAR_DATA_SIZE", "Clear data.", { align: 16 }),
        bytes("SAVED_PCRS", "PCR_SIZE", "The static PCRs of every bank.", { count: "NUM_STATIC_PCR" }),
      ],
      16,
    ),
  ],
  16,
);

const resetData = group(
  "RESET_DATA",
  "Kept over TPM Restart and Resume, new at TPM Reset.",
  [
    u64("CONTEXT_COUNTER", "The source of contextIDs of saved sessions."),
    u64("OBJECT_CONTEXT_ID", "The source of contextIDs of saved objects."),
    u64("COMMIT_COUNTER", "The next ephemeral scalar's counter."),
    u32("CLEAR_COUNT", "clearCount."),
    u32("RESTART_COUNT", "restartCount."),
    u32("PCR_COUNTER", "pcrUpdateCounter."),
    u16(
      "CONTEXT_ARRAY",
      "For each session handle: 0 free, 1.. slot of a loaded one, above that the low bits of a saved one's contextID.",
      { count: "MAX_ACTIVE_SESSIONS" },
    ),
    bytes("COMMIT_ARRAY", "MAX_PENDING_COMMITS / 8", "The counters whose ephemeral scalars are pending."),
    tpm2b("NULL_PROOF", "Proof of the NULL hierarchy."),
    tpm2b("NULL_SEED", "Primary seed of the NULL hierarchy."),
    tpm2b("COMMIT_NONCE", "What ephemeral scalars are made from."),
    tpm2b("COMMAND_AUDIT_DIGEST", "Empty when no audited command ran since the last TPM2_GetCommandAuditDigest."),
  ],
  16,
);

const clearData = group(
  "CLEAR_DATA",
  "Kept over TPM Resume, new at TPM Reset and Restart.",
  [
    u8("SH_ENABLE", "TPMA_STARTUP_CLEAR shEnable."),
    u8("EH_ENABLE", "TPMA_STARTUP_CLEAR ehEnable."),
    u8("PH_ENABLE_NV", "TPMA_STARTUP_CLEAR phEnableNV."),
    policy("PLATFORM_POLICY", "platformPolicy."),
    tpm2b("PLATFORM_AUTH", "platformAuth."),
    tpm2b("PCR_AUTH", "authValue of the one group of PCRs that has one."),
    policy("ACT_POLICIES", "authPolicy of each Authenticated Countdown Timer.", { count: "ACT_COUNT" }),
    u32("ACT_REMAINING", "Seconds that each ACT had left when it was saved.", { count: "ACT_COUNT" }),
    u8("ACT_SIGNALED", "A bit for each ACT that signaled when it was saved."),
  ],
  16,
);

const volatile = group(
  "VOLATILE",
  "Lost at _TPM_Init.",
  [
    u8("STARTED", "TPM2_Startup succeeded."),
    u8("PH_ENABLE", "TPMA_STARTUP_CLEAR phEnable."),
    u8("PCR_RECONFIGURED", "TPM2_PCR_Allocate succeeded since TPM2_Startup: only Shutdown(CLEAR) is possible."),
    u8("DRTM_PRE_STARTUP", "An H-CRTM sequence ran between _TPM_Init and TPM2_Startup."),
    u8("STARTUP_LOCALITY_3", "TPM2_Startup came from locality 3."),
    u8("DA_USED", "A DA-protected authorisation was tried in this power cycle."),
    u8("DRTM_ACTIVE", "A locality 4 hash sequence is open."),
    u8(
      "DA_PENDING",
      "The last change of failedTries or lockoutAuth could not be stored: it must be, before the next DA check.",
    ),
    u16("PREVIOUS_ORDERLY_STATE", "ORDERLY_STATE as TPM2_Startup found it, without the flags."),
    u8("PHYSICAL_PRESENCE", "The platform asserts it."),
    u8("ALGORITHM_SET_CHANGED", "TPM2_SetAlgorithmSet ran since TPM2_Startup: the next one must be a TPM Reset."),
    u32("EXCLUSIVE_AUDIT_SESSION", "Handle of the exclusive audit session; TPM_RH_UNASSIGNED when there is none."),
    u64("ACT_EXPIRIES", "For each ACT: Time, milliseconds, at which it signals, plus one.", {
      count: "ACT_COUNT",
      values: [
        { name: "ACT_NEVER_SET", value: 0 },
        { name: "ACT_STOPPED", value: "u64.MAX_VALUE" },
      ],
    }),
    u8("ACT_UPDATED", "A bit for each ACT that TPM2_ACT_SetTimeout set since TPM2_Startup."),
    group("ORDERLY", "The orderly NV Indices as they are.", [
      u32("ORDERLY_USED", "Bytes of the entries."),
      bytes("ORDERLY_RUN", "RAM_INDEX_SPACE", "The entries (entries.ts)."),
    ]),
    u32("PCR_ALLOCATED", "Bit map of PCRs for each bank, in effect since _TPM_Init.", {
      count: "BANK_COUNT",
      align: 16,
    }),
    bytes("PCRS", "PCR_SIZE", "The PCRs, each with all its banks.", { count: "IMPLEMENTATION_PCR" }),
    bytes("DRTM_HASH", "HASH_STATE_ROOM", "The open locality 4 sequence: a hash state for each bank.", {
      count: "BANK_COUNT",
      align: 16,
    }),
    bytes("SESSIONS", "SESSION_SLOT", "The loaded sessions.", { count: "MAX_LOADED_SESSIONS", align: 16 }),
    bytes("OBJECTS", "OBJECT_SLOT", "The loaded objects and sequences.", { count: "MAX_LOADED_OBJECTS", align: 16 }),
  ],
  16,
);

export const stateTable: LayoutTable = {
  file: "state",
  meaning: "Everything a command may change.",
  region: "STATE",
  sizes: {
    DIGEST_2B: {
      size: "2 + MAX_DIGEST_SIZE",
      meaning: "A TPM2B_DIGEST, TPM2B_AUTH, TPM2B_NONCE, seed or proof.",
    },
    POLICY: { size: "2 + DIGEST_2B", meaning: "TPMI_ALG_HASH and the policy digest." },
    COMMAND_MAP: { size: 32, meaning: "A bit map over command codes from TPM_CC_FIRST on." },
    MAX_PENDING_COMMITS: { size: 128, meaning: "Ephemeral scalars that may be pending: bits of COMMIT_ARRAY." },
    ACT_COUNT: { size: 2, meaning: "Authenticated Countdown Timers: numbers 0 and 0xA." },
    HASH_STATE_ROOM: {
      size: 448,
      meaning: "What asm/crypto needs for one hash or MAC in progress: an HMAC has two hashes of 224.",
    },
    SESSION_SLOT: { size: 512, meaning: "Room for one session (slots.ts)." },
    OBJECT_SLOT: { size: 4096, meaning: "Room for one object or sequence (slots.ts)." },
  },
  rows: [
    permanent,
    group(
      "LIVE",
      "All that _TPM_Init ends, and that a volatile state is an image of.",
      [resetData, clearData, volatile],
      16,
    ),
  ],
};
