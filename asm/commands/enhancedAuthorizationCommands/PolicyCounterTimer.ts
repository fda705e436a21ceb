// [TPM2.0 1.59] 23.10 TPM2_PolicyCounterTimer
import {
  TPM_CC_PolicyCounterTimer,
  TPM_RC_POLICY,
  TPM_RC_RANGE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { PolicyCounterTimer as parameters } from "../../generated/parameters";
import {
  REFUSAL_POLICY_COUNTER_CONDITION,
  REFUSAL_POLICY_COUNTER_OFFSET,
  REFUSAL_POLICY_COUNTER_RANGE,
} from "../../generated/refusals";
import { bytesOf2B, rcAbout, refuse, scratchTake, sizeOf2B } from "../../base/index";
import { hasAttribute, IS_TRIAL_POLICY, sessionOf } from "../../tpm/authorization/index";
import { putTimeInfo, TIME_INFO_SIZE } from "../../tpm/platform/index";
import { conditionHolds, extendComparison } from "../../tpm/policy/index";
import { reportsClock } from "../../tpm/state/index";

/** Time and Clock are the first two of TPMS_TIME_INFO. */
const COUNTERS: u32 = 16;

export function PolicyCounterTimer(): u32 {
  const session = sessionOf(parameters.policySession);
  const operandB = parameters.operandB;
  const offset: u32 = parameters.offset;
  const operation: u32 = parameters.operation;
  // What lies outside makes no sense in a trial either.
  if (offset > TIME_INFO_SIZE)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_COUNTER_OFFSET, offset, TIME_INFO_SIZE), parameters.RC_offset);
  if (offset + sizeOf2B(operandB) > TIME_INFO_SIZE)
    return refuse(TPM_RC_RANGE, REFUSAL_POLICY_COUNTER_RANGE, offset, sizeOf2B(operandB), TIME_INFO_SIZE);
  if (!hasAttribute(session, IS_TRIAL_POLICY)) {
    const info = scratchTake(TIME_INFO_SIZE);
    putTimeInfo(info);
    if (!conditionHolds(operation, info + offset, bytesOf2B(operandB), sizeOf2B(operandB)))
      return refuse(TPM_RC_POLICY, REFUSAL_POLICY_COUNTER_CONDITION, offset, sizeOf2B(operandB));
    if (offset < COUNTERS) reportsClock();
  }

  extendComparison(session, TPM_CC_PolicyCounterTimer, operandB, offset, operation, 0, 0);
  return TPM_RC_SUCCESS;
}
