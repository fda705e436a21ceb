// [TPM2.0 1.59] 23.22 TPM2_PolicyAuthorizeNV
import {
  TPM_CC_PolicyAuthorizeNV,
  TPM_RC_HASH,
  TPM_RC_INSUFFICIENT,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { PolicyAuthorizeNV as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_NV_HASH, REFUSAL_POLICY_NV_OTHER, REFUSAL_POLICY_NV_SHORT } from "../../generated/refusals";
import { bytesOf2B, equalBytes, get16, refuse, scratchTake } from "../../base/index";
import { algorithmImplemented, digestSizeOf, hashUpdate } from "../../tpm/algorithms/index";
import { AUTH_HASH, hasAttribute, IS_TRIAL_POLICY, POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";
import { indexData, indexDataSize, indexName, indexOf, readAccess } from "../../tpm/nv/index";
import { finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicyAuthorizeNV(): u32 {
  const session = sessionOf(parameters.policySession);
  const index = indexOf(parameters.nvIndex);
  const digest = bytesOf2B(session + POLICY_DIGEST);
  const algorithm = load<u16>(session, AUTH_HASH);
  if (!hasAttribute(session, IS_TRIAL_POLICY)) {
    const rc = readAccess(parameters.authHandle, parameters.nvIndex);
    if (rc != TPM_RC_SUCCESS) return rc;
    // The index holds a TPMT_HA, and perhaps more behind it.
    const size = indexDataSize(index);
    const approved = indexData(index);
    if (size < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_POLICY_NV_SHORT, parameters.nvIndex, size, 2);
    const approvedSize = digestSizeOf(get16(approved));
    if (approvedSize == 0 || !algorithmImplemented(get16(approved)))
      return refuse(TPM_RC_HASH, REFUSAL_POLICY_NV_HASH, parameters.nvIndex, algorithm);
    if (size < 2 + approvedSize)
      return refuse(TPM_RC_INSUFFICIENT, REFUSAL_POLICY_NV_SHORT, parameters.nvIndex, size, 2 + approvedSize);
    if (get16(approved) != algorithm)
      return refuse(TPM_RC_HASH, REFUSAL_POLICY_NV_HASH, parameters.nvIndex, algorithm);
    if (!equalBytes(approved + 2, digest, approvedSize))
      return refuse(TPM_RC_VALUE, REFUSAL_POLICY_NV_OTHER, parameters.policySession, parameters.nvIndex);
  }

  const state = scratchTake(HASH_STATE_ROOM);
  const name = scratchTake(68);
  memory.fill(digest, 0, digestSizeOf(algorithm));
  startPolicy(session, TPM_CC_PolicyAuthorizeNV, state);
  hashUpdate(state, name, indexName(index, name));
  finishPolicy(session, state);
  return TPM_RC_SUCCESS;
}
