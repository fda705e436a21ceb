// TPM_CAP_AUTH_POLICIES: the policies of permanent handles; TPM_CAP_ACT and TPM_CAP_ECC_CURVES.
import { GetCapability } from "../../generated/parameters";
import {
  TPM_ALG_NULL,
  TPM_CAP_ACT,
  TPM_CAP_AUTH_POLICIES,
  TPM_CAP_ECC_CURVES,
  TPM_HT_PERMANENT,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPM_RH_ACT_0,
  TPM_RH_ACT_F,
  TPMA_ACT_SIGNALED,
} from "../../generated/constants";
import { REFUSAL_CAPABILITY_PROPERTY } from "../../generated/refusals";
import {
  handleType,
  MAX_ACT_DATA,
  MAX_ECC_CURVES,
  MAX_TAGGED_POLICIES,
  rcAbout,
  refuse,
  sizeOf2B,
  writeBytes,
  writeU16,
  writeU32,
} from "../../base/index";
import { curveImplemented, LAST_CURVE } from "../../tpm/algorithms/index";
import { policyAlgorithmOf, policyOf } from "../../tpm/authorization/index";
import { actIsSignaled, actOf, actRemaining, nextAct } from "../../tpm/platform/index";
import { beginEntry, startList } from "./list";
import { nextPermanentHandle } from "./permanentHandles";

/** Handles that can have a policy, with the policy or TPM_ALG_NULL. */
export function listPolicies(first: u32, requested: u32): u32 {
  if (handleType(first) != TPM_HT_PERMANENT)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_CAPABILITY_PROPERTY, first), GetCapability.RC_property);
  startList(TPM_CAP_AUTH_POLICIES, requested, MAX_TAGGED_POLICIES);
  for (let handle = nextPermanentHandle(first); handle != 0; handle = nextPermanentHandle(handle + 1)) {
    const policy = policyOf(handle);
    if (policy == 0) continue;
    if (!beginEntry()) break;
    writeU32(handle);
    writeU16(policyAlgorithmOf(handle));
    if (policyAlgorithmOf(handle) != TPM_ALG_NULL) writeBytes(policy + 4, sizeOf2B(policy + 2));
  }
  return TPM_RC_SUCCESS;
}

/** TPMS_ACT_DATA: handle, seconds that remain, and whether it signals. */
export function listActs(first: u32, requested: u32): u32 {
  if (first < TPM_RH_ACT_0 || first > TPM_RH_ACT_F)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_CAPABILITY_PROPERTY, first), GetCapability.RC_property);
  startList(TPM_CAP_ACT, requested, MAX_ACT_DATA);
  for (let handle = nextAct(first); handle != 0; handle = nextAct(handle + 1)) {
    if (!beginEntry()) break;
    writeU32(handle);
    writeU32(actRemaining(actOf(handle)));
    writeU32(actIsSignaled(actOf(handle)) ? TPMA_ACT_SIGNALED : 0);
  }
  return TPM_RC_SUCCESS;
}

export function listCurves(first: u32, requested: u32): void {
  startList(TPM_CAP_ECC_CURVES, requested, MAX_ECC_CURVES);
  for (let curve = first; curve <= LAST_CURVE; curve++) {
    if (!curveImplemented(curve)) continue;
    if (!beginEntry()) return;
    writeU16(curve);
  }
}
