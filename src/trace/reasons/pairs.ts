/** What a response code means of one command, for the pairs that Part 3 names: of any TPM, so that it is only general. */
import type { CommandName } from "../../spec/commands.ts";
import type { responseCodes } from "../../spec/responseCodes.ts";

type Meanings = { readonly [Code in keyof typeof responseCodes]?: string };

const signing: Meanings = { TPM_RC_KEY: "the key of signHandle has no sign attribute" };
const mac: Meanings = {
  TPM_RC_KEY: "the key has no sign attribute",
  TPM_RC_TYPE: "the key is none that makes a MAC",
  TPM_RC_ATTRIBUTES: "the key is restricted",
  TPM_RC_VALUE: "the algorithm is not the key's own, or the key has none and none was given",
};
const cipher: Meanings = {
  TPM_RC_KEY: "the key is none of a symmetric cipher",
  TPM_RC_ATTRIBUTES: "the key is restricted, or its attributes don't allow this direction",
  TPM_RC_MODE: "the mode is not the key's own, or the key has none and none was given",
  TPM_RC_CANCELED: "the command was cancelled before it ended",
};
const eccDecryption: Meanings = {
  TPM_RC_KEY: "the key is no ECC key",
  TPM_RC_ATTRIBUTES: "the key does not decrypt, or is restricted",
};
const lockedWriting: Meanings = { TPM_RC_NV_LOCKED: "the index is locked for writing" };
const range = "offset and size reach beyond the data of the index";
const reading: Meanings = {
  TPM_RC_NV_LOCKED: "the index is locked for reading",
  TPM_RC_NV_UNINITIALIZED: "the index was never written",
  TPM_RC_NV_RANGE: range,
  TPM_RC_VALUE: "the offset lies beyond the data of the index",
};
const undefining: Meanings = { TPM_RC_HANDLE: "the index is not defined" };
const hashBound = {
  TPM_RC_CPHASH: "the policy is already bound to another cpHash, nameHash or template",
  TPM_RC_SIZE: "the hash does not have the size of the session's policyDigest",
} satisfies Meanings;
const loading: Meanings = {
  TPM_RC_ATTRIBUTES: "the attributes of the object contradict each other or those of its parent",
  TPM_RC_KEY_SIZE: "the key in the sensitive area does not have the size that the public area says",
  TPM_RC_BINDING: "public and sensitive area don't belong together",
  TPM_RC_KEY: "the key is a weak one, or its unique field does not fit its parameters",
};
const tested: Meanings = {
  TPM_RC_TESTING: "the self-test has begun and goes on in the background",
  TPM_RC_FAILURE: "a self-test failed, and the TPM is in failure mode",
};

export const pairs: { readonly [Name in CommandName]?: Meanings } = {
  Startup: {
    TPM_RC_INITIALIZE: "TPM2_Startup was already there since _TPM_Init",
    TPM_RC_VALUE: "Startup(STATE) was not preceded by Shutdown(STATE)",
    TPM_RC_FAILURE: "the state of the last Shutdown(STATE) can't be restored",
    TPM_RC_LOCALITY: "the locality is not 0 or 3, or not that of the Startup before",
  },
  SelfTest: tested,
  IncrementalSelfTest: tested,
  GetTestResult: tested,
  StartAuthSession: {
    TPM_RC_MODE: "a block cipher of a session works in TPM_ALG_CFB only",
    TPM_RC_SESSION_HANDLES: "no handle of a session is free",
    TPM_RC_CONTEXT_GAP: "the oldest saved session has to be loaded before another is started",
    TPM_RC_HANDLE: "only the public part of tpmKey or bind is loaded",
    TPM_RC_VALUE: "encryptedSalt does not fit tpmKey, or can't be decrypted",
    TPM_RC_KEY: "tpmKey is no asymmetric key",
    TPM_RC_ATTRIBUTES: "tpmKey does not decrypt",
    TPM_RC_SCHEME: "the scheme of tpmKey is neither TPM_ALG_OAEP nor none",
    TPM_RC_SIZE: "nonceCaller has fewer than 16 octets, or more than a digest",
  },
  Create: {
    TPM_RC_ATTRIBUTES: "the attributes contradict each other, the given data or the parent",
    TPM_RC_SIZE: "data, authValue or authPolicy have a size that does not fit",
    TPM_RC_VALUE: "a value in the template is not possible, or data was given for an asymmetric key",
    TPM_RC_SCHEME: "the scheme does not fit the attributes or the curve",
    TPM_RC_KDF: "the key derivation does not fit the curve",
    TPM_RC_HASH: "nameAlg is not that of the parent, which it must be for a fixed storage key",
    TPM_RC_SYMMETRIC: "the symmetric algorithm is not that of the parent, which it must be for a fixed storage key",
  },
  Load: loading,
  LoadExternal: loading,
  ReadPublic: { TPM_RC_SEQUENCE: "objectHandle is a sequence" },
  ActivateCredential: {
    TPM_RC_AUTH_UNAVAILABLE: "one of the two keys is loaded without its sensitive area",
    TPM_RC_TYPE: "keyHandle is no storage key",
  },
  Unseal: {
    TPM_RC_ATTRIBUTES: "itemHandle is a key: restricted, decrypt or sign is set",
    TPM_RC_TYPE: "itemHandle is no sealed data",
  },
  Duplicate: {
    TPM_RC_SYMMETRIC: "the object has encryptedDuplication, and symmetricAlg is TPM_ALG_NULL",
    TPM_RC_HIERARCHY: "the object has encryptedDuplication, and there is no new parent",
    TPM_RC_ATTRIBUTES: "the object is fixedParent",
    TPM_RC_TYPE: "the object has no nameAlg, or the new parent is no storage key",
    TPM_RC_POLICY_FAIL: "the policy is for another object or another new parent",
  },
  Import: {
    TPM_RC_ATTRIBUTES: "objectPublic has fixedTPM or fixedParent, or encryptedDuplication without both wrappers",
    TPM_RC_INTEGRITY: "the duplicate was changed, or made for another parent or object",
    TPM_RC_KEY: "the key is a weak one",
  },
  RSA_Encrypt: {
    TPM_RC_SCHEME: "inScheme is not the key's own, or the key has none and it does not fit",
    TPM_RC_KEY: "the key is no RSA key",
    TPM_RC_VALUE: "the label does not end with zero, or the message is too long",
  },
  RSA_Decrypt: {
    TPM_RC_KEY: "the key is no RSA key",
    TPM_RC_ATTRIBUTES: "the key does not decrypt, or is restricted",
    TPM_RC_VALUE: "the padding does not check, or the label does not end with zero",
  },
  ECDH_KeyGen: { TPM_RC_KEY: "the key is no ECC key" },
  ECDH_ZGen: {
    ...eccDecryption,
    TPM_RC_SCHEME: "the scheme of the key is neither TPM_ALG_ECDH nor none",
    TPM_RC_ECC_POINT: "inPoint does not lie on the curve of the key",
  },
  ZGen_2Phase: {
    TPM_RC_SCHEME: "the scheme is none of a key exchange in two phases that this TPM has",
    TPM_RC_ECC_POINT: "inQsB or inQeB does not lie on the curve of keyA",
  },
  ECC_Encrypt: eccDecryption,
  ECC_Decrypt: eccDecryption,
  EncryptDecrypt: cipher,
  EncryptDecrypt2: cipher,
  HMAC: mac,
  MAC: mac,
  HMAC_Start: mac,
  MAC_Start: mac,
  HashSequenceStart: { TPM_RC_HASH: "the TPM has no such hash algorithm" },
  SequenceComplete: { TPM_RC_MODE: "sequenceHandle is an event sequence" },
  EventSequenceComplete: { TPM_RC_MODE: "sequenceHandle is no event sequence" },
  Certify: signing,
  CertifyCreation: { ...signing, TPM_RC_TICKET: "creationTicket is none of this TPM for the object and creationHash" },
  Quote: { ...signing, TPM_RC_SCHEME: "there is no signing scheme, or it has no hash" },
  GetSessionAuditDigest: { ...signing, TPM_RC_TYPE: "sessionHandle is no audit session" },
  GetCommandAuditDigest: signing,
  GetTime: signing,
  CertifyX509: {
    ...signing,
    TPM_RC_SCHEME: "the TPM has no object identifier for the signing scheme",
    TPM_RC_ATTRIBUTES: "the attributes of the object don't fit the key usage in the certificate",
    TPM_RC_AUTH_UNAVAILABLE: "the object is loaded without its sensitive area",
    TPM_RC_VALUE: "partialCertificate does not have the form that Part 3 asks for",
  },
  Commit: {
    TPM_RC_SCHEME: "the scheme of the key is not anonymous",
    TPM_RC_SIZE: "s2 and y2 are given together or not at all",
  },
  VerifySignature: { TPM_RC_SIGNATURE: "the signature is not one of this key over this digest" },
  Sign: {
    TPM_RC_ATTRIBUTES: "the key signs certificates only (x509sign)",
    TPM_RC_KEY: "the key has no sign attribute",
    TPM_RC_SCHEME: "inScheme does not fit the key",
    TPM_RC_TICKET: "validation does not say that this TPM hashed what is signed, as a restricted key asks for",
    TPM_RC_VALUE: "the counter stands for no commitment that is still open",
  },
  PCR_Extend: { TPM_RC_HASH: "the TPM has no such hash algorithm" },
  PCR_Allocate: {
    TPM_RC_PCR: "no bank would have the PCRs of the H-CRTM and the D-RTM",
    TPM_RC_NO_RESULT: "the allocation is not possible",
  },
  PCR_SetAuthPolicy: {
    TPM_RC_VALUE: "the PCR can have no policy",
    TPM_RC_SIZE: "authPolicy does not have the size of a digest of hashAlg",
  },
  PCR_SetAuthValue: { TPM_RC_VALUE: "the PCR can have no authValue" },
  PCR_Reset: { TPM_RC_VALUE: "there is no such PCR", TPM_RC_LOCALITY: "the PCR can't be reset at this locality" },
  PolicySigned: { TPM_RC_POLICY_FAIL: "auth is no signature over what is authorised" },
  PolicySecret: { TPM_RC_MODE: "the policy session that authorises does not use the authValue" },
  PolicyOR: { TPM_RC_VALUE: "policyDigest is none of the list" },
  PolicyPCR: {
    TPM_RC_VALUE: "the PCRs don't have the values of pcrDigest",
    TPM_RC_PCR_CHANGED: "a PCR changed since the policy looked at them",
  },
  PolicyLocality: { TPM_RC_RANGE: "the policy is already bound to other localities" },
  PolicyNV: { ...reading, TPM_RC_POLICY: "the data of the index does not compare with operandB as asked" },
  PolicyCounterTimer: {
    TPM_RC_POLICY: "the time does not compare with operandB as asked",
    TPM_RC_RANGE: "operandB reaches beyond TPMS_TIME_INFO",
    TPM_RC_VALUE: "the offset lies beyond TPMS_TIME_INFO",
  },
  PolicyCommandCode: {
    TPM_RC_VALUE: "the policy is already bound to another command",
    TPM_RC_POLICY_CC: "the TPM has no such command",
  },
  PolicyCpHash: hashBound,
  PolicyNameHash: hashBound,
  PolicyDuplicationSelect: { TPM_RC_CPHASH: hashBound.TPM_RC_CPHASH },
  Policy_AC_SendSelect: { TPM_RC_CPHASH: hashBound.TPM_RC_CPHASH },
  PolicyAuthorize: {
    TPM_RC_HASH: "keySign does not begin with a hash algorithm of this TPM",
    TPM_RC_SIZE: "keySign does not have the size of a Name",
    TPM_RC_VALUE: "approvedPolicy is not policyDigest, or the ticket is not valid",
    TPM_RC_POLICY: "the ticket is not valid",
  },
  PolicyNvWritten: { TPM_RC_VALUE: "the policy already demands the contrary" },
  PolicyTemplate: { ...hashBound, TPM_RC_VALUE: "the policy is already bound to another template" },
  PolicyAuthorizeNV: {
    TPM_RC_NV_UNINITIALIZED: "the index was never written",
    TPM_RC_NV_LOCKED: "the index is locked for reading",
    TPM_RC_INSUFFICIENT: "the index is too small for a TPMT_HA",
    TPM_RC_HASH: "the index does not begin with the hash algorithm of the session",
    TPM_RC_VALUE: "policyDigest is not the one in the index",
  },
  SetPrimaryPolicy: {
    TPM_RC_HIERARCHY: "the hierarchy is disabled",
    TPM_RC_SIZE: "authPolicy does not have the size of a digest of hashAlg",
  },
  Clear: { TPM_RC_DISABLED: "TPM2_ClearControl has disabled TPM2_Clear" },
  SetAlgorithmSet: { TPM_RC_VALUE: "the TPM has no such set of algorithms" },
  FieldUpgradeStart: { TPM_RC_SIGNATURE: "the signature of the manifest is not valid" },
  FieldUpgradeData: { TPM_RC_VALUE: "the data does not have the digest that is expected" },
  ContextLoad: {
    TPM_RC_HIERARCHY: "the context belongs to a hierarchy that is disabled",
    TPM_RC_INTEGRITY: "the context was changed, or saved by another TPM or before a reset",
    TPM_RC_HANDLE: "the context is not the last one that was saved of the session",
  },
  FlushContext: { TPM_RC_HANDLE: "there is no such object or session" },
  EvictControl: {
    TPM_RC_ATTRIBUTES: "the object is temporary, external or public only, or is cleared at startup",
    TPM_RC_HIERARCHY: "the object belongs to another hierarchy than auth may handle",
    TPM_RC_RANGE: "persistentHandle lies outside of the range of auth",
    TPM_RC_NV_DEFINED: "persistentHandle is already in use",
    TPM_RC_NV_SPACE: "there is not enough NV memory",
    TPM_RC_HANDLE: "the object is persistent, and persistentHandle is another handle",
  },
  ClockSet: { TPM_RC_VALUE: "newTime is less than Clock, or beyond its limit" },
  ClockRateAdjust: { TPM_RC_VALUE: "the rate can't be adjusted so far" },
  GetCapability: {
    TPM_RC_FAILURE: "in failure mode the command takes no sessions",
    TPM_RC_VALUE: "the TPM has no such capability or property",
    TPM_RC_HANDLE: "there are no handles of this type",
  },
  NV_DefineSpace: {
    TPM_RC_NV_DEFINED: "the index is already defined",
    TPM_RC_ATTRIBUTES: "the attributes contradict each other, or who defines the index",
    TPM_RC_SIZE: "the size of data, authValue or authPolicy does not fit the type of index",
    TPM_RC_NV_SPACE: "there is not enough NV memory",
  },
  NV_UndefineSpace: {
    ...undefining,
    TPM_RC_NV_AUTHORIZATION: "the platform defined the index, and only the platform removes it",
    TPM_RC_ATTRIBUTES: "the index has policyDelete: TPM2_NV_UndefineSpaceSpecial removes it",
  },
  NV_UndefineSpaceSpecial: { ...undefining, TPM_RC_ATTRIBUTES: "the index has no policyDelete or no platformCreate" },
  NV_Write: {
    ...lockedWriting,
    TPM_RC_ATTRIBUTES: "a counter, a bit field or an index to extend is not written",
    TPM_RC_NV_RANGE: range,
    TPM_RC_VALUE: "the offset lies beyond the data of the index",
  },
  NV_Increment: { ...lockedWriting, TPM_RC_ATTRIBUTES: "the index is no counter" },
  NV_Extend: { ...lockedWriting, TPM_RC_ATTRIBUTES: "the index is none to extend" },
  NV_SetBits: { ...lockedWriting, TPM_RC_ATTRIBUTES: "the index is no bit field" },
  NV_WriteLock: { TPM_RC_ATTRIBUTES: "the index has neither writeDefine nor writeStClear" },
  NV_Read: reading,
  NV_ReadLock: { TPM_RC_ATTRIBUTES: "the index has no readStClear" },
  NV_Certify: { ...signing, ...reading },
  AC_Send: {
    TPM_RC_ATTRIBUTES: "sendObject is fixedTPM, fixedParent or has encryptedDuplication",
    TPM_RC_POLICY_FAIL: "the policy is not one for sending this object",
    TPM_RC_HANDLE: "without an NV alias only owner and platform authorise",
    TPM_RC_NV_AUTHORIZATION: "the NV alias of the component does not allow this authorization",
  },
};
