// [TPM2.0 1.59] 24.5 TPM2_ChangeEPS
import { TPM_RC_SUCCESS, TPM_RH_ENDORSEMENT } from "../../generated/constants";
import { PRIMARY_SEED_SIZE, PROOF_SIZE } from "../../base/index";
import { flushHierarchy, removePersistentOf } from "../../tpm/objects/index";
import { clearAuth, clearPolicy, randomize } from "../../tpm/platform/index";
import {
  EH_ENABLE,
  EH_PROOF,
  ENDORSEMENT_AUTH,
  ENDORSEMENT_POLICY,
  EP_SEED,
  nullifyShutdown,
  permanentChange,
} from "../../tpm/state/index";

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
