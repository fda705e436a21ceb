// [TPM2.0 1.59] 24.6 TPM2_Clear
import { TPM_RC_DISABLED, TPM_RC_SUCCESS, TPM_RH_ENDORSEMENT, TPM_RH_OWNER } from "../../generated/constants";
import { REFUSAL_CLEAR_DISABLED } from "../../generated/refusals";
import { PRIMARY_SEED_SIZE, PROOF_SIZE, refuse } from "../../base/index";
import { removeOwnerIndices } from "../../tpm/nv/index";
import { flushHierarchy, removePersistentOf } from "../../tpm/objects/index";
import { clearAuth, clearOwnership, dictionaryAttackDefaults, pcrChanged, randomize } from "../../tpm/platform/index";
import {
  AUDIT_COUNTER,
  CLEAR_COUNT,
  CLOCK,
  CLOCK_SAFE,
  DISABLE_CLEAR,
  EH_ENABLE,
  EH_PROOF,
  nullifyShutdown,
  PCR_AUTH,
  permanentChange,
  RESET_COUNT,
  RESTART_COUNT,
  SH_ENABLE,
  SH_PROOF,
  SP_SEED,
} from "../../tpm/state/index";

export function Clear(): u32 {
  if (load<u8>(DISABLE_CLEAR)) return refuse(TPM_RC_DISABLED, REFUSAL_CLEAR_DISABLED);

  permanentChange();
  nullifyShutdown();
  randomize(SP_SEED, PRIMARY_SEED_SIZE);
  randomize(SH_PROOF, PROOF_SIZE);
  randomize(EH_PROOF, PROOF_SIZE);
  store<u8>(SH_ENABLE, 1);
  store<u8>(EH_ENABLE, 1);
  clearOwnership();
  removeOwnerIndices();
  flushHierarchy(TPM_RH_OWNER);
  removePersistentOf(TPM_RH_OWNER);
  flushHierarchy(TPM_RH_ENDORSEMENT);
  removePersistentOf(TPM_RH_ENDORSEMENT);
  dictionaryAttackDefaults();
  store<u64>(CLOCK, 0);
  store<u8>(CLOCK_SAFE, 1);
  store<u32>(RESET_COUNT, 0);
  store<u32>(RESTART_COUNT, 0);
  store<u32>(CLEAR_COUNT, 0);
  store<u64>(AUDIT_COUNTER, 0);
  clearAuth(PCR_AUTH);
  pcrChanged(0);
  return TPM_RC_SUCCESS;
}
