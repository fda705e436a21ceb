/** What the differential driver asks TPM2_GetCapability for. */
import { attributeBits } from "../../../src/spec/attributes.ts";
import { u32 } from "../harness.ts";
import { CAP, CC, CURVE, HC, PT, PT_PCR, RH } from "../names.ts";
import type { Random } from "./random.ts";
import type { Part } from "./step.ts";

/** The largest UINT32. */
const LAST = 0xffffffff;
export const UNDER_FIRST_CC = CC.NV_UndefineSpaceSpecial - 1;
export const ABOVE_LAST_CC = CC.ECC_Decrypt + 1;
export const UNASSIGNED_CC = 0x1ff;
export const VENDOR_CC = attributeBits("TPMA_CC", "V");

/** Where a list of TPM2_GetCapability may begin: its first and last entries, what lies between and beside them. */
const FIRST_PROPERTIES: Readonly<Record<number, readonly number[]>> = {
  [CAP.HANDLES]: [
    HC.PCR_FIRST,
    8,
    23,
    24,
    HC.NV_INDEX_FIRST - 1,
    HC.NV_INDEX_FIRST,
    HC.NV_INDEX_FIRST + 2,
    HC.HMAC_SESSION_FIRST,
    HC.HMAC_SESSION_FIRST + 1,
    HC.HMAC_SESSION_FIRST + 63,
    HC.HMAC_SESSION_FIRST + 64,
    HC.POLICY_SESSION_FIRST,
    HC.POLICY_SESSION_FIRST + 1,
    0x03ffffff,
    RH.FIRST,
    RH.OWNER,
    RH.NULL,
    RH.PLATFORM,
    RH.PLATFORM_NV + 1,
    RH.AUTH_00,
    RH.ACT_0,
    0x40ffffff,
    HC.TRANSIENT_FIRST,
    HC.TRANSIENT_FIRST + 1,
    0x80ffffff,
    HC.PERSISTENT_FIRST,
    HC.PLATFORM_PERSISTENT,
    HC.AC_FIRST,
    0x04000000,
    0xff000000,
  ],
  [CAP.COMMANDS]: [0, CC.NV_UndefineSpaceSpecial, CC.Startup, UNASSIGNED_CC, VENDOR_CC],
  [CAP.PP_COMMANDS]: [0, CC.NV_UndefineSpaceSpecial, CC.PCR_Allocate, CC.Duplicate, LAST],
  [CAP.AUDIT_COMMANDS]: [0, CC.NV_UndefineSpaceSpecial, CC.SetCommandCodeAuditStatus, CC.Startup, LAST],
  [CAP.PCRS]: [0, 0, 0, 1],
  [CAP.TPM_PROPERTIES]: [
    PT.NONE,
    PT.FAMILY_INDICATOR,
    PT.LEVEL,
    PT.YEAR,
    PT.HR_LOADED_MIN,
    PT.CONTEXT_HASH,
    PT.MAX_CAP_BUFFER + 1,
    PT.PERMANENT - 1,
    PT.PERMANENT,
    PT.STARTUP_CLEAR,
    PT.HR_ACTIVE_AVAIL,
    PT.LOCKOUT_COUNTER,
    PT.NV_WRITE_RECOVERY,
    0x2ff,
    0x300,
    LAST,
  ],
  [CAP.PCR_PROPERTIES]: [
    PT_PCR.SAVE,
    PT_PCR.EXTEND_L0,
    PT_PCR.EXTEND_L3,
    PT_PCR.RESET_L3,
    13,
    14,
    15,
    16,
    PT_PCR.AUTH,
    PT_PCR.LAST + 1,
    31,
    32,
    LAST,
  ],
  [CAP.ECC_CURVES]: [
    CURVE.NONE,
    CURVE.NIST_P192,
    CURVE.NIST_P384,
    CURVE.NIST_P521,
    CURVE.SM2_P256,
    CURVE.SM2_P256 + 1,
    LAST,
  ],
  [CAP.AUTH_POLICIES]: [RH.OWNER, RH.FIRST, RH.PLATFORM, RH.PLATFORM_NV, 0, 0x41000000, LAST],
  [CAP.ACT]: [RH.ACT_0, RH.ACT_F, RH.ACT_F + 1, 0, LAST],
};

/** capability, property and propertyCount of TPM2_GetCapability. */
export function capabilityParameters(r: Random): Part[] {
  const capability = r.of([
    CAP.ALGS,
    CAP.HANDLES,
    CAP.HANDLES,
    CAP.HANDLES,
    CAP.COMMANDS,
    CAP.PP_COMMANDS,
    CAP.AUDIT_COMMANDS,
    CAP.PCRS,
    CAP.TPM_PROPERTIES,
    CAP.TPM_PROPERTIES,
    CAP.TPM_PROPERTIES,
    CAP.TPM_PROPERTIES,
    CAP.PCR_PROPERTIES,
    CAP.ECC_CURVES,
    CAP.AUTH_POLICIES,
    CAP.ACT,
    CAP.VENDOR_PROPERTY,
    LAST,
  ]);
  const properties: Readonly<Record<number, readonly number[]>> = {
    ...FIRST_PROPERTIES,
    [CAP.TPM_PROPERTIES]: [
      ...(FIRST_PROPERTIES[CAP.TPM_PROPERTIES] ?? []),
      PT.FAMILY_INDICATOR + r.below(0x40),
      PT.PERMANENT + r.below(0x20),
    ],
  };
  const property = r.of(properties[capability] ?? [0, 1]);
  return [u32(capability), u32(property), u32(r.of([0, 1, 2, 10, 64, 127, 128, 254, 0xffffffff]))];
}
