// [TPM2.0 1.59] 29.2 TPM2_ClockSet
import { TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { ClockSet as parameters } from "../../generated/parameters";
import { REFUSAL_CLOCK_VALUE } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { setClock } from "../../tpm/platform/index";
import { CLOCK, permanentChange } from "../../tpm/state/index";

const LARGEST_CLOCK: u64 = 0xffff000000000000;

export function ClockSet(): u32 {
  const newTime = parameters.newTime;
  if (newTime > LARGEST_CLOCK || newTime < load<u64>(CLOCK))
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_CLOCK_VALUE), parameters.RC_newTime);

  permanentChange();
  setClock(newTime);
  return TPM_RC_SUCCESS;
}
