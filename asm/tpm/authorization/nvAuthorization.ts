// What is peculiar to the authorization of NV Indices: which proof is open for reading and for writing, and PIN counts
// (Part 1, 19.8 and 37; Part 2, 13.4).
import {
  TPM_CC_NV_Certify,
  TPM_CC_NV_Extend,
  TPM_CC_NV_Increment,
  TPM_CC_NV_Read,
  TPM_CC_NV_SetBits,
  TPM_CC_NV_Write,
  TPM_CC_NV_WriteLock,
  TPM_CC_PolicyAuthorizeNV,
  TPM_CC_PolicyNV,
  TPM_NT_PIN_PASS,
  TPM_RC_AUTH_UNAVAILABLE,
  TPMA_NV_AUTHREAD,
  TPMA_NV_AUTHWRITE,
  TPMA_NV_ORDERLY,
  TPMA_NV_POLICYREAD,
  TPMA_NV_POLICYWRITE,
  TPMA_NV_WRITTEN,
} from "../../generated/constants";
import { REFUSAL_AUTH_NOT_OPEN, REFUSAL_PIN_UNWRITTEN, REFUSAL_PIN_USED_UP } from "../../generated/refusals";
import { commandCode, handleAt, refuse } from "../../base/index";
import { pinLimitBindsPolicies } from "../algorithms/index";
import { indexAttributes, indexNumber, indexOf, isPin, nvType, saveOrderly, writeIndexNumber } from "../nv/index";
import { permanentChange } from "../state/index";
import { hasAttribute, IS_TRIAL_POLICY, sessionOf } from "./session";

const PIN_LIMIT: u64 = 0xffffffff;
/** One more use in TPMS_NV_PIN_COUNTER_PARAMETERS, where pinCount stands before pinLimit. */
const ONE_USE: u64 = 1 << 32;

/** The command writes to the index; all others count as reading it. */
function isWrite(): bool {
  switch (commandCode) {
    case TPM_CC_NV_Write:
    case TPM_CC_NV_Increment:
    case TPM_CC_NV_Extend:
    case TPM_CC_NV_SetBits:
    case TPM_CC_NV_WriteLock:
      return true;
    default:
      return false;
  }
}

/** nvAuthAvailable or pinAvailableToPolicy said no to session `number`. */
export function refuseNvAuth(handle: u32, number: u32): u32 {
  const index = indexOf(handle);
  const attributes = indexAttributes(index);
  if (isWrite() || !isPin(attributes))
    return refuse(TPM_RC_AUTH_UNAVAILABLE, REFUSAL_AUTH_NOT_OPEN, number, handle, attributes);
  if (!(attributes & TPMA_NV_WRITTEN)) return refuse(TPM_RC_AUTH_UNAVAILABLE, REFUSAL_PIN_UNWRITTEN, number, handle);
  const pin = indexNumber(index);
  const count = (pin >> 32) as u32;
  return refuse(TPM_RC_AUTH_UNAVAILABLE, REFUSAL_PIN_USED_UP, number, handle, count, pin as u32);
}

/** The authValue may be used by this command, in the USER role. */
export function nvAuthAvailable(handle: u32): bool {
  const index = indexOf(handle);
  const attributes = indexAttributes(index);
  if (isWrite()) return (attributes & TPMA_NV_AUTHWRITE) != 0;
  if (!isPin(attributes)) return (attributes & TPMA_NV_AUTHREAD) != 0;
  return isBelowPinLimit(index, attributes);
}

/** A PIN may be tried, or used: what was never written has no limit, and none may be tried. */
function isBelowPinLimit(index: usize, attributes: u32): bool {
  if (!(attributes & TPMA_NV_WRITTEN)) return false;
  const pin = indexNumber(index);
  return pin >> 32 < (pin & PIN_LIMIT);
}

/** The authValue may be compared in a policy session with TPM2_PolicyAuthValue or TPM2_PolicyPassword. */
export function pinAvailableToPolicy(handle: u32): bool {
  if (!pinLimitBindsPolicies()) return true;
  const index = indexOf(handle);
  const attributes = indexAttributes(index);
  if (!isPin(attributes)) return true;
  // Before the first write: a policy may be the way to it, and what cannot be read says so by its own code.
  if (!(attributes & TPMA_NV_WRITTEN) && (isWrite() || failsUnwritten(handle))) return true;
  return isBelowPinLimit(index, attributes);
}

/** The authPolicy, which is not empty, may be used by this command, in the USER role. */
export function nvPolicyAvailable(handle: u32): bool {
  return (indexAttributes(indexOf(handle)) & (isWrite() ? TPMA_NV_POLICYWRITE : TPMA_NV_POLICYREAD)) != 0;
}

/** Counts a use of the authValue: right ones of a PIN Pass index, wrong ones in a row of a PIN Fail index. */
export function countPin(handle: u32, right: bool): void {
  const index = indexOf(handle);
  const attributes = indexAttributes(index);
  if (!isPin(attributes) || !(attributes & TPMA_NV_WRITTEN)) return;
  const pin = indexNumber(index);
  if (nvType(attributes) == TPM_NT_PIN_PASS) {
    if (right) writePin(index, attributes, pin + ONE_USE);
  } else {
    // Also when the count stays 0: whether the store is asked must not tell a right PIN from a wrong one.
    writePin(index, attributes, right ? pin & PIN_LIMIT : pin + ONE_USE);
  }
}

/** The count of an orderly index is stored as well: a resume from before it was counted would make the use undone. */
function writePin(index: usize, attributes: u32, value: u64): void {
  const isOrderly = (attributes & TPMA_NV_ORDERLY) != 0;
  if (isOrderly) permanentChange();
  writeIndexNumber(index, value);
  if (isOrderly) saveOrderly();
}

/** The command would fail with TPM_RC_NV_UNINITIALIZED: then a wrong authValue is no failed try (Part 3, 31.1). */
export function failsUnwritten(handle: u32): bool {
  if (indexAttributes(indexOf(handle)) & TPMA_NV_WRITTEN) return false;
  switch (commandCode) {
    case TPM_CC_NV_Read:
    case TPM_CC_NV_Certify:
      return true;
    case TPM_CC_PolicyNV:
    case TPM_CC_PolicyAuthorizeNV:
      return !hasAttribute(sessionOf(handleAt(2)), IS_TRIAL_POLICY);
    default:
      return false;
  }
}
