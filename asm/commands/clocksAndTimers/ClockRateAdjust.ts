// [TPM2.0 1.59] 29.3 TPM2_ClockRateAdjust
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { ClockRateAdjust as parameters } from "../../generated/parameters";
import { adjustRate, RATE_COARSE, RATE_FINE, RATE_MEDIUM } from "../../tpm/platform/index";

/** The size of a step (TPM_CLOCK_ADJUST): 1 fine, 2 medium, 3 coarse; negative is slower. */
function rateOf(step: i32): i32 {
  switch (step) {
    case 1:
      return RATE_FINE;
    case 2:
      return RATE_MEDIUM;
    case 3:
      return RATE_COARSE;
    default:
      return 0;
  }
}

export function ClockRateAdjust(): u32 {
  const step = parameters.rateAdjust as i8 as i32;
  adjustRate(step < 0 ? rateOf(-step) : -rateOf(step));
  return TPM_RC_SUCCESS;
}
