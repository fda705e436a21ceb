// [TPM2.0 1.59] 11.1 TPM2_StartAuthSession
import {
  TPM_ALG_CFB,
  TPM_ALG_NULL,
  TPM_ALG_XOR,
  TPM_HT_NV_INDEX,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HANDLE,
  TPM_RC_KEY,
  TPM_RC_MODE,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPM_RH_LOCKOUT,
  TPM_RH_NULL,
  TPM_SE_HMAC,
  TPM_SE_TRIAL,
  TPMA_OBJECT_DECRYPT,
} from "../../generated/constants";
import { StartAuthSession as parameters } from "../../generated/parameters";
import {
  REFUSAL_BIND_PIN,
  REFUSAL_BIND_PUBLIC_ONLY,
  REFUSAL_NONCE_SIZE,
  REFUSAL_SALT_ATTRIBUTES,
  REFUSAL_SALT_DECRYPT,
  REFUSAL_SALT_KEY_TYPE,
  REFUSAL_SALT_MISSING,
  REFUSAL_SALT_PUBLIC_ONLY,
  REFUSAL_SALT_WITHOUT_KEY,
  REFUSAL_SESSION_MODE,
} from "../../generated/refusals";
import {
  bytesOf2B,
  copyWire2B,
  get16,
  handleType,
  MAX_DIGEST_SIZE,
  put16,
  rcAbout,
  refuse,
  scratchTake,
  sizeOf2B,
  writeResponseHandle,
} from "../../base/index";
import { digestSizeOf, kdfa, LABEL_ATH, LABEL_SECRET, randomBytes } from "../../tpm/algorithms/index";
import {
  AUTH_HASH,
  authValueOf,
  BOUND_ENTITY,
  boundEntity,
  canCreate,
  createSession,
  IS_BOUND,
  IS_DA_BOUND,
  IS_LOCKOUT_BOUND,
  IS_TRIAL_POLICY,
  isDaExempt,
  isObject,
  NONCE_TPM,
  POLICY_DIGEST,
  SESSION_KEY,
  sessionOf,
  setAttribute,
  startInterval,
  SYMMETRIC,
  SYMMETRIC_BITS,
  SYMMETRIC_MODE,
} from "../../tpm/authorization/index";
import { indexAttributes, indexOf, isPin } from "../../tpm/nv/index";
import { attributesOf, hasObjectAttribute, IS_PUBLIC_ONLY, objectOf, publicOf } from "../../tpm/objects/index";
import { decryptSecret, isAsymmetricKey, SEED_ROOM } from "../../tpm/protection/index";

const MIN_NONCE_SIZE: u32 = 16;

export function StartAuthSession(): u32 {
  const nonceSize = sizeOf2B(parameters.nonceCaller);
  const digestSize = digestSizeOf(parameters.authHash);
  if (nonceSize < MIN_NONCE_SIZE || nonceSize > digestSize) {
    const refused = refuse(TPM_RC_SIZE, REFUSAL_NONCE_SIZE, nonceSize, MIN_NONCE_SIZE, digestSize);
    return rcAbout(refused, parameters.RC_nonceCaller);
  }
  const salt = scratchTake(SEED_ROOM);
  let rc = decryptSalt(salt);
  if (rc != TPM_RC_SUCCESS) return rc;
  // What binds a session must not count its uses.
  if (handleType(parameters.bind) == TPM_HT_NV_INDEX && isPin(indexAttributes(indexOf(parameters.bind))))
    return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_BIND_PIN, parameters.bind), parameters.RC_bind);
  if (isObject(parameters.bind) && hasObjectAttribute(objectOf(parameters.bind), IS_PUBLIC_ONLY)) {
    return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_BIND_PUBLIC_ONLY, parameters.bind), parameters.RC_bind);
  }
  const algorithm = get16(parameters.symmetric);
  const isBlockCipher = algorithm != TPM_ALG_NULL && algorithm != TPM_ALG_XOR;
  if (isBlockCipher && get16(parameters.symmetric + 4) != TPM_ALG_CFB)
    return rcAbout(refuse(TPM_RC_MODE, REFUSAL_SESSION_MODE, get16(parameters.symmetric + 4)), parameters.RC_symmetric);
  rc = canCreate();
  if (rc != TPM_RC_SUCCESS) return rc;

  const isPolicy = parameters.sessionType != TPM_SE_HMAC;
  const handle = createSession(isPolicy);
  const session = sessionOf(handle);
  store<u16>(session, parameters.authHash, AUTH_HASH);
  store<u16>(session, algorithm as u16, SYMMETRIC);
  if (algorithm != TPM_ALG_NULL) store<u16>(session, get16(parameters.symmetric + 2) as u16, SYMMETRIC_BITS);
  if (isBlockCipher) store<u16>(session, TPM_ALG_CFB as u16, SYMMETRIC_MODE);
  put16(session + NONCE_TPM, nonceSize);
  randomBytes(session + NONCE_TPM + 2, nonceSize);
  if (isPolicy) {
    if (parameters.sessionType == TPM_SE_TRIAL) setAttribute(session, IS_TRIAL_POLICY);
    put16(session + POLICY_DIGEST, digestSize);
    startInterval(session);
  }
  if (parameters.bind != TPM_RH_NULL || parameters.tpmKey != TPM_RH_NULL) makeSessionKey(session, salt);
  if (parameters.bind != TPM_RH_NULL) bind(session, isPolicy);
  writeResponseHandle(handle);
  copyWire2B(session + NONCE_TPM);
  return TPM_RC_SUCCESS;
}

/** The salt as a TPM2B; empty without a key. */
function decryptSalt(salt: usize): u32 {
  const isEmpty = sizeOf2B(parameters.encryptedSalt) == 0;
  const handle = parameters.tpmKey;
  if (handle == TPM_RH_NULL) {
    if (isEmpty) return TPM_RC_SUCCESS;
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_SALT_WITHOUT_KEY), parameters.RC_encryptedSalt);
  }
  const key = objectOf(handle);
  if (!isAsymmetricKey(key)) return rcAbout(refuse(TPM_RC_KEY, REFUSAL_SALT_KEY_TYPE, handle), parameters.RC_tpmKey);
  if (isEmpty) return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_SALT_MISSING, handle), parameters.RC_encryptedSalt);
  if (hasObjectAttribute(key, IS_PUBLIC_ONLY))
    return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_SALT_PUBLIC_ONLY, handle), parameters.RC_tpmKey);
  const attributes = attributesOf(publicOf(key));
  if (!(attributes & TPMA_OBJECT_DECRYPT))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_SALT_ATTRIBUTES, handle, attributes), parameters.RC_tpmKey);
  const rc = decryptSecret(key, LABEL_SECRET, parameters.encryptedSalt, salt);
  if (rc == TPM_RC_SUCCESS) return TPM_RC_SUCCESS;
  return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_SALT_DECRYPT, handle), parameters.RC_encryptedSalt);
}

/** KDFa(authHash, authValue of the bound entity || salt, "ATH", nonceTPM, nonceCaller) */
function makeSessionKey(session: usize, salt: usize): void {
  const auth = authValueOf(parameters.bind);
  const authSize = sizeOf2B(auth);
  const saltSize = sizeOf2B(salt);
  const key = scratchTake(2 * MAX_DIGEST_SIZE);
  memory.copy(key, bytesOf2B(auth), authSize);
  memory.copy(key + authSize, bytesOf2B(salt), saltSize);
  const keySize = digestSizeOf(parameters.authHash);
  const nonceTpm = session + NONCE_TPM;
  const nonceCaller = parameters.nonceCaller;
  put16(session + SESSION_KEY, keySize);
  kdfa(
    parameters.authHash,
    key,
    authSize + saltSize,
    LABEL_ATH,
    bytesOf2B(nonceTpm),
    sizeOf2B(nonceTpm),
    bytesOf2B(nonceCaller),
    sizeOf2B(nonceCaller),
    keySize << 3,
    session + SESSION_KEY + 2,
  );
}

/** An HMAC session remembers what it is bound to; use of any session counts for what it is bound to. */
function bind(session: usize, isPolicy: bool): void {
  const entity = parameters.bind;
  if (!isPolicy) {
    setAttribute(session, IS_BOUND);
    boundEntity(entity, session + BOUND_ENTITY);
  }
  if (isDaExempt(entity)) return;
  setAttribute(session, IS_DA_BOUND);
  if (entity == TPM_RH_LOCKOUT) setAttribute(session, IS_LOCKOUT_BOUND);
}
