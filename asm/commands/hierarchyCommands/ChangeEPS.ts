// [TPM2.0 1.59] 24.5 TPM2_ChangeEPS
import { removePersistentOf } from "../../tpm/objects/persistentObject";
import { TPM_RC_SUCCESS, TPM_RH_ENDORSEMENT } from "../../generated/constants";
import { permanentChange } from "../../tpm/state/commit";
import { clearAuth, clearPolicy, randomize } from "../../tpm/platform/hierarchy";
import { PRIMARY_SEED_SIZE, PROOF_SIZE } from "../../base/limits";
import { flushHierarchy } from "../../tpm/objects/object";
import { nullifyShutdown } from "../../tpm/state/orderly";
import { EH_ENABLE, EH_PROOF, ENDORSEMENT_AUTH, ENDORSEMENT_POLICY, EP_SEED } from "../../tpm/state/state";

export function ChangeEPS(): u32 {
  permanentChange();
  nullifyShutdown();
  randomize(EP_SEED, PRIMARY_SEED_SIZE);
  randomize(EH_PROOF, PROOF_SIZE);
  store<u8>(EH_ENABLE, 1);
  clearAuth(ENDORSEMENT_AUTH);
  clearPolicy(ENDORSEMENT_POLICY);
  flushHierarchy(TPM_RH_ENDORSEMENT);
  removePersistentOf(TPM_RH_ENDORSEMENT);
  return TPM_RC_SUCCESS;
}
