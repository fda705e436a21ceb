// Authorization checks, in the order of Part 3, 5.6.
import {
  TPM_ALG_NULL,
  TPM_CC_Create,
  TPM_CC_CreateLoaded,
  TPM_CC_CreatePrimary,
  TPM_CC_PolicySecret,
  TPM_HT_NV_INDEX,
  TPM_HT_PCR,
  TPM_HT_POLICY_SESSION,
  TPM_RC_ATTRIBUTES,
  TPM_RC_AUTH_FAIL,
  TPM_RC_AUTH_MISSING,
  TPM_RC_AUTH_TYPE,
  TPM_RC_AUTH_UNAVAILABLE,
  TPM_RC_BAD_AUTH,
  TPM_RC_EXPIRED,
  TPM_RC_HANDLE,
  TPM_RC_LOCALITY,
  TPM_RC_MODE,
  TPM_RC_NV_UNINITIALIZED,
  TPM_RC_PCR_CHANGED,
  TPM_RC_POLICY_CC,
  TPM_RC_POLICY_FAIL,
  TPM_RC_PP,
  TPM_RC_SUCCESS,
  TPM_RH_LOCKOUT,
  TPM_RH_PLATFORM,
  TPM_RH_UNASSIGNED,
  TPMA_NV_WRITTEN,
  TPMA_OBJECT_ADMINWITHPOLICY,
  TPMA_OBJECT_USERWITHAUTH,
  TPMA_SESSION_AUDIT,
  TPMA_SESSION_DECRYPT,
  TPMA_SESSION_ENCRYPT,
} from "../../generated/constants";
import { authRole, handleCount } from "../../generated/commands";
import { actOf } from "../platform/act";
import { commandIsAudited, prepareCommandAudit } from "./audit";
import { bytesOf2B, equal2B, equalBytes, removeTrailingZeros, set2B, sizeOf2B } from "../../base/bytes";
import { time } from "../platform/clock";
import { commandCode, commandIndex, parametersAt, parametersSize } from "../../base/commandContext";
import { checkLockedOut, registerFailure } from "../platform/dictionaryAttack";
import { hashFinal, hashStart, hashUpdate2B } from "../algorithms/digest";
import { authValueOf, handleType, isDaExempt, isObject, nameOf, policyAlgorithmOf, policyDigestOf } from "./entity";
import { handleAt } from "../../base/handles";
import { digestSizeOf } from "../algorithms/hash";
import { hierarchyEnabled } from "../platform/hierarchy";
import { MAX_DIGEST_SIZE, NUM_LOCALITIES } from "../../base/limits";
import { commandLocality, scratchMark, scratchRelease, scratchTake } from "../../base/memory";
import { countPin, failsUnwritten, nvAuthAvailable, nvPolicyAvailable } from "./nvAuthorization";
import { indexAttributes, indexOf } from "../nv/nvIndex";
import { hasObjectAttribute, IS_PUBLIC_ONLY, isSequence, objectOf, publicOf } from "../objects/object";
import { physicalPresenceAsserted, physicalPresenceRequired } from "../platform/physicalPresence";
import { attributesOf } from "../objects/publicArea";
import { rcSession } from "../../base/responseCode";
import {
  AUTH_HASH,
  BOUND_ENTITY,
  BOUND_ENTITY_SIZE,
  COMMAND_CODE,
  COMMAND_LOCALITY,
  CP_HASH,
  EPOCH,
  hasAttribute,
  IS_AUTH_VALUE_NEEDED,
  IS_BOUND,
  IS_CP_HASH_DEFINED,
  IS_DA_BOUND,
  IS_LOCKOUT_BOUND,
  IS_PASSWORD_NEEDED,
  IS_PP_REQUIRED,
  IS_TRIAL_POLICY,
  pcrsAreCurrent,
  POLICY_DIGEST,
  TIMEOUT,
} from "./session";
import {
  associate,
  associatedHandle,
  callerAuth,
  includesAuth,
  isPassword,
  loadedSession,
  sessionCount,
  sessionFlags,
  sessionHandle,
  setIncludesAuth,
} from "./sessionArea";
import { commandHmacIsRight, cpHash, hashNames } from "./sessionHmac";
import { CHECK_NV_WRITTEN, IS_TEMPLATE_HASH_DEFINED, NV_WRITTEN_STATE } from "./session";
import { HASH_STATE_ROOM, TIME_EPOCH } from "../state/state";

// Authorization roles of a command's handles.
export const ROLE_NONE: u32 = 0;
export const ROLE_USER: u32 = 1;
export const ROLE_ADMIN: u32 = 2;
export const ROLE_DUP: u32 = 3;

/** For a command with TPM_ST_NO_SESSIONS. */
export function checkNoSessions(): u32 {
  for (let i: u32 = 0; i < handleCount(commandIndex); i++) {
    if (authRole(commandIndex, i) != ROLE_NONE) return TPM_RC_AUTH_MISSING;
  }
  if (commandIsAudited(commandCode)) prepareCommandAudit();
  return TPM_RC_SUCCESS;
}

/** For the sessions that parseSessions took. */
export function checkSessions(): u32 {
  for (let i: u32 = 0; i < handleCount(commandIndex); i++) {
    if (authRole(commandIndex, i) == ROLE_NONE) continue;
    if (i >= sessionCount) return TPM_RC_AUTH_MISSING;
    associate(i, handleAt(i));
  }
  for (let i: u32 = 0; i < sessionCount; i++) {
    const rc = checkOne(i);
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  if (commandIsAudited(commandCode)) prepareCommandAudit();
  return TPM_RC_SUCCESS;
}

function checkOne(i: u32): u32 {
  const number = i + 1;
  const isAuthorization = associatedHandle(i) != TPM_RH_UNASSIGNED;
  if (isPassword(i)) {
    if (!isAuthorization) return rcSession(TPM_RC_HANDLE, number);
  } else {
    const session = loadedSession(i);
    if (hasAttribute(session, IS_TRIAL_POLICY)) return rcSession(TPM_RC_ATTRIBUTES, number);
    if (hasAttribute(session, IS_DA_BOUND)) {
      const rc = checkLockedOut(hasAttribute(session, IS_LOCKOUT_BOUND));
      if (rc != TPM_RC_SUCCESS) return rc;
    }
    if (sessionFlags(i) & TPMA_SESSION_AUDIT) cpHash(load<u16>(session, AUTH_HASH));
  }
  if (isAuthorization) return rcSession(checkAuthorization(i), number);
  if (!(sessionFlags(i) & (TPMA_SESSION_AUDIT | TPMA_SESSION_ENCRYPT | TPMA_SESSION_DECRYPT)))
    return rcSession(TPM_RC_ATTRIBUTES, number);
  return commandHmacIsRight(i) ? TPM_RC_SUCCESS : rcSession(authorizationFailed(i), number);
}

function checkAuthorization(i: u32): u32 {
  const entity = associatedHandle(i);
  const isPolicy = !isPassword(i) && handleType(sessionHandle(i)) == TPM_HT_POLICY_SESSION;
  if (entity == TPM_RH_PLATFORM && physicalPresenceRequired(commandCode) && !physicalPresenceAsserted())
    return TPM_RC_PP;
  if (!isPassword(i)) {
    const session = loadedSession(i);
    setIncludesAuth(
      i,
      isPolicy ? hasAttribute(session, IS_AUTH_VALUE_NEEDED | IS_PASSWORD_NEEDED) : !isBoundTo(session, entity),
    );
  }
  if ((isPassword(i) || includesAuth(i)) && !isDaExempt(entity)) {
    const rc = checkLockedOut(entity == TPM_RH_LOCKOUT);
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  if (isPolicy) {
    if (!policyAvailable(i)) return TPM_RC_AUTH_UNAVAILABLE;
    const rc = checkPolicy(i);
    if (rc != TPM_RC_SUCCESS) return rc;
  } else {
    if (policyRequired(i)) return TPM_RC_AUTH_TYPE;
    if (!authValueAvailable(entity, authRole(commandIndex, i))) return TPM_RC_AUTH_UNAVAILABLE;
  }
  const usesNvAuth = handleType(entity) == TPM_HT_NV_INDEX && (isPassword(i) || includesAuth(i));
  if (usesNvAuth && failsUnwritten(entity)) return TPM_RC_NV_UNINITIALIZED;
  const byPassword = isPassword(i) || hasAttribute(loadedSession(i), IS_PASSWORD_NEEDED);
  const right = byPassword ? passwordIsRight(i) : commandHmacIsRight(i);
  if (usesNvAuth) countPin(entity, right);
  return right ? TPM_RC_SUCCESS : authorizationFailed(i);
}

function passwordIsRight(i: u32): bool {
  const password = callerAuth(i);
  removeTrailingZeros(password);
  return equal2B(password, authValueOf(associatedHandle(i)));
}

/** A wrong password or HMAC: counted when the entity, or the one the session is bound to, is under protection. */
function authorizationFailed(i: u32): u32 {
  let entity = associatedHandle(i);
  if (isPassword(i)) {
    if (isDaExempt(entity)) return TPM_RC_BAD_AUTH;
  } else {
    const session = loadedSession(i);
    if (hasAttribute(session, IS_LOCKOUT_BOUND)) entity = TPM_RH_LOCKOUT;
    if (!hasAttribute(session, IS_DA_BOUND) && (entity == TPM_RH_UNASSIGNED || isDaExempt(entity) || !includesAuth(i)))
      return TPM_RC_BAD_AUTH;
  }
  registerFailure(entity == TPM_RH_LOCKOUT);
  return TPM_RC_AUTH_FAIL;
}

/** Name || authValue of an entity: what a bound session remembers. Writes a TPM2B of BOUND_ENTITY_SIZE. */
export function boundEntity(entity: u32, out: usize): void {
  const mark = scratchMark();
  const value = scratchTake(BOUND_ENTITY_SIZE);
  const nameSize = nameOf(entity, value);
  const auth = authValueOf(entity);
  memory.copy(value + nameSize, bytesOf2B(auth), sizeOf2B(auth));
  set2B(out, value, nameSize + sizeOf2B(auth));
  scratchRelease(mark);
}

function isBoundTo(session: usize, entity: u32): bool {
  if (!hasAttribute(session, IS_BOUND)) return false;
  const mark = scratchMark();
  const value = scratchTake(BOUND_ENTITY_SIZE);
  boundEntity(entity, value);
  const same = equal2B(value, session + BOUND_ENTITY);
  scratchRelease(mark);
  return same;
}

/** A password or HMAC is not enough for this handle and command. */
function policyRequired(i: u32): bool {
  const entity = associatedHandle(i);
  const role = authRole(commandIndex, i);
  if (role == ROLE_DUP) return true;
  if (role == ROLE_ADMIN) {
    return !isObject(entity) || (objectAttributesOf(entity) & TPMA_OBJECT_ADMINWITHPOLICY) != 0;
  }
  return handleType(entity) == TPM_HT_PCR && policyAlgorithmOf(entity) != TPM_ALG_NULL;
}

/** TPMA_OBJECT; a sequence has none of the attributes. */
function objectAttributesOf(entity: u32): u32 {
  const object = objectOf(entity);
  return isSequence(object) ? 0 : attributesOf(publicOf(object));
}

/** The authValue may be used for this role. */
function authValueAvailable(entity: u32, role: u32): bool {
  if (handleType(entity) == TPM_HT_NV_INDEX) return nvAuthAvailable(entity);
  // Timers have the platform's.
  if (!isObject(entity)) return actOf(entity) < 0 || hierarchyEnabled(TPM_RH_PLATFORM);
  const object = objectOf(entity);
  if (isSequence(object)) return true;
  if (hasObjectAttribute(object, IS_PUBLIC_ONLY)) return false;
  const attributes = objectAttributesOf(entity);
  return (
    (attributes & TPMA_OBJECT_USERWITHAUTH) != 0 || (role == ROLE_ADMIN && !(attributes & TPMA_OBJECT_ADMINWITHPOLICY))
  );
}

/** A policy session may be used: PCRs of the group are always open to one, a hierarchy or NV Index that has a policy. */
function policyAvailable(i: u32): bool {
  const entity = associatedHandle(i);
  const policy = policyDigestOf(entity);
  if (policy == 0) return false;
  if (isObject(entity)) return !hasObjectAttribute(objectOf(entity), IS_PUBLIC_ONLY);
  if (handleType(entity) == TPM_HT_PCR) return true;
  if (sizeOf2B(policy) == 0) return false;
  return handleType(entity) != TPM_HT_NV_INDEX || policyRequired(i) || nvPolicyAvailable(entity);
}

function checkPolicy(i: u32): u32 {
  const session = loadedSession(i);
  const needsAuth = hasAttribute(session, IS_PASSWORD_NEEDED | IS_AUTH_VALUE_NEEDED);
  if (commandCode == TPM_CC_PolicySecret && !needsAuth) return TPM_RC_MODE;
  if (!pcrsAreCurrent(session)) return TPM_RC_PCR_CHANGED;
  const entity = associatedHandle(i);
  if (!equal2B(session + POLICY_DIGEST, policyDigestOf(entity))) return TPM_RC_POLICY_FAIL;
  const algorithm = load<u16>(session, AUTH_HASH);
  if (policyAlgorithmOf(entity) != algorithm) return TPM_RC_POLICY_FAIL;
  const timeout = load<u64>(session, TIMEOUT);
  if (timeout != 0 && (timeout < time || load<u32>(session, EPOCH) != load<u32>(TIME_EPOCH))) return TPM_RC_EXPIRED;
  const code = load<u32>(session, COMMAND_CODE);
  const role = authRole(commandIndex, i);
  if (code != 0) {
    if (code != commandCode) return TPM_RC_POLICY_CC;
  } else if (role == ROLE_ADMIN || role == ROLE_DUP) {
    return TPM_RC_POLICY_FAIL;
  }
  if (!localityAllowed(load<u8>(session, COMMAND_LOCALITY))) return TPM_RC_LOCALITY;
  if (hasAttribute(session, IS_PP_REQUIRED) && !physicalPresenceAsserted()) return TPM_RC_PP;
  if (sizeOf2B(session + CP_HASH) != 0 && !boundHashMatches(session, algorithm)) return TPM_RC_POLICY_FAIL;
  if (hasAttribute(session, CHECK_NV_WRITTEN) && !writtenAsAsserted(session, entity)) return TPM_RC_POLICY_FAIL;
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
