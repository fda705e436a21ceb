/** Part 2, 6.6: response codes, each with what it tells the caller. */
import { TPM_RC_COMMAND_SIZE, TPM_RC_FAILURE, TPM_RC_NV_UNAVAILABLE, TPM_RC_SUCCESS } from "./header.ts";
import type { ConstantsType } from "./rows.ts";

type ResponseCodeRow = readonly [code: number, explanation: string];

/** Format zero: errors that concern the command as a whole. */
export const formatZeroCodes = {
  TPM_RC_SUCCESS: [TPM_RC_SUCCESS, "the command succeeded"],
  TPM_RC_BAD_TAG: [0x01e, "the tag of the command is none that a TPM 2.0 knows"],
  TPM_RC_INITIALIZE: [0x100, "TPM2_Startup is needed first, or was already received"],
  TPM_RC_FAILURE: [TPM_RC_FAILURE, "the TPM is in failure mode"],
  TPM_RC_SEQUENCE: [0x103, "the sequence handle is used in a way that does not fit the sequence"],
  TPM_RC_PRIVATE: [0x10b, "not in use"],
  TPM_RC_HMAC: [0x119, "not in use"],
  TPM_RC_DISABLED: [0x120, "the command is disabled"],
  TPM_RC_EXCLUSIVE: [0x121, "the audit session asked for exclusivity, and another command came between"],
  TPM_RC_AUTH_TYPE: [0x124, "the kind of authorisation does not fit the handle and command"],
  TPM_RC_AUTH_MISSING: [0x125, "the handle needs an authorisation session and the command brings none"],
  TPM_RC_POLICY: [0x126, "the policy computation failed, or the authPolicy is not valid"],
  TPM_RC_PCR: [0x127, "the PCR do not have the values that the policy requires"],
  TPM_RC_PCR_CHANGED: [0x128, "a PCR changed after the policy session checked it"],
  TPM_RC_UPGRADE: [0x12d, "the TPM is in field upgrade mode, or not in it"],
  TPM_RC_TOO_MANY_CONTEXTS: [0x12e, "the counter of saved contexts is at its maximum"],
  TPM_RC_AUTH_UNAVAILABLE: [0x12f, "the authValue or authPolicy of the entity cannot be used"],
  TPM_RC_REBOOT: [0x130, "_TPM_Init and Startup(CLEAR) are needed before the TPM can go on"],
  TPM_RC_UNBALANCED: [0x131, "hash and symmetric algorithm differ too much in strength"],
  TPM_RC_COMMAND_SIZE: [TPM_RC_COMMAND_SIZE, "commandSize does not agree with the octets of the command"],
  TPM_RC_COMMAND_CODE: [0x143, "this TPM does not have the command"],
  TPM_RC_AUTHSIZE: [0x144, "authorizationSize is out of range or does not agree with the authorisation area"],
  TPM_RC_AUTH_CONTEXT: [0x145, "the command may not have sessions"],
  TPM_RC_NV_RANGE: [0x146, "offset and size reach beyond the NV Index"],
  TPM_RC_NV_SIZE: [0x147, "the NV Index asked for is larger than allowed"],
  TPM_RC_NV_LOCKED: [0x148, "the NV Index is locked"],
  TPM_RC_NV_AUTHORIZATION: [0x149, "the authorisation given is not one that the NV Index accepts for this access"],
  TPM_RC_NV_UNINITIALIZED: [0x14a, "the NV Index was never written, or saved state could not be restored"],
  TPM_RC_NV_SPACE: [0x14b, "there is not enough NV memory"],
  TPM_RC_NV_DEFINED: [0x14c, "the NV Index or persistent handle is already in use"],
  TPM_RC_BAD_CONTEXT: [0x150, "the saved context is not valid"],
  TPM_RC_CPHASH: [0x151, "the cpHash is already set or does not fit the command"],
  TPM_RC_PARENT: [0x152, "the handle is not one of a valid parent"],
  TPM_RC_NEEDS_TEST: [0x153, "a function has to be tested first"],
  TPM_RC_NO_RESULT: [0x154, "the computation has no result for this input"],
  TPM_RC_SENSITIVE: [0x155, "the sensitive area is malformed after decryption"],
} as const satisfies Readonly<Record<string, ResponseCodeRow>>;

/** Format one: errors that name a handle, session or parameter. */
export const formatOneCodes = {
  TPM_RC_ASYMMETRIC: [0x081, "the asymmetric algorithm is not supported or not appropriate"],
  TPM_RC_ATTRIBUTES: [0x082, "the attributes contradict each other or the use"],
  TPM_RC_HASH: [0x083, "the hash algorithm is not supported or not appropriate"],
  TPM_RC_VALUE: [0x084, "the value is out of range or not correct for the context"],
  TPM_RC_HIERARCHY: [0x085, "the hierarchy is disabled or not correct for the use"],
  TPM_RC_KEY_SIZE: [0x087, "the key size is not supported"],
  TPM_RC_MGF: [0x088, "the mask generation function is not supported"],
  TPM_RC_MODE: [0x089, "the mode of operation is not supported"],
  TPM_RC_TYPE: [0x08a, "the type is not appropriate for the use"],
  TPM_RC_HANDLE: [0x08b, "the handle is not correct for the use"],
  TPM_RC_KDF: [0x08c, "the key derivation function is not supported or not appropriate"],
  TPM_RC_RANGE: [0x08d, "the value is out of the allowed range"],
  TPM_RC_AUTH_FAIL: [0x08e, "the authorisation failed, and the failure was counted against dictionary attacks"],
  TPM_RC_NONCE: [0x08f, "the nonce has a wrong size or value"],
  TPM_RC_PP: [0x090, "Physical Presence has to be asserted"],
  TPM_RC_SCHEME: [0x092, "the scheme is not supported or does not fit"],
  TPM_RC_SIZE: [0x095, "the structure has a wrong size"],
  TPM_RC_SYMMETRIC: [0x096, "the symmetric algorithm or its key size is not supported or not appropriate"],
  TPM_RC_TAG: [0x097, "the structure has a wrong tag"],
  TPM_RC_SELECTOR: [0x098, "the selector of the union is not correct"],
  TPM_RC_INSUFFICIENT: [0x09a, "the command ended before the value did"],
  TPM_RC_SIGNATURE: [0x09b, "the signature is not valid"],
  TPM_RC_KEY: [0x09c, "the fields of the key do not fit the use"],
  TPM_RC_POLICY_FAIL: [0x09d, "the policy is not satisfied"],
  TPM_RC_INTEGRITY: [0x09f, "the integrity check failed"],
  TPM_RC_TICKET: [0x0a0, "the ticket is not valid"],
  TPM_RC_RESERVED_BITS: [0x0a1, "reserved bits are not zero"],
  TPM_RC_BAD_AUTH: [0x0a2, "the authorisation failed; the entity is not subject to dictionary attack protection"],
  TPM_RC_EXPIRED: [0x0a3, "the policy has expired"],
  TPM_RC_POLICY_CC: [0x0a4, "the policy is for another command, or the command code in it is not implemented"],
  TPM_RC_BINDING: [0x0a5, "public and sensitive area do not belong together"],
  TPM_RC_CURVE: [0x0a6, "the curve is not supported"],
  TPM_RC_ECC_POINT: [0x0a7, "the point is not on the curve"],
} as const satisfies Readonly<Record<string, ResponseCodeRow>>;

/** Warnings: the command is not wrong, but cannot be executed now. */
export const warningCodes = {
  TPM_RC_CONTEXT_GAP: [0x901, "the oldest saved session context has to be loaded first"],
  TPM_RC_OBJECT_MEMORY: [0x902, "no room for another object: flush or save one"],
  TPM_RC_SESSION_MEMORY: [0x903, "no room for another session: flush or save one"],
  TPM_RC_MEMORY: [0x904, "no memory for the operation"],
  TPM_RC_SESSION_HANDLES: [0x905, "no session handle is free: flush a session"],
  TPM_RC_OBJECT_HANDLES: [0x906, "no object handle is free: a reboot is needed"],
  TPM_RC_LOCALITY: [0x907, "the locality may not do this"],
  TPM_RC_YIELDED: [0x908, "the TPM suspended the command: send it again"],
  TPM_RC_CANCELED: [0x909, "the command was cancelled"],
  TPM_RC_TESTING: [0x90a, "the TPM is testing itself"],
  TPM_RC_REFERENCE_H0: [0x910, "the 1st handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_H1: [0x911, "the 2nd handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_H2: [0x912, "the 3rd handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_H3: [0x913, "the 4th handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_H4: [0x914, "the 5th handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_H5: [0x915, "the 6th handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_H6: [0x916, "the 7th handle refers to an object or session that is not loaded"],
  TPM_RC_REFERENCE_S0: [0x918, "the 1st session is not loaded"],
  TPM_RC_REFERENCE_S1: [0x919, "the 2nd session is not loaded"],
  TPM_RC_REFERENCE_S2: [0x91a, "the 3rd session is not loaded"],
  TPM_RC_REFERENCE_S3: [0x91b, "the 4th session is not loaded"],
  TPM_RC_REFERENCE_S4: [0x91c, "the 5th session is not loaded"],
  TPM_RC_REFERENCE_S5: [0x91d, "the 6th session is not loaded"],
  TPM_RC_REFERENCE_S6: [0x91e, "the 7th session is not loaded"],
  TPM_RC_NV_RATE: [0x920, "NV memory is being written too often: try later"],
  TPM_RC_LOCKOUT: [0x921, "the TPM is in dictionary attack lockout"],
  TPM_RC_RETRY: [0x922, "the TPM could not start the command: send it again"],
  TPM_RC_NV_UNAVAILABLE: [TPM_RC_NV_UNAVAILABLE, "NV memory cannot be written at present"],
  TPM_RC_NOT_USED: [0x97f, "reserved, never returned"],
} as const satisfies Readonly<Record<string, ResponseCodeRow>>;

/** What is added to a format one code: the kind and number of what it is about. */
export const responseCodeParts = {
  RC_VER1: 0x100,
  RC_FMT1: 0x080,
  RC_WARN: 0x900,
  RC_MAX_FM0: 0x17f,
  TPM_RC_H: 0x000,
  TPM_RC_P: 0x040,
  TPM_RC_S: 0x800,
  TPM_RC_1: 0x100,
  TPM_RC_2: 0x200,
  TPM_RC_3: 0x300,
  TPM_RC_4: 0x400,
  TPM_RC_5: 0x500,
  TPM_RC_6: 0x600,
  TPM_RC_7: 0x700,
  TPM_RC_8: 0x800,
  TPM_RC_9: 0x900,
  TPM_RC_A: 0xa00,
  TPM_RC_B: 0xb00,
  TPM_RC_C: 0xc00,
  TPM_RC_D: 0xd00,
  TPM_RC_E: 0xe00,
  TPM_RC_F: 0xf00,
  TPM_RC_N_MASK: 0xf00,
} as const;

export const responseCodes = { ...formatZeroCodes, ...formatOneCodes, ...warningCodes };
export type ResponseCodeName = keyof typeof responseCodes;

/** Names to numbers. */
export const TPM_RC = Object.fromEntries(Object.entries(responseCodes).map(([name, row]) => [name, row[0]])) as {
  readonly [Name in ResponseCodeName]: (typeof responseCodes)[Name][0];
};

export const responseCodeTypes: Readonly<Record<string, ConstantsType>> = {
  TPM_RC: { kind: "constants", section: "6.6", base: "UINT32", values: TPM_RC },
};
