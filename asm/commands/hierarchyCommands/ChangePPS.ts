// [TPM2.0 1.59] 24.4 TPM2_ChangePPS
import { removePersistentOf } from "../../tpm/persistentObject";
import { TPM_RC_SUCCESS, TPM_RH_PLATFORM } from "../../generated/constants";
import { permanentChange } from "../../tpm/commit";
import { clearPolicy, randomize } from "../../tpm/hierarchy";
import { PRIMARY_SEED_SIZE, PROOF_SIZE } from "../../tpm/limits";
import { flushHierarchy } from "../../tpm/object";
import { nullifyShutdown } from "../../tpm/orderly";
import { PCR_POLICY, PH_PROOF, PLATFORM_POLICY, PP_SEED } from "../../tpm/state";

export function ChangePPS(): u32 {
  permanentChange();
  nullifyShutdown();
  randomize(PP_SEED, PRIMARY_SEED_SIZE);
  // With a new proof, saved contexts of the platform hierarchy can't be loaded any more.
  randomize(PH_PROOF, PROOF_SIZE);
  clearPolicy(PLATFORM_POLICY);
  clearPolicy(PCR_POLICY);
  flushHierarchy(TPM_RH_PLATFORM);
  removePersistentOf(TPM_RH_PLATFORM);
  return TPM_RC_SUCCESS;
}
