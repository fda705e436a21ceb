// [TPM2.0 1.59] 23.9 TPM2_PolicyNV
import {
  TPM_CC_PolicyNV,
  TPM_RC_NV_RANGE,
  TPM_RC_POLICY,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { PolicyNV as parameters } from "../../generated/parameters";
import { REFUSAL_NV_OFFSET, REFUSAL_NV_RANGE, REFUSAL_POLICY_CONDITION } from "../../generated/refusals";
import { bytesOf2B, rcAbout, refuse, scratchTake, sizeOf2B } from "../../base/index";
import { hasAttribute, IS_TRIAL_POLICY, sessionOf } from "../../tpm/authorization/index";
import { indexData, indexDataSize, indexName, indexOf, readAccess } from "../../tpm/nv/index";
import { conditionHolds, extendComparison } from "../../tpm/policy/index";

export function PolicyNV(): u32 {
  const session = sessionOf(parameters.policySession);
  const index = indexOf(parameters.nvIndex);
  const operandB = parameters.operandB;
  const offset: u32 = parameters.offset;
  const operation: u32 = parameters.operation;
  if (!hasAttribute(session, IS_TRIAL_POLICY)) {
    const rc = readAccess(parameters.authHandle, parameters.nvIndex);
    if (rc != TPM_RC_SUCCESS) return rc;
    const room = indexDataSize(index);
    if (offset > room)
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_NV_OFFSET, parameters.nvIndex, offset, room), parameters.RC_offset);
    const size = sizeOf2B(operandB);
    if (size > room - offset)
      return refuse(TPM_RC_NV_RANGE, REFUSAL_NV_RANGE, parameters.nvIndex, offset, size, room);
    const operandA = indexData(index) + offset;
    if (!conditionHolds(operation, operandA, bytesOf2B(operandB), size))
      return refuse(TPM_RC_POLICY, REFUSAL_POLICY_CONDITION, parameters.nvIndex, offset, size);
  }

  const name = scratchTake(68);
  const nameSize = indexName(index, name);
  extendComparison(session, TPM_CC_PolicyNV, operandB, offset, operation, name, nameSize);
  return TPM_RC_SUCCESS;
}
