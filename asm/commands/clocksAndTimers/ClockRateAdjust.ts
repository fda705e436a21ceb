// [TPM2.0 1.59] 29.3 TPM2_ClockRateAdjust
import {
  TPM_CLOCK_COARSE_FASTER,
  TPM_CLOCK_FINE_FASTER,
  TPM_CLOCK_MEDIUM_FASTER,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { ClockRateAdjust as parameters } from "../../generated/parameters";
import { adjustRate, RATE_COARSE, RATE_FINE, RATE_MEDIUM } from "../../tpm/platform/index";

/** The size of a step towards a faster clock; the same TPM_CLOCK_ADJUST, negative, is towards a slower one. */
function rateOf(step: i32): i32 {
  switch (step) {
    case TPM_CLOCK_FINE_FASTER:
      return RATE_FINE;
    case TPM_CLOCK_MEDIUM_FASTER:
      return RATE_MEDIUM;
    case TPM_CLOCK_COARSE_FASTER:
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
