// What a handle refers to: is it there, what are its authValue, authPolicy and Name (Part 1, 15 and 16).
import {
  TPM_ALG_NULL,
  TPM_HT_AC,
  TPM_HT_HMAC_SESSION,
  TPM_HT_NV_INDEX,
  TPM_HT_PCR,
  TPM_HT_PERMANENT,
  TPM_HT_PERSISTENT,
  TPM_HT_POLICY_SESSION,
  TPM_HT_TRANSIENT,
  TPM_RC_HANDLE,
  TPM_RC_HIERARCHY,
  TPM_RC_REFERENCE_H0,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPM_RH_ENDORSEMENT,
  TPM_RH_LOCKOUT,
  TPM_RH_NULL,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
  TPM_RH_PLATFORM_NV,
  TPM_RS_PW,
  TPMA_NV_NO_DA,
  TPMA_NV_PLATFORMCREATE,
  TPMA_OBJECT_NODA,
} from "../../generated/constants";
import {
  REFUSAL_COMPONENT_ABSENT,
  REFUSAL_HANDLE_UNKNOWN,
  REFUSAL_HIERARCHY_DISABLED,
  REFUSAL_INDEX_DISABLED,
  REFUSAL_INDEX_UNDEFINED,
  REFUSAL_OBJECT_ABSENT,
  REFUSAL_SESSION_ABSENT,
  REFUSAL_SESSION_OTHER_TYPE,
  REFUSAL_SESSION_SAVED,
} from "../../generated/refusals";
import { bytesOf2B, handleType, put32, rcHandle, refuse, sizeOf2B } from "../../base/index";
import {
  indexAttributes,
  indexAuth,
  indexName,
  indexNameAlgorithm,
  indexOf,
  indexPolicy,
  isIndexAccessible,
  isIndexDefined,
} from "../nv/index";
import {
  attributesOf,
  authPolicyOf,
  isPresent,
  isSequence,
  loadPersistent,
  nameAlgOf,
  OBJECT_AUTH,
  OBJECT_HIERARCHY,
  OBJECT_NAME,
  objectOf,
  publicOf,
} from "../objects/index";
import { actOf, actPolicy, componentExists, hierarchyEnabled, isInAuthGroup } from "../platform/index";
import {
  ENDORSEMENT_AUTH,
  ENDORSEMENT_POLICY,
  LOCKOUT_AUTH,
  LOCKOUT_POLICY,
  OWNER_AUTH,
  OWNER_POLICY,
  PCR_AUTH,
  PCR_POLICY,
  PLATFORM_AUTH,
  PLATFORM_POLICY,
} from "../state/index";
import { hasAttribute, IS_POLICY, isLoaded, isSavedSession, sessionOf } from "./session";

/** The entity of the `number`th (1-based) handle is in the TPM and its hierarchy is enabled; else its response code. */
export function entityLoadStatus(handle: u32, number: u32): u32 {
  switch (handleType(handle)) {
    case TPM_HT_PCR:
      return TPM_RC_SUCCESS;
    case TPM_HT_PERMANENT:
      switch (handle) {
        case TPM_RH_NULL:
        case TPM_RS_PW:
        case TPM_RH_LOCKOUT:
          return TPM_RC_SUCCESS;
        case TPM_RH_OWNER:
        case TPM_RH_ENDORSEMENT:
        case TPM_RH_PLATFORM:
          if (hierarchyEnabled(handle)) return TPM_RC_SUCCESS;
          return rcHandle(refuse(TPM_RC_HIERARCHY, REFUSAL_HIERARCHY_DISABLED, number, handle), number);
        default:
          if (actOf(handle) >= 0) return TPM_RC_SUCCESS;
          return rcHandle(refuse(TPM_RC_VALUE, REFUSAL_HANDLE_UNKNOWN, number, handle), number);
      }
    case TPM_HT_TRANSIENT:
      if (isPresent(handle)) return TPM_RC_SUCCESS;
      return refuse(TPM_RC_REFERENCE_H0 + number - 1, REFUSAL_OBJECT_ABSENT, number, handle);
    case TPM_HT_HMAC_SESSION:
    case TPM_HT_POLICY_SESSION:
      if (!isLoaded(handle)) {
        const check = isSavedSession(handle) ? REFUSAL_SESSION_SAVED : REFUSAL_SESSION_ABSENT;
        return refuse(TPM_RC_REFERENCE_H0 + number - 1, check, number, handle);
      }
      if (hasAttribute(sessionOf(handle), IS_POLICY) != (handleType(handle) == TPM_HT_POLICY_SESSION))
        return rcHandle(refuse(TPM_RC_HANDLE, REFUSAL_SESSION_OTHER_TYPE, number, handle), number);
      return TPM_RC_SUCCESS;
    case TPM_HT_PERSISTENT:
      return rcHandle(loadPersistent(handle), number);
    case TPM_HT_AC:
      if (componentExists(handle)) return TPM_RC_SUCCESS;
      return rcHandle(refuse(TPM_RC_HANDLE, REFUSAL_COMPONENT_ABSENT, number, handle), number);
    case TPM_HT_NV_INDEX:
      return isIndexAccessible(handle) ? TPM_RC_SUCCESS : rcHandle(refuseIndex(handle, number), number);
    default:
      return rcHandle(refuse(TPM_RC_HANDLE, REFUSAL_HANDLE_UNKNOWN, number, handle), number);
  }
}

function refuseIndex(handle: u32, number: u32): u32 {
  if (!isIndexDefined(handle)) return refuse(TPM_RC_HANDLE, REFUSAL_INDEX_UNDEFINED, number, handle);
  const isPlatforms = (indexAttributes(indexOf(handle)) & TPMA_NV_PLATFORMCREATE) != 0;
  const hierarchy: u32 = isPlatforms ? TPM_RH_PLATFORM_NV : TPM_RH_OWNER;
  return refuse(TPM_RC_HANDLE, REFUSAL_INDEX_DISABLED, number, handle, hierarchy);
}

/** An Empty Buffer in wire form. */
const EMPTY: usize = memory.data(2);

/** The authValue (TPM2B, without trailing zeros) of an entity whose authValue is available. */
export function authValueOf(handle: u32): usize {
  switch (handleType(handle)) {
    case TPM_HT_PERMANENT:
      switch (handle) {
        case TPM_RH_OWNER:
          return OWNER_AUTH;
        case TPM_RH_ENDORSEMENT:
          return ENDORSEMENT_AUTH;
        case TPM_RH_PLATFORM:
          return PLATFORM_AUTH;
        case TPM_RH_LOCKOUT:
          return LOCKOUT_AUTH;
        default:
          // The timers are the platform's.
          return actOf(handle) >= 0 ? PLATFORM_AUTH : EMPTY;
      }
    case TPM_HT_TRANSIENT:
    case TPM_HT_PERSISTENT:
      return objectOf(handle) + OBJECT_AUTH;
    case TPM_HT_NV_INDEX:
      return indexAuth(indexOf(handle));
    case TPM_HT_PCR:
      return isInAuthGroup(handle) ? PCR_AUTH : EMPTY;
    default:
      return EMPTY;
  }
}

/** The policy (u16 algorithm, TPM2B digest) of a hierarchy or PCR; 0 when it cannot have one. */
export function policyOf(handle: u32): usize {
  switch (handle) {
    case TPM_RH_OWNER:
      return OWNER_POLICY;
    case TPM_RH_ENDORSEMENT:
      return ENDORSEMENT_POLICY;
    case TPM_RH_PLATFORM:
      return PLATFORM_POLICY;
    case TPM_RH_LOCKOUT:
      return LOCKOUT_POLICY;
    default:
      if (actOf(handle) >= 0) return actPolicy(actOf(handle));
      return handleType(handle) == TPM_HT_PCR && isInAuthGroup(handle) ? PCR_POLICY : 0;
  }
}

/** The authPolicy (TPM2B) of an entity: empty when it has none; 0 when it cannot have one. */
export function policyDigestOf(handle: u32): usize {
  if (handleType(handle) == TPM_HT_NV_INDEX) return indexPolicy(indexOf(handle));
  if (isObject(handle)) return isSequence(objectOf(handle)) ? 0 : authPolicyOf(publicOf(objectOf(handle)));
  const policy = policyOf(handle);
  return policy == 0 ? 0 : policy + 2;
}

/** The hash algorithm of the authPolicy of an entity. */
export function policyAlgorithmOf(handle: u32): u32 {
  if (handleType(handle) == TPM_HT_NV_INDEX) return indexNameAlgorithm(indexOf(handle));
  if (isObject(handle)) return isSequence(objectOf(handle)) ? TPM_ALG_NULL : nameAlgOf(publicOf(objectOf(handle)));
  const policy = policyOf(handle);
  return policy == 0 ? TPM_ALG_NULL : load<u16>(policy);
}

/** A transient object or sequence, or a persistent object. */
export function isObject(handle: u32): bool {
  const type = handleType(handle);
  return type == TPM_HT_TRANSIENT || type == TPM_HT_PERSISTENT;
}

/** Writes the Name (without size) to `out`, at most 68 bytes; returns its size. */
export function nameOf(handle: u32, out: usize): u32 {
  if (handleType(handle) == TPM_HT_NV_INDEX) return indexName(indexOf(handle), out);
  if (isObject(handle)) {
    // A sequence has no Name, nor has an object without nameAlg.
    const name = objectOf(handle) + OBJECT_NAME;
    const size: u32 = isSequence(objectOf(handle)) ? 0 : sizeOf2B(name);
    memory.copy(out, bytesOf2B(name), size);
    return size;
  }
  put32(out, handle);
  return 4;
}

/** The hierarchy whose proof vouches for this entity: of tickets that its authorization gets. */
export function proofHierarchyOf(handle: u32): u32 {
  switch (handle) {
    case TPM_RH_PLATFORM:
    case TPM_RH_ENDORSEMENT:
    case TPM_RH_NULL:
      return handle;
    default:
      if (handleType(handle) == TPM_HT_NV_INDEX)
        return indexAttributes(indexOf(handle)) & TPMA_NV_PLATFORMCREATE ? TPM_RH_PLATFORM : TPM_RH_OWNER;
      // A sequence belongs to no hierarchy; lockout and PCRs are the owner's.
      if (!isObject(handle)) return TPM_RH_OWNER;
      return isSequence(objectOf(handle)) ? TPM_RH_NULL : load<u32>(objectOf(handle), OBJECT_HIERARCHY);
  }
}

/** Failed tries with the authValue of this entity are not counted. Sequence objects and PCRs are exempt. */
export function isDaExempt(handle: u32): bool {
  if (handleType(handle) == TPM_HT_NV_INDEX) return (indexAttributes(indexOf(handle)) & TPMA_NV_NO_DA) != 0;
  if (!isObject(handle)) return handle != TPM_RH_LOCKOUT;
  const object = objectOf(handle);
  return isSequence(object) || (attributesOf(publicOf(object)) & TPMA_OBJECT_NODA) != 0;
}
