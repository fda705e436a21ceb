/** What a guest may ask of a TPM that is not its own: a rule for each command, so that none is let through because nobody thought of it. */
import type { CommandName } from "../spec/commands.ts";
import { LATER_TPM_RH, TPM_HC, TPM_RH } from "../spec/handles.ts";

/**
 * - `pass`: reaches the chip, unless one of its handles is refused.
 * - `refused`: harms the chip, or what else uses it; reaches it only where it is allowed by name.
 * - `platformPcrs`: refused for the PCRs of the platform's own boot, 0 to 15.
 * - `power`: the platform's own business; the filter answers, and nothing allows it.
 */
export type Rule = "pass" | "refused" | "platformPcrs" | "power";

/** The last of the PCRs that TPM2_PCR_Reset of software can't reset on a PC: what they say of the host's boot must stay true. */
export const LAST_PLATFORM_PCR = 15;

export const RULES: Readonly<Record<CommandName, Rule>> = {
  Startup: "power",
  Shutdown: "power",

  SelfTest: "pass",
  IncrementalSelfTest: "pass",
  GetTestResult: "pass",

  StartAuthSession: "pass",
  PolicyRestart: "pass",

  Create: "pass",
  Load: "pass",
  LoadExternal: "pass",
  ReadPublic: "pass",
  ActivateCredential: "pass",
  MakeCredential: "pass",
  Unseal: "pass",
  ObjectChangeAuth: "pass",
  CreateLoaded: "pass",

  Duplicate: "pass",
  Rewrap: "pass",
  Import: "pass",

  RSA_Encrypt: "pass",
  RSA_Decrypt: "pass",
  ECDH_KeyGen: "pass",
  ECDH_ZGen: "pass",
  ECC_Parameters: "pass",
  ZGen_2Phase: "pass",
  ECC_Encrypt: "pass",
  ECC_Decrypt: "pass",

  EncryptDecrypt: "pass",
  EncryptDecrypt2: "pass",
  Hash: "pass",
  HMAC: "pass",
  MAC: "pass",

  GetRandom: "pass",
  StirRandom: "pass",

  HMAC_Start: "pass",
  MAC_Start: "pass",
  HashSequenceStart: "pass",
  SequenceUpdate: "pass",
  SequenceComplete: "pass",
  EventSequenceComplete: "platformPcrs",

  Certify: "pass",
  CertifyCreation: "pass",
  Quote: "pass",
  GetSessionAuditDigest: "pass",
  // Its success begins the host's audit anew.
  GetCommandAuditDigest: "refused",
  GetTime: "pass",
  CertifyX509: "pass",

  Commit: "pass",
  EC_Ephemeral: "pass",

  VerifySignature: "pass",
  Sign: "pass",

  SetCommandCodeAuditStatus: "refused",

  PCR_Extend: "platformPcrs",
  PCR_Event: "platformPcrs",
  PCR_Read: "pass",
  PCR_Allocate: "refused",
  PCR_SetAuthPolicy: "refused",
  PCR_SetAuthValue: "refused",
  PCR_Reset: "platformPcrs",

  PolicySigned: "pass",
  PolicySecret: "pass",
  PolicyTicket: "pass",
  PolicyOR: "pass",
  PolicyPCR: "pass",
  PolicyLocality: "pass",
  PolicyNV: "pass",
  PolicyCounterTimer: "pass",
  PolicyCommandCode: "pass",
  PolicyPhysicalPresence: "pass",
  PolicyCpHash: "pass",
  PolicyNameHash: "pass",
  PolicyDuplicationSelect: "pass",
  PolicyAuthorize: "pass",
  PolicyAuthValue: "pass",
  PolicyPassword: "pass",
  PolicyGetDigest: "pass",
  PolicyNvWritten: "pass",
  PolicyTemplate: "pass",
  PolicyAuthorizeNV: "pass",

  CreatePrimary: "pass",
  HierarchyControl: "refused",
  SetPrimaryPolicy: "refused",
  ChangePPS: "refused",
  ChangeEPS: "refused",
  Clear: "refused",
  ClearControl: "refused",
  HierarchyChangeAuth: "refused",

  DictionaryAttackLockReset: "refused",
  DictionaryAttackParameters: "refused",

  PP_Commands: "refused",
  SetAlgorithmSet: "refused",

  FieldUpgradeStart: "refused",
  FieldUpgradeData: "refused",
  FirmwareRead: "refused",

  ContextSave: "pass",
  ContextLoad: "pass",
  FlushContext: "pass",
  EvictControl: "pass",

  ReadClock: "pass",
  // A clock that was set forward can't be set back.
  ClockSet: "refused",
  ClockRateAdjust: "refused",

  GetCapability: "pass",
  TestParms: "pass",

  NV_DefineSpace: "pass",
  NV_UndefineSpace: "pass",
  NV_UndefineSpaceSpecial: "refused",
  NV_ReadPublic: "pass",
  NV_Write: "pass",
  NV_Increment: "pass",
  NV_Extend: "pass",
  NV_SetBits: "pass",
  NV_WriteLock: "pass",
  // Locks whatever the host has made lockable so, until the next TPM reset.
  NV_GlobalWriteLock: "refused",
  NV_Read: "pass",
  NV_ReadLock: "pass",
  NV_ChangeAuth: "pass",
  NV_Certify: "pass",

  AC_GetCapability: "refused",
  AC_Send: "refused",
  Policy_AC_SendSelect: "pass",

  // A countdown timer that runs out may reset the host.
  ACT_SetTimeout: "refused",

  Vendor_TCG_Test: "refused",
};

/** Whose authorisation a guest has no business with, by the name under which it is allowed. */
export type RefusedAuthorization = "TPM_RH_PLATFORM" | "TPM_RH_LOCKOUT" | "TPM_RH_AUTH_00";

/** @returns the authorisation that a handle stands for, where it is refused; null for all others. */
export function refusedAuthorization(handle: number): RefusedAuthorization | null {
  if (handle === TPM_RH.TPM_RH_PLATFORM || handle === TPM_RH.TPM_RH_PLATFORM_NV) return "TPM_RH_PLATFORM";
  if (handle === TPM_RH.TPM_RH_LOCKOUT) return "TPM_RH_LOCKOUT";
  if (isPermanent(handle) && handle > TPM_RH.TPM_RH_LAST) return authorizationOfLater(handle);
  // The vendor's own authorisations: nobody knows what they are for.
  if (handle >= TPM_RH.TPM_RH_AUTH_00 && handle <= TPM_RH.TPM_RH_AUTH_FF) return "TPM_RH_AUTH_00";
  return null;
}

const isPermanent = (handle: number) => (handle & TPM_HC.HR_RANGE_MASK) === TPM_HC.HR_PERMANENT;

/** A chip may be of a later revision than the tables. */
function authorizationOfLater(handle: number): RefusedAuthorization | null {
  const { TPM_RH_FW_PLATFORM, TPM_RH_SVN_PLATFORM_BASE, TPM_RH_SVN_NULL_BASE } = LATER_TPM_RH;
  if (handle === TPM_RH_FW_PLATFORM) return "TPM_RH_PLATFORM";
  if (handle >= TPM_RH_SVN_PLATFORM_BASE && handle < TPM_RH_SVN_NULL_BASE) return "TPM_RH_PLATFORM";
  const isOfGuest =
    (handle >= LATER_TPM_RH.TPM_RH_FW_OWNER && handle <= LATER_TPM_RH.TPM_RH_FW_NULL) ||
    (handle >= LATER_TPM_RH.TPM_RH_SVN_OWNER_BASE && handle <= LATER_TPM_RH.TPM_RH_LAST);
  return isOfGuest ? null : "TPM_RH_AUTH_00";
}

/** What may be allowed: names of commands, without TPM2_, and of authorisations. */
export const ALLOWABLE: readonly string[] = [
  ...Object.entries(RULES)
    .filter(([, rule]) => rule === "refused" || rule === "platformPcrs")
    .map(([name]) => name),
  ...(["TPM_RH_PLATFORM", "TPM_RH_LOCKOUT", "TPM_RH_AUTH_00"] satisfies RefusedAuthorization[]),
];
