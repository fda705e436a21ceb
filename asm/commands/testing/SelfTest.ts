// [TPM2.0 1.59] 10.2 TPM2_SelfTest
import { TPM_RC_CANCELED } from "../../generated/constants";
import { SelfTest as parameters } from "../../generated/parameters";
import { REFUSAL_CANCELED } from "../../generated/refusals";
import { isCanceled, phase, refuse, setPhase, sliceIsOver, UNFINISHED } from "../../base/index";
import { forgetSelfTests, runUntested } from "../../tpm/algorithms/index";

/** TPM2_SelfTest(NO) takes up where a canceled one stopped. */
export function SelfTest(): u32 {
  if (phase == 0 && parameters.fullTest) forgetSelfTests();
  if (phase != 0 && isCanceled()) return refuse(TPM_RC_CANCELED, REFUSAL_CANCELED);
  setPhase(1);
  let rc = runUntested();
  while (rc == UNFINISHED && !sliceIsOver()) rc = runUntested();
  return rc;
}
