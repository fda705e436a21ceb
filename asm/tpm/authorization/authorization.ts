// Authorization checks, in the order of Part 3, 5.6.
import { authRole, handleCount, ROLE_ADMIN, ROLE_NONE } from "../../generated/commandTable";
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
import {
  bytesOf2B,
  commandCode,
  commandIndex,
  commandLocality,
  equal2B,
  equalBytes,
  handleAt,
  handleType,
  MAX_DIGEST_SIZE,
  NUM_LOCALITIES,
  parametersAt,
  parametersSize,
  rcSession,
  removeTrailingZeros,
  scratchMark,
  scratchRelease,
  scratchTake,
  set2B,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate2B } from "../algorithms/index";
import { indexAttributes, indexOf } from "../nv/index";
import { attributesOf, hasObjectAttribute, IS_PUBLIC_ONLY, isSequence, objectOf, publicOf } from "../objects/index";
import {
  actOf,
  checkLockedOut,
  hierarchyEnabled,
  physicalPresenceAsserted,
  physicalPresenceRequired,
  registerFailure,
  time,
} from "../platform/index";
import { HASH_STATE_ROOM, TIME_EPOCH } from "../state/index";
import { commandIsAudited, prepareCommandAudit } from "./audit";
import { authValueOf, isDaExempt, isObject, nameOf, policyAlgorithmOf, policyDigestOf } from "./entity";
import { countPin, failsUnwritten, nvAuthAvailable, nvPolicyAvailable, pinAvailableToPolicy } from "./nvAuthorization";
import { checkPolicy, objectAttributesOf, policyAvailable, policyRequired } from "./policyCheck";
import {
  AUTH_HASH,
  BOUND_ENTITY,
  BOUND_ENTITY_SIZE,
  CHECK_NV_WRITTEN,
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
  IS_TEMPLATE_HASH_DEFINED,
  IS_TRIAL_POLICY,
  NV_WRITTEN_STATE,
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
  const usesNvAuth = handleType(entity) == TPM_HT_NV_INDEX && (isPassword(i) || includesAuth(i));
  if (isPolicy) {
    if (!policyAvailable(i)) return TPM_RC_AUTH_UNAVAILABLE;
    const rc = checkPolicy(i);
    if (rc != TPM_RC_SUCCESS) return rc;
    if (usesNvAuth && !pinAvailableToPolicy(entity)) return TPM_RC_AUTH_UNAVAILABLE;
  } else {
    if (policyRequired(i)) return TPM_RC_AUTH_TYPE;
    if (!authValueAvailable(entity, authRole(commandIndex, i))) return TPM_RC_AUTH_UNAVAILABLE;
  }
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
