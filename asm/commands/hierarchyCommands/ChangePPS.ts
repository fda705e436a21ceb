// [TPM2.0 1.59] 24.4 TPM2_ChangePPS
import { TPM_RC_SUCCESS, TPM_RH_PLATFORM } from "../../generated/constants";
import { PRIMARY_SEED_SIZE, PROOF_SIZE } from "../../base/index";
import { flushHierarchy, removePersistentOf } from "../../tpm/objects/index";
import { clearPolicy, randomize } from "../../tpm/platform/index";
import {
  nullifyShutdown,
  PCR_POLICY,
  permanentChange,
  PH_PROOF,
  PLATFORM_POLICY,
  PP_SEED,
} from "../../tpm/state/index";

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
