/** Reasons in English. */
import { generalInEnglish } from "./general.ts";
import { handleNames } from "./handleNames.ts";
import type { ReasonWords, RefusedField } from "./words.ts";

const handle = handleNames({
  permanent: {
    TPM_RH_OWNER: "the owner hierarchy",
    TPM_RH_ENDORSEMENT: "the endorsement hierarchy",
    TPM_RH_PLATFORM: "the platform hierarchy",
    TPM_RH_PLATFORM_NV: "the platform's NV Indices",
    TPM_RH_LOCKOUT: "the lockout authority",
    TPM_RH_NULL: "the null hierarchy",
  },
  pcr: "PCR",
  index: "NV Index",
  hmac: "HMAC session",
  policy: "policy session",
  object: "object",
  persistent: "persistent object",
  component: "attached component",
  handle: "handle",
});
const octets = (count: number) => (count === 1 ? "1 octet" : `${count} octets`);
const seconds = (count: number) => (count === 1 ? "1 second" : `${count} seconds`);

function field(refused: RefusedField | null): string {
  if (refused === null) return "A field does not decode";
  const { path, type, wrong, value, permitted } = refused;
  if (wrong === "missing") return `The command ends before ${path} (${type})`;
  const shown = value === null ? "" : ` ${value}`;
  if (wrong === "size") return `The size of ${path} (${type}),${shown}, does not fit`;
  const allowed = permitted.length === 0 ? "" : `; permitted: ${permitted.join(", ")}`;
  return `${path} (${type}) can't be${shown === "" ? " what it is" : shown}${allowed}`;
}

export const english: ReasonWords = {
  handle,
  octets,
  seconds,
  field,
  localities: (set) =>
    set >= 32 ? `locality ${set}` : `locality ${[0, 1, 2, 3, 4].filter((n) => (set >> n) & 1).join(" or ")}`,
  lockout: (tries, maxTries) =>
    tries >= maxTries
      ? `That was try ${tries} of ${maxTries}: the lockout has begun`
      : `Try ${tries} of ${maxTries}${tries === maxTries - 1 ? "; the next one begins the lockout" : ""}`,
  ends: (left) => (left === null ? "It does not end by itself" : `It ends in ${seconds(left)}`),
  general: generalInEnglish,
  sentences: {
    HEADER_SHORT: "The command has {size}; a header alone has 10.",
    HEADER_TAG: "The tag {tag} is neither TPM_ST_NO_SESSIONS nor TPM_ST_SESSIONS.",
    HEADER_SIZE: "commandSize says {declared}, but the command has {size}.",
    COMMAND_TOO_LONG: "The command has {size}; the TPM's buffer has {room}.",
    COMMAND_UNKNOWN: "This TPM has no command {code}.",
    NOT_STARTED: "{code} came before TPM2_Startup.",
    ALREADY_STARTED: "TPM2_Startup has already been there since the TPM was powered on.",
    FAILURE_MODE:
      "The TPM is in failure mode (place {location}): until it is powered on anew only TPM2_GetTestResult and TPM2_GetCapability answer.",
    STORE_REFUSED: "The state could not be stored; everything is as it was before the command.",
    CANCELED: "The host cancelled the command before it changed anything.",

    HANDLE_VALUE: "{field}.",
    HIERARCHY_DISABLED: "Handle {number} is {hierarchy}, which is disabled.",
    HANDLE_UNKNOWN: "Handle {number}, {handle}, is nothing that this TPM has.",
    OBJECT_ABSENT: "Handle {number}: no object is loaded at {handle}.",
    SESSION_ABSENT: "Handle {number}: there is no {handle}.",
    SESSION_SAVED: "Handle {number}: the context of {handle} is saved and not loaded.",
    SESSION_OTHER_TYPE: "Handle {number}: the session with the number of {handle} is of the other type.",
    PERSISTENT_ABSENT: "There is no {handle}.",
    PERSISTENT_DISABLED: "{handle} can't be used while {hierarchy} is disabled.",
    PERSISTENT_NO_SLOT: "{handle} needs a free place for an object, and all are taken.",
    COMPONENT_ABSENT: "Handle {number}: there is no {handle}.",
    INDEX_UNDEFINED: "Handle {number}: {index} is not defined.",
    INDEX_DISABLED: "Handle {number}: {index} is defined, but {hierarchy} is disabled.",

    AUTHORIZATION_SHORT: "The tag promises sessions, but only {left} follow the handles.",
    AUTHORIZATION_SIZE: "authorizationSize says {declared}; a session takes at least 9, and {left} follow.",
    SESSIONS_FORBIDDEN: "{code} takes no sessions.",
    SESSIONS_TOO_MANY: "A command has at most {limit} sessions.",
    SESSION_SHORT: "Session {session} is cut off: {left} of the authorization area are left for its next field.",
    SESSION_HANDLE: "Session {session}: {handle} is no session.",
    SESSION_BUFFER: "Session {session} has a nonce or HMAC of {size}; at most {room} are allowed.",
    SESSION_RESERVED: "Session {session} sets reserved attributes: {bits}.",
    PASSWORD_ATTRIBUTES: "Session {session} is a password, which can have no attributes ({bits}) but continueSession.",
    PASSWORD_NONCE: "Session {session} is a password, which has no nonce; this one has {size}.",
    SESSION_NOT_LOADED: "Session {session}: there is no {handle}.",
    SESSION_CONTEXT_SAVED: "Session {session}: the context of {handle} is saved and not loaded.",
    SESSION_KIND: "Session {session}: the session with the number of {handle} is of the other type.",
    SESSION_TWICE: "Session {session} is {handle}, as session {other} is.",
    DECRYPT_NO_PARAMETER: "Session {session} is to decrypt, but the first parameter of {code} can't be encrypted.",
    DECRYPT_TWICE: "Session {session} is to decrypt, as session {other} is: only one may.",
    DECRYPT_NO_CIPHER: "Session {session} is to decrypt, but {handle} was started without a symmetric algorithm.",
    ENCRYPT_NO_PARAMETER:
      "Session {session} is to encrypt, but the first parameter of {code}'s response can't be encrypted.",
    ENCRYPT_TWICE: "Session {session} is to encrypt, as session {other} is: only one may.",
    ENCRYPT_NO_CIPHER: "Session {session} is to encrypt, but {handle} was started without a symmetric algorithm.",
    AUDIT_TWICE: "Session {session} is to audit, as session {other} is: only one may.",
    AUDIT_POLICY: "Session {session} is to audit, but {handle} can't: only HMAC sessions do.",
    AUDIT_NOT_EXCLUSIVE:
      "Session {session} asks to be exclusive, but another command came since {handle} was last used.",
    DECRYPT_SHORT: "Session {session} is to decrypt the first parameter, of which {left} are there.",
    DECRYPT_SIZE: "Session {session} is to decrypt a first parameter of {declared}, of which {left} are there.",

    AUTHORIZATION_MISSING: "Handle {number}, {entity}, needs an authorization, and the command has no session for it.",
    PASSWORD_FOR_NOTHING: "Session {session} is a password, but no handle is left that needs an authorization.",
    TRIAL_FOR_USE: "Session {session}, {handle}, is a trial: it computes a policy and authorizes nothing.",
    SESSION_FOR_NOTHING: "Session {session}, {handle}, authorizes no handle and neither audits, encrypts nor decrypts.",
    PRESENCE_REQUIRED: "{code} with platform authorization needs physical presence, which is not asserted.",
    LOCKED_OUT: "The TPM is locked out after {tries} failed tries of {maxTries}. {ends}.",
    LOCKOUT_AUTH_LOCKED: "A try with lockoutAuth failed, so that none is allowed now. {ends}.",
    FIRST_USE:
      "The first use of an authValue under lockout protection is put on record. The same command goes on where it is sent again.",
    POLICY_NONE: "Session {session} is a policy session, but {entity} has no authPolicy.",
    POLICY_NOT_OPEN:
      "Session {session} is a policy session, and the attributes of {index} don't allow one here: {nvAttributes}.",
    PIN_USED_UP: "The PIN of {index} was used {count} times, and its limit is {limit}.",
    PIN_UNWRITTEN: "{index} is a PIN that was never written: session {session} can't use its authValue.",
    POLICY_REQUIRED: "Session {session}: {entity} needs a policy session here.",
    AUTH_NOT_OPEN: "Session {session}: the attributes of {index} don't allow its authValue here: {nvAttributes}.",
    AUTH_PUBLIC_ONLY: "Session {session}: only the public part of {object} is loaded, which has no authorization.",
    AUTH_NOT_USER: "Session {session}: {object} has userWithAuth clear, so that only a policy authorizes its use.",
    AUTH_PLATFORM_DISABLED: "Session {session}: {entity} is the platform's, whose hierarchy is disabled.",
    AUTH_UNWRITTEN: "Session {session}: {index} was never written, so that its authValue is not tried.",
    PASSWORD_WRONG:
      "The password of session {session} is not authValue of {entity}. It does not count towards the lockout.",
    PASSWORD_WRONG_COUNTED: "The password of session {session} is not authValue of {entity}. {lockout}.",
    PASSWORD_WRONG_LOCKOUT: "The password of session {session} is not lockoutAuth, which is locked now. {ends}.",
    HMAC_WRONG:
      "The HMAC of session {session} does not fit authValue of {entity}. It does not count towards the lockout.",
    HMAC_WRONG_WITHOUT_AUTH:
      "The HMAC of session {session} is wrong. Its key has no authValue of {entity} in it, only the session's own.",
    HMAC_WRONG_COUNTED: "The HMAC of session {session} does not fit authValue of {entity}. {lockout}.",
    HMAC_WRONG_LOCKOUT: "The HMAC of session {session} does not fit lockoutAuth, which is locked now. {ends}.",
    HMAC_WRONG_ALONE: "The HMAC of session {session}, {handle}, is wrong. It authorizes no handle.",
    HMAC_WRONG_BOUND:
      "The HMAC of session {session}, {handle}, is wrong, and counts for what the session is bound to. {lockout}.",

    POLICY_SECRET_MODE:
      "TPM2_PolicySecret needs a proof of authValue: the policy of session {session} lacks TPM2_PolicyAuthValue or TPM2_PolicyPassword.",
    POLICY_PCR_CHANGED: "Session {session}: a PCR changed after TPM2_PolicyPCR looked at them in {handle}.",
    POLICY_DIGEST: "Session {session}: the policyDigest of {handle} differs from authPolicy of {entity}.",
    POLICY_ALGORITHM: "Session {session}: its policy is of {algorithm}, that of {entity} of {expected}.",
    POLICY_EXPIRED: "Session {session}: the authorization of {handle} expired {seconds} ago.",
    POLICY_RESTARTED: "Session {session}: the authorization of {handle} has a time limit, and Time began anew since.",
    POLICY_COMMAND: "Session {session}: its policy is for {bound}, not for {code}.",
    POLICY_NO_COMMAND: "Session {session}: {code} needs a policy of {entity} with TPM2_PolicyCommandCode for it.",
    POLICY_LOCALITY: "Session {session}: its policy allows {localities}; the command came at locality {locality}.",
    POLICY_PRESENCE: "Session {session}: its policy demands physical presence, which is not asserted.",
    POLICY_CP_HASH: "Session {session}: its policy is for {code} with other parameters (cpHash).",
    POLICY_NAME_HASH: "Session {session}: its policy is for other entities than those of this {code} (nameHash).",
    POLICY_TEMPLATE: "Session {session}: its policy is for another template than this {code} has.",
    POLICY_NOT_AN_INDEX:
      "Session {session}: its policy looks at whether an NV Index was written, and {entity} is none.",
    POLICY_WRITTEN: "Session {session}: its policy demands that {index} was written, which it was not.",
    POLICY_UNWRITTEN: "Session {session}: its policy demands that {index} was never written, which it was.",

    PARAMETER_VALUE: "{field}.",
    PARAMETER_SURPLUS: "{left} follow the last parameter.",

    NV_READ_LOCKED: "{index} is locked for reading until the next TPM2_Startup.",
    NV_READ_AUTHORITY: "{entity} may not read {index}; its attributes: {nvAttributes}.",
    NV_UNWRITTEN: "{index} was never written since it was defined or cleared.",
    NV_WRITE_LOCKED: "{index} is locked for writing.",
    NV_WRITE_AUTHORITY: "{entity} may not write {index}; its attributes: {nvAttributes}.",
    NV_OFFSET: "Offset {offset} lies beyond {index}, which has {room}.",
    NV_RANGE: "{size} from offset {offset} reach beyond {index}, which has {room}.",
    NV_PIECE: "{size} are more than one command moves: {room}.",
    NV_WRITE_ALL: "{index} is to be written whole: {room}, not {size}.",
    NV_NOT_WRITABLE: "{index} can't be written by TPM2_NV_Write: {nvAttributes}.",
    NV_NOT_COUNTER: "{index} is no counter: {nvAttributes}.",
    NV_NOT_BITS: "{index} is no bit field: {nvAttributes}.",
    NV_NOT_EXTEND: "{index} can't be extended: {nvAttributes}.",
    NV_NO_READ_LOCK: "{index} was defined without readStClear, so that it can't be locked for reading.",
    NV_NO_WRITE_LOCK:
      "{index} was defined without writeDefine and writeStClear, so that it can't be locked for writing.",
    NV_AUTH_SIZE: "The authValue is longer than a digest of the index's nameAlg: {wanted}.",
    NV_POLICY_SIZE: "authPolicy has {size}; a digest of nameAlg has {wanted}.",
    NV_PLATFORM_DISABLED: "The platform's NV Indices are disabled (phEnableNV).",
    NV_DATA_SIZE: "An NV Index has at most {room}, not {size}.",
    NV_TYPE_SIZE: "An index of this type has {wanted}, not {size}: {nvAttributes}.",
    NV_TYPE_UNKNOWN: "The attributes have a type of index that there is not: {nvAttributes}.",
    NV_ATTRIBUTES: "Attributes that contradict each other: {nvAttributes}.",
    NV_NO_READ: "Nobody could read the index: {nvAttributes}.",
    NV_NO_WRITE: "Nobody could write the index: {nvAttributes}.",
    NV_STATE_GIVEN: "The attributes written, writeLocked and readLocked are the TPM's own: {nvAttributes}.",
    NV_PLATFORM_CREATE: "platformCreate does not fit {entity}, who defines the index: {nvAttributes}.",
    NV_POLICY_DELETE_BY_OWNER: "Only the platform may define an index with policyDelete.",
    NV_WRITE_ALL_SIZE: "An index with writeAll is written by one command, which moves {room}, not {size}.",
    NV_DEFINED: "{index} is already defined.",
    NV_SPACE: "There is not enough NV memory for {index} with {size}.",
    NV_NEEDS_SPECIAL: "{index} has policyDelete: TPM2_NV_UndefineSpaceSpecial removes it.",
    NV_OF_PLATFORM: "{index} was defined by the platform, and only the platform removes it.",
    NV_NOT_SPECIAL: "{index} has no policyDelete: TPM2_NV_UndefineSpace removes it.",

    POLICY_NONCE: "nonceTPM is not the one that the session has now.",
    POLICY_TIMED_OUT: "The authorization expired {seconds} ago.",
    POLICY_OTHER_EPOCH: "The authorization has a time limit, and Time began anew since the session was started.",
    POLICY_HASH_SIZE: "The hash has {size}; a digest of the session's hash has {wanted}.",
    POLICY_HASH_BOUND: "The policy is already bound to another cpHash, nameHash or template.",
    POLICY_SELECT_COMMAND: "The policy is already bound to {bound}.",
    POLICY_CODE_BOUND: "The policy is already bound to {bound}, and can't be to {code} too.",
    POLICY_CODE_UNKNOWN: "This TPM has no command {code} that a policy could be bound to.",
    POLICY_LOCALITY_EMPTY: "The policy already allows only {localities}; {askedLocalities} is none of these.",
    POLICY_OR_NONE: "The policyDigest of {handle} is none of the {count} digests.",
    POLICY_PCR_EARLIER: "A PCR changed after TPM2_PolicyPCR first looked at them in {handle}.",
    POLICY_PCR_VALUE: "The selected PCRs don't have the values of pcrDigest ({algorithm}).",
    POLICY_WRITTEN_BOUND: "The policy already demands the contrary of writtenSet.",
    POLICY_CONDITION: "{size} from offset {offset} of {index} don't compare with operandB as the policy demands.",
    POLICY_COUNTER_OFFSET: "Offset {offset} lies beyond TPMS_TIME_INFO, which has {room}.",
    POLICY_COUNTER_RANGE: "{size} from offset {offset} reach beyond TPMS_TIME_INFO, which has {room}.",
    POLICY_COUNTER_CONDITION:
      "{size} from offset {offset} of TPMS_TIME_INFO don't compare with operandB as the policy demands.",
    POLICY_KEY_HASH: "keySign begins with {algorithm}, which is no hash algorithm of this TPM.",
    POLICY_KEY_NAME: "keySign has {size}; a Name with this hash has {wanted}.",
    POLICY_APPROVED: "approvedPolicy is not the policyDigest of {handle}.",
    POLICY_CHECK_TICKET: "checkTicket is no ticket of this TPM for approvedPolicy, policyRef and keySign.",
    POLICY_TICKET: "The ticket is none of this TPM for this timeout, cpHashA, policyRef and authName.",
    POLICY_NV_SHORT: "{index} has {room}; the approved policy in it takes {wanted}.",
    POLICY_NV_HASH: "The policy in {index} is of another hash than that of the session, {expected}.",
    POLICY_NV_OTHER: "The policyDigest of {handle} is not the policy in {index}.",
    POLICY_SIGNATURE: "auth is no signature of {object} over nonceTPM, expiration, cpHashA and policyRef.",
    POLICY_TIMEOUT_SIZE: "timeout has {size}; a ticket's has {wanted}.",
    POLICY_TRIAL_TICKET: "{handle} is a trial, which takes no ticket.",
    POLICY_TEMPLATE_BOUND: "The policy is already bound to another template.",

    SESSION_SLOTS: "All {limit} places for loaded sessions are taken: save or flush one.",
    SESSION_HANDLES: "All {limit} handles of sessions are in use, by loaded ones and saved contexts: flush one.",
    CONTEXT_GAP: "The oldest saved session is too old: load it before others are saved or started.",
    CONTEXT_SHORT: "The context has {size}, too few to have an integrity value.",
    CONTEXT_INTEGRITY_SIZE: "The integrity value of the context has {declared}; this TPM makes one of {wanted}.",
    CONTEXT_INTEGRITY:
      "The context with {handle} was changed, or saved by another TPM, before a TPM Reset, or under another proof.",
    CONTEXT_STALE: "The context is not the last one that was saved of {handle}, or the session has been flushed.",
    CONTEXT_HIERARCHY: "The context belongs to {hierarchy}, which is disabled.",
    OBJECT_SLOTS: "All {limit} places for loaded objects are taken: save or flush one.",
    FLUSH_ABSENT: "There is no {handle} to flush.",
    EVICT_ATTRIBUTES:
      "{object} can't be made persistent: it is a sequence, external, public only or cleared at TPM2_Startup.",
    EVICT_OTHER_HANDLE:
      "{object} is already persistent; to remove it, persistentHandle must be the same, not {handle}.",
    EVICT_HIERARCHY: "{object} belongs to {hierarchy}: {entity} may not make it persistent or remove it.",
    EVICT_RANGE: "{handle} lies outside of the persistent handles of {entity}.",
    EVICT_DEFINED: "There is already a {handle}.",
    EVICT_SPACE: "There is not enough NV memory for {handle}, which takes {size}.",
    SALT_WITHOUT_KEY: "encryptedSalt is not empty, but there is no tpmKey that could decrypt it.",
    SALT_KEY_TYPE: "tpmKey, {object}, is no asymmetric key.",
    SALT_MISSING: "encryptedSalt is empty, but tpmKey, {object}, is to decrypt it.",
    SALT_PUBLIC_ONLY: "Only the public part of tpmKey, {object}, is loaded: it can't decrypt.",
    SALT_ATTRIBUTES: "tpmKey, {object}, may not decrypt: {attributes}.",
    SALT_DECRYPT: "{object} does not decrypt encryptedSalt.",
    NONCE_SIZE: "nonceCaller has {size}; with this hash it has {wanted} to {room}.",
    BIND_PIN: "{index} is a PIN, whose uses are counted: no session is bound to it.",
    BIND_PUBLIC_ONLY: "Only the public part of {object} is loaded: no session is bound to it.",
    SESSION_MODE: "A session encrypts with TPM_ALG_CFB only, not with {algorithm}.",

    CLEAR_DISABLED: "TPM2_Clear is disabled by TPM2_ClearControl.",
    CLEAR_BY_LOCKOUT: "lockoutAuth may disable TPM2_Clear, but only the platform may enable it again.",
    HIERARCHY_CONTROL: "{entity} may not switch {hierarchy}: each may disable its own, and only the platform enables.",
    POLICY_AUTH_SIZE: "authPolicy has {size}; a digest of {algorithm} has {wanted}.",
    PCR_LOCALITY_EXTEND: "PCR {pcr} can't be extended at locality {locality}.",
    PCR_LOCALITY_RESET: "PCR {pcr} can't be reset at locality {locality}.",
    PCR_NO_AUTH: "PCR {pcr} is in no group that has an authorization of its own.",
    STARTUP_LOCALITY: "TPM2_Startup comes at locality 0 or 3, not at {locality}.",
    STARTUP_NO_STATE: "Startup(STATE) needs a Shutdown(STATE) before; there was none.",
    STARTUP_OTHER_LOCALITY: "Startup(STATE) comes at the locality of the Startup before, not at {locality}.",
    STARTUP_HCRTM:
      "Startup(STATE) needs an H-CRTM sequence before it when the last Startup had one, and none when not.",
    SHUTDOWN_PCRS: "After TPM2_PCR_Allocate the PCRs can't be saved: Shutdown(CLEAR) is possible.",
  },
};
