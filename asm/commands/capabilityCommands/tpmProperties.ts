// TPM_CAP_TPM_PROPERTIES (Part 2, 6.13), as a PC Client TPM reports them (PTP 1.05, 3.7).
import { commandCount } from "../../generated/commandTable";
import {
  PT_FIXED,
  PT_GROUP,
  PT_VAR,
  TPM_ALG_AES,
  TPM_ALG_ECDAA,
  TPM_ALG_SHA512,
  TPM_CAP_TPM_PROPERTIES,
  TPM_HT_NV_INDEX,
  TPM_HT_PERSISTENT,
  TPM_PS_PC,
  TPM_PT_ACTIVE_SESSIONS_MAX,
  TPM_PT_ALGORITHM_SET,
  TPM_PT_AUDIT_COUNTER_0,
  TPM_PT_AUDIT_COUNTER_1,
  TPM_PT_CLOCK_UPDATE,
  TPM_PT_CONTEXT_GAP_MAX,
  TPM_PT_CONTEXT_HASH,
  TPM_PT_CONTEXT_SYM,
  TPM_PT_CONTEXT_SYM_SIZE,
  TPM_PT_DAY_OF_YEAR,
  TPM_PT_FAMILY_INDICATOR,
  TPM_PT_FIRMWARE_VERSION_2,
  TPM_PT_HR_ACTIVE,
  TPM_PT_HR_ACTIVE_AVAIL,
  TPM_PT_HR_LOADED,
  TPM_PT_HR_LOADED_AVAIL,
  TPM_PT_HR_LOADED_MIN,
  TPM_PT_HR_NV_INDEX,
  TPM_PT_HR_PERSISTENT,
  TPM_PT_HR_PERSISTENT_AVAIL,
  TPM_PT_HR_PERSISTENT_MIN,
  TPM_PT_HR_TRANSIENT_AVAIL,
  TPM_PT_HR_TRANSIENT_MIN,
  TPM_PT_INPUT_BUFFER,
  TPM_PT_LEVEL,
  TPM_PT_LIBRARY_COMMANDS,
  TPM_PT_LOADED_CURVES,
  TPM_PT_LOCKOUT_COUNTER,
  TPM_PT_LOCKOUT_INTERVAL,
  TPM_PT_LOCKOUT_RECOVERY,
  TPM_PT_MANUFACTURER,
  TPM_PT_MAX_AUTH_FAIL,
  TPM_PT_MAX_CAP_BUFFER,
  TPM_PT_MAX_COMMAND_SIZE,
  TPM_PT_MAX_DIGEST,
  TPM_PT_MAX_OBJECT_CONTEXT,
  TPM_PT_MAX_RESPONSE_SIZE,
  TPM_PT_MAX_SESSION_CONTEXT,
  TPM_PT_MEMORY,
  TPM_PT_MODES,
  TPM_PT_NV_BUFFER_MAX,
  TPM_PT_NV_COUNTERS,
  TPM_PT_NV_COUNTERS_AVAIL,
  TPM_PT_NV_COUNTERS_MAX,
  TPM_PT_NV_INDEX_MAX,
  TPM_PT_NV_WRITE_RECOVERY,
  TPM_PT_ORDERLY_COUNT,
  TPM_PT_PCR_COUNT,
  TPM_PT_PCR_SELECT_MIN,
  TPM_PT_PERMANENT,
  TPM_PT_PS_DAY_OF_YEAR,
  TPM_PT_PS_FAMILY_INDICATOR,
  TPM_PT_PS_LEVEL,
  TPM_PT_PS_REVISION,
  TPM_PT_PS_YEAR,
  TPM_PT_REVISION,
  TPM_PT_SPLIT_MAX,
  TPM_PT_STARTUP_CLEAR,
  TPM_PT_TOTAL_COMMANDS,
  TPM_PT_VENDOR_COMMANDS,
  TPM_PT_YEAR,
  TPM_SPEC_DAY_OF_YEAR,
  TPM_SPEC_FAMILY,
  TPM_SPEC_LEVEL,
  TPM_SPEC_VERSION,
  TPM_SPEC_YEAR,
  TPMA_MEMORY_OBJECTCOPIEDTORAM,
  TPMA_MEMORY_SHAREDNV,
  TPMA_PERMANENT_DISABLECLEAR,
  TPMA_PERMANENT_ENDORSEMENTAUTHSET,
  TPMA_PERMANENT_INLOCKOUT,
  TPMA_PERMANENT_LOCKOUTAUTHSET,
  TPMA_PERMANENT_OWNERAUTHSET,
  TPMA_PERMANENT_TPMGENERATEDEPS,
  TPMA_STARTUP_CLEAR_EHENABLE,
  TPMA_STARTUP_CLEAR_ORDERLY,
  TPMA_STARTUP_CLEAR_PHENABLE,
  TPMA_STARTUP_CLEAR_PHENABLENV,
  TPMA_STARTUP_CLEAR_SHENABLE,
} from "../../generated/constants";
import {
  IMPLEMENTATION_PCR,
  MAX_ACTIVE_SESSIONS,
  MAX_CAP_BUFFER,
  MAX_DIGEST_BUFFER,
  MAX_DIGEST_SIZE,
  MAX_LOADED_OBJECTS,
  MAX_LOADED_SESSIONS,
  MAX_NV_BUFFER_SIZE,
  MAX_NV_INDEX_SIZE,
  MAX_ORDERLY_COUNT,
  MAX_TPM_PROPERTIES,
  MIN_EVICT_OBJECTS,
  PCR_SELECT_MIN,
  sizeOf2B,
  writeU32,
} from "../../base/index";
import { algorithmImplemented, bufferSize, curveCount, vendorProperty } from "../../tpm/algorithms/index";
import { activeSessions, freeSlots } from "../../tpm/authorization/index";
import { counterCount, countersAvailable, persistentAvailable } from "../../tpm/nv/index";
import { freeObjectSlots } from "../../tpm/objects/index";
import { NV_CLOCK_UPDATE_INTERVAL } from "../../tpm/platform/index";
import { CONTEXT_KEY_BITS, OBJECT_CONTEXT_SIZE, SESSION_CONTEXT_SIZE } from "../../tpm/protection/index";
import {
  ALGORITHM_SET,
  AUDIT_COUNTER,
  DISABLE_CLEAR,
  EH_ENABLE,
  ENDORSEMENT_AUTH,
  FAILED_TRIES,
  isOrderly,
  LOCKOUT_AUTH,
  LOCKOUT_RECOVERY,
  MAX_PENDING_COMMITS,
  MAX_TRIES,
  nvCount,
  OWNER_AUTH,
  PH_ENABLE,
  PH_ENABLE_NV,
  PREVIOUS_ORDERLY_STATE,
  RECOVERY_TIME,
  SH_ENABLE,
} from "../../tpm/state/index";
import { beginEntry, startList } from "./list";

/** Properties of the group (fixed or variable) that `first` belongs to, from `first` on. */
export function listTpmProperties(first: u32, requested: u32): void {
  startList(TPM_CAP_TPM_PROPERTIES, requested, MAX_TPM_PROPERTIES);
  const start = max(first, PT_FIXED);
  if (start >= PT_VAR + PT_GROUP) return;
  const end = start < PT_VAR ? TPM_PT_MAX_CAP_BUFFER : TPM_PT_AUDIT_COUNTER_1;
  for (let property = start; property <= end; property++) {
    // Part 2 leaves one number out.
    if (property == TPM_PT_CONTEXT_GAP_MAX + 1) continue;
    if (!beginEntry()) return;
    writeU32(property);
    writeU32(start < PT_VAR ? fixedProperty(property) : variableProperty(property));
  }
}

function fixedProperty(property: u32): u32 {
  if (property >= TPM_PT_MANUFACTURER && property <= TPM_PT_FIRMWARE_VERSION_2) return vendorProperty(property);
  switch (property) {
    case TPM_PT_FAMILY_INDICATOR:
      return TPM_SPEC_FAMILY;
    case TPM_PT_LEVEL:
      return TPM_SPEC_LEVEL;
    case TPM_PT_REVISION:
      return TPM_SPEC_VERSION;
    case TPM_PT_DAY_OF_YEAR:
      return TPM_SPEC_DAY_OF_YEAR;
    case TPM_PT_YEAR:
      return TPM_SPEC_YEAR;
    case TPM_PT_INPUT_BUFFER:
      return MAX_DIGEST_BUFFER;
    case TPM_PT_HR_TRANSIENT_MIN:
      return MAX_LOADED_OBJECTS;
    case TPM_PT_HR_PERSISTENT_MIN:
      return MIN_EVICT_OBJECTS;
    case TPM_PT_HR_LOADED_MIN:
      return MAX_LOADED_SESSIONS;
    case TPM_PT_ACTIVE_SESSIONS_MAX:
      return MAX_ACTIVE_SESSIONS;
    case TPM_PT_PCR_COUNT:
      return IMPLEMENTATION_PCR;
    case TPM_PT_PCR_SELECT_MIN:
      return PCR_SELECT_MIN;
    case TPM_PT_CONTEXT_GAP_MAX:
      return 0xffff;
    case TPM_PT_NV_COUNTERS_MAX:
      return 0;
    case TPM_PT_NV_INDEX_MAX:
      return MAX_NV_INDEX_SIZE;
    case TPM_PT_MEMORY:
      return TPMA_MEMORY_SHAREDNV | TPMA_MEMORY_OBJECTCOPIEDTORAM;
    case TPM_PT_CLOCK_UPDATE:
      return 1 << NV_CLOCK_UPDATE_INTERVAL;
    case TPM_PT_CONTEXT_HASH:
      return TPM_ALG_SHA512;
    case TPM_PT_CONTEXT_SYM:
      return TPM_ALG_AES;
    case TPM_PT_CONTEXT_SYM_SIZE:
      return CONTEXT_KEY_BITS;
    case TPM_PT_ORDERLY_COUNT:
      return MAX_ORDERLY_COUNT;
    case TPM_PT_MAX_COMMAND_SIZE:
    case TPM_PT_MAX_RESPONSE_SIZE:
      return bufferSize();
    case TPM_PT_MAX_DIGEST:
      return MAX_DIGEST_SIZE;
    case TPM_PT_MAX_OBJECT_CONTEXT:
      return OBJECT_CONTEXT_SIZE;
    case TPM_PT_MAX_SESSION_CONTEXT:
      return SESSION_CONTEXT_SIZE;
    // PC Client Platform TPM Profile 1.05 of 4 September 2020.
    case TPM_PT_PS_FAMILY_INDICATOR:
      return TPM_PS_PC;
    case TPM_PT_PS_LEVEL:
      return 0;
    case TPM_PT_PS_REVISION:
      return 0x105;
    case TPM_PT_PS_DAY_OF_YEAR:
      return 248;
    case TPM_PT_PS_YEAR:
      return 2020;
    case TPM_PT_SPLIT_MAX:
      return algorithmImplemented(TPM_ALG_ECDAA) ? MAX_PENDING_COMMITS : 0;
    case TPM_PT_TOTAL_COMMANDS:
    case TPM_PT_LIBRARY_COMMANDS:
      return commandCount();
    case TPM_PT_VENDOR_COMMANDS:
      return 0;
    case TPM_PT_NV_BUFFER_MAX:
      return MAX_NV_BUFFER_SIZE;
    case TPM_PT_MODES:
      return 0;
    default:
      return MAX_CAP_BUFFER; // TPM_PT_MAX_CAP_BUFFER
  }
}

function variableProperty(property: u32): u32 {
  switch (property) {
    case TPM_PT_PERMANENT:
      return permanentAttributes();
    case TPM_PT_STARTUP_CLEAR:
      return startupClearAttributes();
    case TPM_PT_HR_NV_INDEX:
      return nvCount(TPM_HT_NV_INDEX);
    case TPM_PT_HR_LOADED:
      return MAX_LOADED_SESSIONS - freeSlots();
    case TPM_PT_HR_LOADED_AVAIL:
      return freeSlots();
    case TPM_PT_HR_ACTIVE:
      return activeSessions();
    case TPM_PT_HR_ACTIVE_AVAIL:
      return MAX_ACTIVE_SESSIONS - activeSessions();
    case TPM_PT_HR_TRANSIENT_AVAIL:
      return freeObjectSlots();
    case TPM_PT_HR_PERSISTENT:
      return nvCount(TPM_HT_PERSISTENT);
    case TPM_PT_HR_PERSISTENT_AVAIL:
      return persistentAvailable();
    case TPM_PT_NV_COUNTERS:
      return counterCount();
    case TPM_PT_NV_COUNTERS_AVAIL:
      return countersAvailable();
    case TPM_PT_ALGORITHM_SET:
      return load<u32>(ALGORITHM_SET);
    case TPM_PT_LOADED_CURVES:
      return curveCount();
    case TPM_PT_LOCKOUT_COUNTER:
      return load<u32>(FAILED_TRIES);
    case TPM_PT_MAX_AUTH_FAIL:
      return load<u32>(MAX_TRIES);
    case TPM_PT_LOCKOUT_INTERVAL:
      return load<u32>(RECOVERY_TIME);
    case TPM_PT_LOCKOUT_RECOVERY:
      return load<u32>(LOCKOUT_RECOVERY);
    case TPM_PT_NV_WRITE_RECOVERY:
      return 0;
    case TPM_PT_AUDIT_COUNTER_0:
      return (load<u64>(AUDIT_COUNTER) >> 32) as u32;
    default:
      return load<u64>(AUDIT_COUNTER) as u32; // TPM_PT_AUDIT_COUNTER_1
  }
}

function permanentAttributes(): u32 {
  let value = TPMA_PERMANENT_TPMGENERATEDEPS;
  if (sizeOf2B(OWNER_AUTH) != 0) value |= TPMA_PERMANENT_OWNERAUTHSET;
  if (sizeOf2B(ENDORSEMENT_AUTH) != 0) value |= TPMA_PERMANENT_ENDORSEMENTAUTHSET;
  if (sizeOf2B(LOCKOUT_AUTH) != 0) value |= TPMA_PERMANENT_LOCKOUTAUTHSET;
  if (load<u8>(DISABLE_CLEAR)) value |= TPMA_PERMANENT_DISABLECLEAR;
  if (load<u32>(FAILED_TRIES) >= load<u32>(MAX_TRIES)) value |= TPMA_PERMANENT_INLOCKOUT;
  return value;
}

function startupClearAttributes(): u32 {
  let value: u32 = 0;
  if (load<u8>(PH_ENABLE)) value |= TPMA_STARTUP_CLEAR_PHENABLE;
  if (load<u8>(SH_ENABLE)) value |= TPMA_STARTUP_CLEAR_SHENABLE;
  if (load<u8>(EH_ENABLE)) value |= TPMA_STARTUP_CLEAR_EHENABLE;
  if (load<u8>(PH_ENABLE_NV)) value |= TPMA_STARTUP_CLEAR_PHENABLENV;
  if (isOrderly(load<u16>(PREVIOUS_ORDERLY_STATE))) value |= TPMA_STARTUP_CLEAR_ORDERLY;
  return value;
}
