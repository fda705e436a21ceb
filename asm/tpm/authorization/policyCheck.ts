// The policy of a policy session fits the entity and the command (Part 1, 19.7; Part 3, 5.6).
import { authRole, ROLE_ADMIN, ROLE_DUP } from "../../generated/commandTable";
import {
  TPM_ALG_NULL,
  TPM_CC_Create,
  TPM_CC_CreateLoaded,
  TPM_CC_CreatePrimary,
  TPM_CC_PolicySecret,
  TPM_HT_NV_INDEX,
  TPM_HT_PCR,
  TPM_RC_EXPIRED,
  TPM_RC_LOCALITY,
  TPM_RC_MODE,
  TPM_RC_PCR_CHANGED,
  TPM_RC_POLICY_CC,
  TPM_RC_POLICY_FAIL,
  TPM_RC_PP,
  TPM_RC_SUCCESS,
  TPMA_NV_WRITTEN,
  TPMA_OBJECT_ADMINWITHPOLICY,
} from "../../generated/constants";
import {
  REFUSAL_POLICY_ALGORITHM,
  REFUSAL_POLICY_COMMAND,
  REFUSAL_POLICY_CP_HASH,
  REFUSAL_POLICY_DIGEST,
  REFUSAL_POLICY_EXPIRED,
  REFUSAL_POLICY_LOCALITY,
  REFUSAL_POLICY_NAME_HASH,
  REFUSAL_POLICY_NO_COMMAND,
  REFUSAL_POLICY_NOT_AN_INDEX,
  REFUSAL_POLICY_PCR_CHANGED,
  REFUSAL_POLICY_PRESENCE,
  REFUSAL_POLICY_RESTARTED,
  REFUSAL_POLICY_SECRET_MODE,
  REFUSAL_POLICY_TEMPLATE,
  REFUSAL_POLICY_UNWRITTEN,
  REFUSAL_POLICY_WRITTEN,
} from "../../generated/refusals";
import {
  bytesOf2B,
  commandCode,
  commandIndex,
  commandLocality,
  equal2B,
  equalBytes,
  handleType,
  MAX_DIGEST_SIZE,
  NUM_LOCALITIES,
  parametersAt,
  parametersSize,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate2B } from "../algorithms/index";
import { indexAttributes, indexOf } from "../nv/index";
import { attributesOf, hasObjectAttribute, IS_PUBLIC_ONLY, isSequence, objectOf, publicOf } from "../objects/index";
import { physicalPresenceAsserted, time } from "../platform/index";
import { HASH_STATE_ROOM, TIME_EPOCH } from "../state/index";
import { isObject, policyAlgorithmOf, policyDigestOf } from "./entity";
import { nvPolicyAvailable } from "./nvAuthorization";
import {
  AUTH_HASH,
  CHECK_NV_WRITTEN,
  COMMAND_CODE,
  COMMAND_LOCALITY,
  CP_HASH,
  EPOCH,
  hasAttribute,
  IS_AUTH_VALUE_NEEDED,
  IS_CP_HASH_DEFINED,
  IS_PASSWORD_NEEDED,
  IS_PP_REQUIRED,
  IS_TEMPLATE_HASH_DEFINED,
  NV_WRITTEN_STATE,
  pcrsAreCurrent,
  POLICY_DIGEST,
  TIMEOUT,
} from "./session";
import { associatedHandle, loadedSession, sessionHandle } from "./sessionArea";
import { cpHash, hashNames } from "./sessionHmac";

/** A password or HMAC is not enough for this handle and command. */
export function policyRequired(i: u32): bool {
  const entity = associatedHandle(i);
  const role = authRole(commandIndex, i);
  if (role == ROLE_DUP) return true;
  if (role == ROLE_ADMIN) {
    return !isObject(entity) || (objectAttributesOf(entity) & TPMA_OBJECT_ADMINWITHPOLICY) != 0;
  }
  return handleType(entity) == TPM_HT_PCR && policyAlgorithmOf(entity) != TPM_ALG_NULL;
}

/** TPMA_OBJECT; a sequence has none of the attributes. */
export function objectAttributesOf(entity: u32): u32 {
  const object = objectOf(entity);
  return isSequence(object) ? 0 : attributesOf(publicOf(object));
}

/** A policy session may be used: PCRs of the group are always open to one, a hierarchy or NV Index that has a policy. */
export function policyAvailable(i: u32): bool {
  const entity = associatedHandle(i);
  const policy = policyDigestOf(entity);
  if (policy == 0) return false;
  if (isObject(entity)) return !hasObjectAttribute(objectOf(entity), IS_PUBLIC_ONLY);
  if (handleType(entity) == TPM_HT_PCR) return true;
  if (sizeOf2B(policy) == 0) return false;
  return handleType(entity) != TPM_HT_NV_INDEX || policyRequired(i) || nvPolicyAvailable(entity);
}

export function checkPolicy(i: u32): u32 {
  const session = loadedSession(i);
  const number = i + 1;
  const handle = sessionHandle(i);
  const needsAuth = hasAttribute(session, IS_PASSWORD_NEEDED | IS_AUTH_VALUE_NEEDED);
  if (commandCode == TPM_CC_PolicySecret && !needsAuth) return refuse(TPM_RC_MODE, REFUSAL_POLICY_SECRET_MODE, number);
  if (!pcrsAreCurrent(session)) return refuse(TPM_RC_PCR_CHANGED, REFUSAL_POLICY_PCR_CHANGED, number, handle);
  const entity = associatedHandle(i);
  if (!equal2B(session + POLICY_DIGEST, policyDigestOf(entity)))
    return refuse(TPM_RC_POLICY_FAIL, REFUSAL_POLICY_DIGEST, number, handle, entity);
  const algorithm = load<u16>(session, AUTH_HASH);
  if (policyAlgorithmOf(entity) != algorithm)
    return refuse(TPM_RC_POLICY_FAIL, REFUSAL_POLICY_ALGORITHM, number, entity, algorithm, policyAlgorithmOf(entity));
  const timeout = load<u64>(session, TIMEOUT);
  if (timeout != 0) {
    if (timeout < time)
      return refuse(TPM_RC_EXPIRED, REFUSAL_POLICY_EXPIRED, number, handle, ((time - timeout) / 1000) as u32);
    if (load<u32>(session, EPOCH) != load<u32>(TIME_EPOCH))
      return refuse(TPM_RC_EXPIRED, REFUSAL_POLICY_RESTARTED, number, handle);
  }
  const code = load<u32>(session, COMMAND_CODE);
  const role = authRole(commandIndex, i);
  if (code != 0) {
    if (code != commandCode) return refuse(TPM_RC_POLICY_CC, REFUSAL_POLICY_COMMAND, number, code, commandCode);
  } else if (role == ROLE_ADMIN || role == ROLE_DUP) {
    return refuse(TPM_RC_POLICY_FAIL, REFUSAL_POLICY_NO_COMMAND, number, entity, commandCode);
  }
  const localities: u32 = load<u8>(session, COMMAND_LOCALITY);
  if (!localityAllowed(localities))
    return refuse(TPM_RC_LOCALITY, REFUSAL_POLICY_LOCALITY, number, localities, commandLocality);
  if (hasAttribute(session, IS_PP_REQUIRED) && !physicalPresenceAsserted())
    return refuse(TPM_RC_PP, REFUSAL_POLICY_PRESENCE, number);
  if (sizeOf2B(session + CP_HASH) != 0 && !boundHashMatches(session, algorithm)) {
    let check = REFUSAL_POLICY_NAME_HASH;
    if (hasAttribute(session, IS_CP_HASH_DEFINED)) check = REFUSAL_POLICY_CP_HASH;
    else if (hasAttribute(session, IS_TEMPLATE_HASH_DEFINED)) check = REFUSAL_POLICY_TEMPLATE;
    return refuse(TPM_RC_POLICY_FAIL, check, number, commandCode);
  }
  if (hasAttribute(session, CHECK_NV_WRITTEN) && !writtenAsAsserted(session, entity)) {
    let check = hasAttribute(session, NV_WRITTEN_STATE) ? REFUSAL_POLICY_WRITTEN : REFUSAL_POLICY_UNWRITTEN;
    if (handleType(entity) != TPM_HT_NV_INDEX) check = REFUSAL_POLICY_NOT_AN_INDEX;
    return refuse(TPM_RC_POLICY_FAIL, check, number, entity);
  }
  return TPM_RC_SUCCESS;
}

/** TPM2_PolicyNvWritten: only an NV Index can have been written. */
function writtenAsAsserted(session: usize, entity: u32): bool {
  if (handleType(entity) != TPM_HT_NV_INDEX) return false;
  const written = (indexAttributes(indexOf(entity)) & TPMA_NV_WRITTEN) != 0;
  return written == hasAttribute(session, NV_WRITTEN_STATE);
}

/** TPMA_LOCALITY: a bit for each of 0..4, or one value above 31. */
function localityAllowed(allowed: u32): bool {
  if (allowed == 0) return true;
  if (commandLocality < NUM_LOCALITIES) return allowed <= 31 && ((allowed >> commandLocality) & 1) != 0;
  return commandLocality > 31 && allowed == commandLocality;
}

/** The cpHash or nameHash of the policy is that of this command. */
function boundHashMatches(session: usize, algorithm: u32): bool {
  const size = digestSizeOf(algorithm);
  const expected = session + CP_HASH;
  if (sizeOf2B(expected) != size) return false;
  if (hasAttribute(session, IS_CP_HASH_DEFINED)) return equalBytes(bytesOf2B(expected), cpHash(algorithm), size);
  const isTemplate = hasAttribute(session, IS_TEMPLATE_HASH_DEFINED);
  if (isTemplate && !hasTemplate()) return false;
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const digest = scratchTake(MAX_DIGEST_SIZE);
  hashStart(algorithm, state);
  if (isTemplate) hashUpdate2B(state, template());
  else hashNames(state);
  hashFinal(state, digest);
  const same = equalBytes(bytesOf2B(expected), digest, size);
  scratchRelease(mark);
  return same;
}

/** The command creates an object, and its second parameter, a template (TPM2B), lies within the parameters. */
function hasTemplate(): bool {
  if (commandCode != TPM_CC_Create && commandCode != TPM_CC_CreatePrimary && commandCode != TPM_CC_CreateLoaded)
    return false;
  if (parametersSize < 2) return false;
  const before: u32 = 2 + sizeOf2B(parametersAt);
  if (parametersSize < before + 2) return false;
  return sizeOf2B(template()) <= parametersSize - before - 2;
}

/** inPublic, behind inSensitive. */
function template(): usize {
  return parametersAt + 2 + sizeOf2B(parametersAt);
}
