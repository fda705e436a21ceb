// STATE: everything a command may change, in one contiguous region, so that one memory.copy makes a command atomic
// (see commit.ts). Parts, in the terms of the TCG reference code:
//
//   permanent    what the store's blob holds beside NV (PERSISTENT_DATA, ORDERLY_DATA, and what Shutdown(STATE) saved)
//   reset data   kept over TPM Restart and Resume, new at TPM Reset
//   clear data   kept over TPM Resume, new at TPM Reset and Restart
//   volatile     lost at _TPM_Init
//
// TPM2B values lie in wire form (big-endian size, then the bytes); integers in the machine's order.
// The DRBG and the tick of the clock lie outside: a rolled-back command must not repeat random numbers or time.
import { MAX_ACTIVE_SESSIONS, MAX_LOADED_OBJECTS, MAX_LOADED_SESSIONS, RAM_INDEX_SPACE } from "../../base/index";

/** A TPM2B_DIGEST, TPM2B_AUTH, TPM2B_NONCE, seed or proof: 2 + MAX_DIGEST_SIZE. */
export const DIGEST_2B: u32 = 66;
/** TPMI_ALG_HASH and the policy digest. */
export const POLICY: u32 = 2 + DIGEST_2B;
/** The four bank algorithms, in the order in which they are reported. */
export const BANK_COUNT: u32 = 4;
/** One digest of each bank: 20 + 32 + 48 + 64. */
export const PCR_SIZE: u32 = 164;

export const STATE_SIZE: u32 = 32768;
export const STATE: usize = memory.data(32768, 16);

// --- permanent -------------------------------------------------------------------------------------------------
/** Profile fixed at manufacture: see implemented.ts. */
export const PROFILE: usize = STATE;
export const DISABLE_CLEAR: usize = PROFILE + 4;
/** tpmEstablished of the interface: set by _TPM_Hash_Start, cleared only by TPM_RESET_ESTABLISHMENT. */
export const ESTABLISHED: usize = DISABLE_CLEAR + 1;
export const LOCKOUT_AUTH_ENABLED: usize = ESTABLISHED + 1;
export const CLOCK_SAFE: usize = LOCKOUT_AUTH_ENABLED + 1;
/** u16: a TPM_SU, or SU_NONE, SU_DA_USED; with PRE_STARTUP_FLAG or STARTUP_LOCALITY_3 after Shutdown(STATE). */
export const ORDERLY_STATE: usize = CLOCK_SAFE + 1;
export const AUDIT_HASH_ALG: usize = ORDERLY_STATE + 2;
export const FAILED_TRIES: usize = AUDIT_HASH_ALG + 2;
export const MAX_TRIES: usize = FAILED_TRIES + 4;
/** Seconds. */
export const RECOVERY_TIME: usize = MAX_TRIES + 4;
/** Seconds. */
export const LOCKOUT_RECOVERY: usize = RECOVERY_TIME + 4;
export const RESET_COUNT: usize = LOCKOUT_RECOVERY + 4;
export const ALGORITHM_SET: usize = RESET_COUNT + 4;
export const TIME_EPOCH: usize = ALGORITHM_SET + 4;
export const TOTAL_RESET_COUNT: usize = TIME_EPOCH + 4;
export const AUDIT_COUNTER: usize = TOTAL_RESET_COUNT + 8;
/** u64 milliseconds: Clock. */
export const CLOCK: usize = AUDIT_COUNTER + 8;
/** u64 milliseconds of Time: when failedTries was last counted up or down; may be negative after a power cycle. */
export const SELF_HEAL_TIMER: usize = CLOCK + 8;
export const LOCKOUT_TIMER: usize = SELF_HEAL_TIMER + 8;
/** u64 milliseconds: Time at the last TPM2_Shutdown. */
export const SHUTDOWN_TIME: usize = LOCKOUT_TIMER + 8;
/** Bit maps over command codes from TPM_CC_FIRST, 32 bytes each. */
export const PP_COMMANDS: usize = SHUTDOWN_TIME + 8;
export const AUDIT_COMMANDS: usize = PP_COMMANDS + 32;
export const EP_SEED: usize = AUDIT_COMMANDS + 32;
export const SP_SEED: usize = EP_SEED + DIGEST_2B;
export const PP_SEED: usize = SP_SEED + DIGEST_2B;
export const PH_PROOF: usize = PP_SEED + DIGEST_2B;
export const SH_PROOF: usize = PH_PROOF + DIGEST_2B;
export const EH_PROOF: usize = SH_PROOF + DIGEST_2B;
export const OWNER_AUTH: usize = EH_PROOF + DIGEST_2B;
export const ENDORSEMENT_AUTH: usize = OWNER_AUTH + DIGEST_2B;
export const LOCKOUT_AUTH: usize = ENDORSEMENT_AUTH + DIGEST_2B;
/** Policies: u16 algorithm, then the TPM2B. */
export const OWNER_POLICY: usize = LOCKOUT_AUTH + DIGEST_2B;
export const ENDORSEMENT_POLICY: usize = OWNER_POLICY + POLICY;
export const LOCKOUT_POLICY: usize = ENDORSEMENT_POLICY + POLICY;
/** One policy group of PCRs. */
export const PCR_POLICY: usize = LOCKOUT_POLICY + POLICY;
/** u32 bit map of PCRs for each bank, as it will be from the next _TPM_Init on. */
export const PCR_ALLOCATION: usize = (PCR_POLICY + POLICY + 7) & ~7;
/** u64: no NV counter that is gone ever had a larger value. */
export const NV_MAX_COUNTER: usize = (PCR_ALLOCATION + BANK_COUNT * 4 + 7) & ~7;
/** The orderly NV Indices as they were last made non-volatile: ORDERLY_ROOM bytes (nvOrderly.ts). */
export const SAVED_ORDERLY: usize = NV_MAX_COUNTER + 8;
/** u32 bytes in use, then the entries. */
export const ORDERLY_ROOM: u32 = 4 + RAM_INDEX_SPACE;
/** Reset data and clear data as Shutdown(STATE) saved them, and the PCRs that are kept. */
export const SAVED_RESET: usize = (SAVED_ORDERLY + ORDERLY_ROOM + 15) & ~15;

// --- reset data: offsets, for the live and the saved copy ----------------------------------------------------------
const OFFSET_CONTEXT_COUNTER: u32 = 0;
const OFFSET_OBJECT_CONTEXT_ID: u32 = 8;
const OFFSET_COMMIT_COUNTER: u32 = 16;
const OFFSET_CLEAR_COUNT: u32 = 24;
const OFFSET_RESTART_COUNT: u32 = 28;
const OFFSET_PCR_COUNTER: u32 = 32;
const OFFSET_CONTEXT_ARRAY: u32 = 36;
const OFFSET_COMMIT_ARRAY: u32 = OFFSET_CONTEXT_ARRAY + MAX_ACTIVE_SESSIONS * 2;
const OFFSET_NULL_PROOF: u32 = OFFSET_COMMIT_ARRAY + 16;
const OFFSET_NULL_SEED: u32 = OFFSET_NULL_PROOF + DIGEST_2B;
const OFFSET_COMMIT_NONCE: u32 = OFFSET_NULL_SEED + DIGEST_2B;
const OFFSET_AUDIT_DIGEST: u32 = OFFSET_COMMIT_NONCE + DIGEST_2B;
export const RESET_DATA_SIZE: u32 = (OFFSET_AUDIT_DIGEST + DIGEST_2B + 15) & ~15;

// --- clear data: offsets ---------------------------------------------------------------------------------------
const OFFSET_SH_ENABLE: u32 = 0;
const OFFSET_EH_ENABLE: u32 = 1;
const OFFSET_PH_ENABLE_NV: u32 = 2;
const OFFSET_PLATFORM_POLICY: u32 = 4;
const OFFSET_PLATFORM_AUTH: u32 = OFFSET_PLATFORM_POLICY + POLICY;
const OFFSET_PCR_AUTH: u32 = OFFSET_PLATFORM_AUTH + DIGEST_2B;
const OFFSET_ACT_POLICIES: u32 = OFFSET_PCR_AUTH + DIGEST_2B;
const OFFSET_ACT_REMAINING: u32 = OFFSET_ACT_POLICIES + 2 * POLICY;
const OFFSET_ACT_SIGNALED: u32 = OFFSET_ACT_REMAINING + 2 * 4;
export const CLEAR_DATA_SIZE: u32 = (OFFSET_ACT_SIGNALED + 1 + 15) & ~15;

export const SAVED_CLEAR: usize = SAVED_RESET + RESET_DATA_SIZE;
/** The 16 static PCRs of every bank, each PCR_SIZE bytes. */
export const SAVED_PCRS: usize = SAVED_CLEAR + CLEAR_DATA_SIZE;
export const PERMANENT_END: usize = SAVED_PCRS + 16 * PCR_SIZE;

// --- reset data ------------------------------------------------------------------------------------------------
export const RESET_DATA: usize = (PERMANENT_END + 15) & ~15;
/** u64: the source of contextIDs of saved sessions. */
export const CONTEXT_COUNTER: usize = RESET_DATA + OFFSET_CONTEXT_COUNTER;
export const OBJECT_CONTEXT_ID: usize = RESET_DATA + OFFSET_OBJECT_CONTEXT_ID;
export const COMMIT_COUNTER: usize = RESET_DATA + OFFSET_COMMIT_COUNTER;
export const CLEAR_COUNT: usize = RESET_DATA + OFFSET_CLEAR_COUNT;
export const RESTART_COUNT: usize = RESET_DATA + OFFSET_RESTART_COUNT;
/** pcrUpdateCounter. */
export const PCR_COUNTER: usize = RESET_DATA + OFFSET_PCR_COUNTER;
/** u16 for each session handle: 0 free, 1.. slot of a loaded one, above that the low bits of a saved one's contextID. */
export const CONTEXT_ARRAY: usize = RESET_DATA + OFFSET_CONTEXT_ARRAY;
export const COMMIT_ARRAY: usize = RESET_DATA + OFFSET_COMMIT_ARRAY;
export const NULL_PROOF: usize = RESET_DATA + OFFSET_NULL_PROOF;
export const NULL_SEED: usize = RESET_DATA + OFFSET_NULL_SEED;
export const COMMIT_NONCE: usize = RESET_DATA + OFFSET_COMMIT_NONCE;
/** TPM2B: empty when no audited command ran since the last TPM2_GetCommandAuditDigest. */
export const COMMAND_AUDIT_DIGEST: usize = RESET_DATA + OFFSET_AUDIT_DIGEST;

// --- clear data ------------------------------------------------------------------------------------------------
export const CLEAR_DATA: usize = RESET_DATA + RESET_DATA_SIZE;
export const SH_ENABLE: usize = CLEAR_DATA + OFFSET_SH_ENABLE;
export const EH_ENABLE: usize = CLEAR_DATA + OFFSET_EH_ENABLE;
export const PH_ENABLE_NV: usize = CLEAR_DATA + OFFSET_PH_ENABLE_NV;
export const PLATFORM_POLICY: usize = CLEAR_DATA + OFFSET_PLATFORM_POLICY;
export const PLATFORM_AUTH: usize = CLEAR_DATA + OFFSET_PLATFORM_AUTH;
/** One group of PCRs with an authValue. */
export const PCR_AUTH: usize = CLEAR_DATA + OFFSET_PCR_AUTH;
/** One for each ACT. */
export const ACT_POLICIES: usize = CLEAR_DATA + OFFSET_ACT_POLICIES;
/** u32 seconds for each ACT, as TPM Resume found them. */
export const ACT_REMAINING: usize = CLEAR_DATA + OFFSET_ACT_REMAINING;
/** u8, a bit for each ACT: the same. */
export const ACT_SIGNALED: usize = CLEAR_DATA + OFFSET_ACT_SIGNALED;

// --- volatile --------------------------------------------------------------------------------------------------
export const VOLATILE: usize = CLEAR_DATA + CLEAR_DATA_SIZE;
export const STARTED: usize = VOLATILE;
export const PH_ENABLE: usize = VOLATILE + 1;
/** TPM2_PCR_Allocate succeeded since Startup: only Shutdown(CLEAR) is possible. */
export const PCR_RECONFIGURED: usize = VOLATILE + 2;
/** An H-CRTM sequence ran between _TPM_Init and TPM2_Startup. */
export const DRTM_PRE_STARTUP: usize = VOLATILE + 3;
export const STARTUP_LOCALITY_3: usize = VOLATILE + 4;
/** A DA-protected authorisation was tried in this power cycle. */
export const DA_USED: usize = VOLATILE + 5;
/** A locality 4 hash sequence is open. */
export const DRTM_ACTIVE: usize = VOLATILE + 6;
/** The last change of failedTries or lockoutAuth could not be stored: it must be, before the next DA check. */
export const DA_PENDING: usize = VOLATILE + 7;
export const PREVIOUS_ORDERLY_STATE: usize = VOLATILE + 8;
export const PHYSICAL_PRESENCE: usize = VOLATILE + 10;
/** TPM2_SetAlgorithmSet ran since TPM2_Startup: the next one must be a TPM Reset. */
export const ALGORITHM_SET_CHANGED: usize = VOLATILE + 11;
export const EXCLUSIVE_AUDIT_SESSION: usize = VOLATILE + 12;
/** u64 for each ACT: Time at which it signals, plus one; see act.ts for the values that are no time. */
export const ACT_EXPIRIES: usize = VOLATILE + 16;
/** u8, a bit for each ACT: TPM2_ACT_SetTimeout since TPM2_Startup. */
export const ACT_UPDATED: usize = ACT_EXPIRIES + 2 * 8;
/** The orderly NV Indices as they are: ORDERLY_ROOM bytes. */
export const ORDERLY: usize = VOLATILE + 40;
/** u32 bit map of PCRs for each bank, in effect since _TPM_Init. */
export const PCR_ALLOCATED: usize = (ORDERLY + ORDERLY_ROOM + 15) & ~15;
export const PCRS: usize = PCR_ALLOCATED + BANK_COUNT * 4;
export const PCRS_END: usize = PCRS + 24 * PCR_SIZE;
/** Hash states of the open locality 4 sequence, one for each bank. */
export const DRTM_HASH: usize = (PCRS_END + 15) & ~15;
/** What asm/crypto needs for one hash or HMAC in progress, rounded up. */
export const HASH_STATE_ROOM: u32 = 448;
export const SESSIONS: usize = DRTM_HASH + BANK_COUNT * HASH_STATE_ROOM;
export const SESSION_SLOT: u32 = 512;
export const OBJECTS: usize = SESSIONS + MAX_LOADED_SESSIONS * SESSION_SLOT;
export const OBJECT_SLOT: u32 = 4096;
export const STATE_END: usize = OBJECTS + MAX_LOADED_OBJECTS * OBJECT_SLOT;

if (STATE_END - STATE > STATE_SIZE) ERROR("STATE_SIZE is too small for the fields of state.ts");

// --- values of ORDERLY_STATE -----------------------------------------------------------------------------------
/** No orderly shutdown is on record. */
export const SU_NONE: u32 = 0xffff;
/** The same, and a DA-protected authorisation was tried. */
export const SU_DA_USED: u32 = 0xfffe;
export const PRE_STARTUP_FLAG: u32 = 0x8000;
export const STARTUP_LOCALITY_3_FLAG: u32 = 0x4000;

export function isOrderly(orderlyState: u32): bool {
  return orderlyState < SU_DA_USED;
}
