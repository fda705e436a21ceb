// [TPM2.0 1.59] 24.6 TPM2_Clear
import { TPM_RC_DISABLED, TPM_RC_SUCCESS, TPM_RH_ENDORSEMENT, TPM_RH_OWNER } from "../../generated/constants";
import { permanentChange } from "../../tpm/state/commit";
import { dictionaryAttackDefaults } from "../../tpm/platform/dictionaryAttack";
import { clearAuth, clearOwnership, randomize } from "../../tpm/platform/hierarchy";
import { PRIMARY_SEED_SIZE, PROOF_SIZE } from "../../base/limits";
import { removeOwnerIndices } from "../../tpm/nv/nvIndex";
import { flushHierarchy } from "../../tpm/objects/object";
import { nullifyShutdown } from "../../tpm/state/orderly";
import { removePersistentOf } from "../../tpm/objects/persistentObject";
import { pcrChanged } from "../../tpm/platform/pcr";
import {
  AUDIT_COUNTER,
  CLEAR_COUNT,
  CLOCK,
  CLOCK_SAFE,
  DISABLE_CLEAR,
  EH_ENABLE,
  EH_PROOF,
  PCR_AUTH,
  RESET_COUNT,
  RESTART_COUNT,
  SH_ENABLE,
  SH_PROOF,
  SP_SEED,
} from "../../tpm/state/state";

export function Clear(): u32 {
  if (load<u8>(DISABLE_CLEAR)) return TPM_RC_DISABLED;

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
