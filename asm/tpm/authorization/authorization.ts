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
  REFUSAL_AUTH_NOT_USER,
  REFUSAL_AUTH_PLATFORM_DISABLED,
  REFUSAL_AUTH_PUBLIC_ONLY,
  REFUSAL_AUTH_UNWRITTEN,
  REFUSAL_AUTHORIZATION_MISSING,
  REFUSAL_HMAC_WRONG,
  REFUSAL_HMAC_WRONG_ALONE,
  REFUSAL_HMAC_WRONG_BOUND,
  REFUSAL_HMAC_WRONG_COUNTED,
  REFUSAL_HMAC_WRONG_LOCKOUT,
  REFUSAL_HMAC_WRONG_WITHOUT_AUTH,
  REFUSAL_PASSWORD_FOR_NOTHING,
  REFUSAL_PASSWORD_WRONG,
  REFUSAL_PASSWORD_WRONG_COUNTED,
  REFUSAL_PASSWORD_WRONG_LOCKOUT,
  REFUSAL_POLICY_NONE,
  REFUSAL_POLICY_NOT_OPEN,
  REFUSAL_POLICY_REQUIRED,
  REFUSAL_PRESENCE_REQUIRED,
  REFUSAL_SESSION_FOR_NOTHING,
  REFUSAL_TRIAL_FOR_USE,
} from "../../generated/refusals";
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
  refuse,
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
  failedTries,
  hierarchyEnabled,
  lockoutAuthSeconds,
  maxTries,
  physicalPresenceAsserted,
  physicalPresenceRequired,
  registerFailure,
  time,
} from "../platform/index";
import { HASH_STATE_ROOM, TIME_EPOCH } from "../state/index";
import { commandIsAudited, prepareCommandAudit } from "./audit";
import { authValueOf, isDaExempt, isObject, nameOf, policyAlgorithmOf, policyDigestOf } from "./entity";
import {
  countPin,
  failsUnwritten,
  nvAuthAvailable,
  nvPolicyAvailable,
  pinAvailableToPolicy,
  refuseNvAuth,
} from "./nvAuthorization";
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
    if (authRole(commandIndex, i) != ROLE_NONE)
      return refuse(TPM_RC_AUTH_MISSING, REFUSAL_AUTHORIZATION_MISSING, i + 1, handleAt(i));
  }
  if (commandIsAudited(commandCode)) prepareCommandAudit();
  return TPM_RC_SUCCESS;
}

/** For the sessions that parseSessions took. */
export function checkSessions(): u32 {
  for (let i: u32 = 0; i < handleCount(commandIndex); i++) {
    if (authRole(commandIndex, i) == ROLE_NONE) continue;
    if (i >= sessionCount) return refuse(TPM_RC_AUTH_MISSING, REFUSAL_AUTHORIZATION_MISSING, i + 1, handleAt(i));
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
    if (!isAuthorization) return rcSession(refuse(TPM_RC_HANDLE, REFUSAL_PASSWORD_FOR_NOTHING, number), number);
  } else {
    const session = loadedSession(i);
    if (hasAttribute(session, IS_TRIAL_POLICY))
      return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_TRIAL_FOR_USE, number, sessionHandle(i)), number);
    if (hasAttribute(session, IS_DA_BOUND)) {
      const rc = checkLockedOut(hasAttribute(session, IS_LOCKOUT_BOUND));
      if (rc != TPM_RC_SUCCESS) return rc;
    }
    if (sessionFlags(i) & TPMA_SESSION_AUDIT) cpHash(load<u16>(session, AUTH_HASH));
  }
  if (isAuthorization) return rcSession(checkAuthorization(i), number);
  if (!(sessionFlags(i) & (TPMA_SESSION_AUDIT | TPMA_SESSION_ENCRYPT | TPMA_SESSION_DECRYPT)))
    return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_SESSION_FOR_NOTHING, number, sessionHandle(i)), number);
  return commandHmacIsRight(i) ? TPM_RC_SUCCESS : rcSession(authorizationFailed(i), number);
}

function checkAuthorization(i: u32): u32 {
  const entity = associatedHandle(i);
  const isPolicy = !isPassword(i) && handleType(sessionHandle(i)) == TPM_HT_POLICY_SESSION;
  if (entity == TPM_RH_PLATFORM && physicalPresenceRequired(commandCode) && !physicalPresenceAsserted())
    return refuse(TPM_RC_PP, REFUSAL_PRESENCE_REQUIRED, commandCode);
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
    if (!policyAvailable(i)) return refusePolicy(i);
    const rc = checkPolicy(i);
    if (rc != TPM_RC_SUCCESS) return rc;
    if (usesNvAuth && !pinAvailableToPolicy(entity)) return refuseNvAuth(entity, i + 1);
  } else {
    if (policyRequired(i)) return refuse(TPM_RC_AUTH_TYPE, REFUSAL_POLICY_REQUIRED, i + 1, entity);
    if (!authValueAvailable(entity, authRole(commandIndex, i))) return refuseAuthValue(i);
  }
  if (usesNvAuth && failsUnwritten(entity))
    return refuse(TPM_RC_NV_UNINITIALIZED, REFUSAL_AUTH_UNWRITTEN, i + 1, entity);
  const right = byPassword(i) ? passwordIsRight(i) : commandHmacIsRight(i);
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
  let counts: bool;
  let isBound = false;
  if (isPassword(i)) {
    counts = !isDaExempt(entity);
  } else {
    const session = loadedSession(i);
    if (hasAttribute(session, IS_LOCKOUT_BOUND)) entity = TPM_RH_LOCKOUT;
    counts = entity != TPM_RH_UNASSIGNED && !isDaExempt(entity) && includesAuth(i);
    if (!counts && hasAttribute(session, IS_DA_BOUND)) isBound = true;
  }
  if (!counts && !isBound) return refuseUncounted(i);
  registerFailure(entity == TPM_RH_LOCKOUT);
  return refuseCounted(i, entity == TPM_RH_LOCKOUT, isBound);
}

/** The caller's password was compared, in a password session or a policy session with TPM2_PolicyPassword. */
function byPassword(i: u32): bool {
  if (isPassword(i)) return true;
  return associatedHandle(i) != TPM_RH_UNASSIGNED && hasAttribute(loadedSession(i), IS_PASSWORD_NEEDED);
}

function refuseUncounted(i: u32): u32 {
  const entity = associatedHandle(i);
  if (entity == TPM_RH_UNASSIGNED)
    return refuse(TPM_RC_BAD_AUTH, REFUSAL_HMAC_WRONG_ALONE, i + 1, sessionHandle(i));
  let check = includesAuth(i) ? REFUSAL_HMAC_WRONG : REFUSAL_HMAC_WRONG_WITHOUT_AUTH;
  if (byPassword(i)) check = REFUSAL_PASSWORD_WRONG;
  return refuse(TPM_RC_BAD_AUTH, check, i + 1, entity);
}

/** After registerFailure. `isBound`: the try counts for what the session is bound to, and for nothing else. */
function refuseCounted(i: u32, isLockout: bool, isBound: bool): u32 {
  const wasPassword = byPassword(i);
  if (isLockout) {
    const check = wasPassword ? REFUSAL_PASSWORD_WRONG_LOCKOUT : REFUSAL_HMAC_WRONG_LOCKOUT;
    return refuse(TPM_RC_AUTH_FAIL, check, i + 1, lockoutAuthSeconds());
  }
  let check = wasPassword ? REFUSAL_PASSWORD_WRONG_COUNTED : REFUSAL_HMAC_WRONG_COUNTED;
  if (isBound) check = REFUSAL_HMAC_WRONG_BOUND;
  const handle = isBound ? sessionHandle(i) : associatedHandle(i);
  return refuse(TPM_RC_AUTH_FAIL, check, i + 1, handle, failedTries(), maxTries());
}

/** policyAvailable said no. */
function refusePolicy(i: u32): u32 {
  const entity = associatedHandle(i);
  if (isObject(entity) && hasObjectAttribute(objectOf(entity), IS_PUBLIC_ONLY))
    return refuse(TPM_RC_AUTH_UNAVAILABLE, REFUSAL_AUTH_PUBLIC_ONLY, i + 1, entity);
  if (handleType(entity) == TPM_HT_NV_INDEX && sizeOf2B(policyDigestOf(entity)) != 0)
    return refuse(TPM_RC_AUTH_UNAVAILABLE, REFUSAL_POLICY_NOT_OPEN, i + 1, entity, indexAttributes(indexOf(entity)));
  return refuse(TPM_RC_AUTH_UNAVAILABLE, REFUSAL_POLICY_NONE, i + 1, entity);
}

/** authValueAvailable said no. */
function refuseAuthValue(i: u32): u32 {
  const entity = associatedHandle(i);
  if (handleType(entity) == TPM_HT_NV_INDEX) return refuseNvAuth(entity, i + 1);
  let check = REFUSAL_AUTH_PLATFORM_DISABLED;
  if (isObject(entity)) {
    const isPublicOnly = hasObjectAttribute(objectOf(entity), IS_PUBLIC_ONLY);
    check = isPublicOnly ? REFUSAL_AUTH_PUBLIC_ONLY : REFUSAL_AUTH_NOT_USER;
  }
  return refuse(TPM_RC_AUTH_UNAVAILABLE, check, i + 1, entity);
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
