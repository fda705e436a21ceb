// A new endorsement hierarchy in the place of the old one: what TPM2_ChangeEPS does [TPM2.0 1.59 Part 3, 24.5], and a clone
// that is to be another TPM.
import { TPM_RH_ENDORSEMENT } from "../../generated/constants";
import { PRIMARY_SEED_SIZE, PROOF_SIZE } from "../../base/index";
import { clearAuth, clearPolicy, randomize } from "../platform/index";
import {
  EH_ENABLE,
  EH_PROOF,
  ENDORSEMENT_AUTH,
  ENDORSEMENT_POLICY,
  EP_SEED,
  nullifyShutdown,
  permanentChange,
} from "../state/index";
import { flushHierarchy } from "./objectSlots";
import { removePersistentOf } from "./persistentObject";

/** New seed and proof, no authValue, no policy, enabled; objects of the old one are gone, persistent ones too. */
export function renewEndorsement(): void {
  permanentChange();
  nullifyShutdown();
  randomize(EP_SEED, PRIMARY_SEED_SIZE);
  randomize(EH_PROOF, PROOF_SIZE);
  store<u8>(EH_ENABLE, 1);
  clearAuth(ENDORSEMENT_AUTH);
  clearPolicy(ENDORSEMENT_POLICY);
  flushHierarchy(TPM_RH_ENDORSEMENT);
  removePersistentOf(TPM_RH_ENDORSEMENT);
}
