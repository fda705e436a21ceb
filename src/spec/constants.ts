/** Part 2, clause 6: the smaller tables of named values. */
import { TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS } from "./header.ts";
import type { ConstantsType } from "./rows.ts";

export const LOGIC = { NO: 0, YES: 1 } as const;

/** Part 3, 33.2: the startTimeout of TPM2_ACT_SetTimeout that takes the signal back; the timer stands still. */
export const ACT_TIMEOUTS = { ACT_STOP: 0xffffffff } as const;

/** Ours: where a failure mode began, as TPM2_GetTestResult and the operand `location` of a refusal tell it. */
export const FAILURE_LOCATIONS = {
  FAILED_SELF_TEST: 1,
  /** The counter of contexts is at its end. */
  FAILED_COUNTER: 2,
  /** A context passed the integrity check, but its content is impossible. */
  FAILED_CONTEXT: 3,
  /** The instance before this one trapped. */
  FAILED_TRAP: 4,
  /** Nothing failed: the host asked for failure mode. */
  FAILED_ON_REQUEST: 5,
} as const;

export const TPM_SPEC = {
  TPM_SPEC_FAMILY: 0x322e3000,
  TPM_SPEC_LEVEL: 0,
  TPM_SPEC_VERSION: 159,
  TPM_SPEC_YEAR: 2019,
  TPM_SPEC_DAY_OF_YEAR: 312,
} as const;

export const TPM_GENERATED = { TPM_GENERATED_VALUE: 0xff544347 } as const;

export const TPM_CLOCK_ADJUST = {
  TPM_CLOCK_COARSE_SLOWER: -3,
  TPM_CLOCK_MEDIUM_SLOWER: -2,
  TPM_CLOCK_FINE_SLOWER: -1,
  TPM_CLOCK_NO_CHANGE: 0,
  TPM_CLOCK_FINE_FASTER: 1,
  TPM_CLOCK_MEDIUM_FASTER: 2,
  TPM_CLOCK_COARSE_FASTER: 3,
} as const;

export const TPM_EO = {
  TPM_EO_EQ: 0x0000,
  TPM_EO_NEQ: 0x0001,
  TPM_EO_SIGNED_GT: 0x0002,
  TPM_EO_UNSIGNED_GT: 0x0003,
  TPM_EO_SIGNED_LT: 0x0004,
  TPM_EO_UNSIGNED_LT: 0x0005,
  TPM_EO_SIGNED_GE: 0x0006,
  TPM_EO_UNSIGNED_GE: 0x0007,
  TPM_EO_SIGNED_LE: 0x0008,
  TPM_EO_UNSIGNED_LE: 0x0009,
  TPM_EO_BITSET: 0x000a,
  TPM_EO_BITCLEAR: 0x000b,
} as const;

export const TPM_ST = {
  TPM_ST_RSP_COMMAND: 0x00c4,
  TPM_ST_NULL: 0x8000,
  TPM_ST_NO_SESSIONS,
  TPM_ST_SESSIONS,
  TPM_ST_ATTEST_NV: 0x8014,
  TPM_ST_ATTEST_COMMAND_AUDIT: 0x8015,
  TPM_ST_ATTEST_SESSION_AUDIT: 0x8016,
  TPM_ST_ATTEST_CERTIFY: 0x8017,
  TPM_ST_ATTEST_QUOTE: 0x8018,
  TPM_ST_ATTEST_TIME: 0x8019,
  TPM_ST_ATTEST_CREATION: 0x801a,
  TPM_ST_ATTEST_NV_DIGEST: 0x801c,
  TPM_ST_CREATION: 0x8021,
  TPM_ST_VERIFIED: 0x8022,
  TPM_ST_AUTH_SECRET: 0x8023,
  TPM_ST_HASHCHECK: 0x8024,
  TPM_ST_AUTH_SIGNED: 0x8025,
  TPM_ST_FU_MANIFEST: 0x8029,
} as const;

export const TPM_SU = { TPM_SU_CLEAR: 0x0000, TPM_SU_STATE: 0x0001 } as const;

export const TPM_SE = { TPM_SE_HMAC: 0x00, TPM_SE_POLICY: 0x01, TPM_SE_TRIAL: 0x03 } as const;

export const TPM_CAP = {
  TPM_CAP_ALGS: 0x00000000,
  TPM_CAP_HANDLES: 0x00000001,
  TPM_CAP_COMMANDS: 0x00000002,
  TPM_CAP_PP_COMMANDS: 0x00000003,
  TPM_CAP_AUDIT_COMMANDS: 0x00000004,
  TPM_CAP_PCRS: 0x00000005,
  TPM_CAP_TPM_PROPERTIES: 0x00000006,
  TPM_CAP_PCR_PROPERTIES: 0x00000007,
  TPM_CAP_ECC_CURVES: 0x00000008,
  TPM_CAP_AUTH_POLICIES: 0x00000009,
  TPM_CAP_ACT: 0x0000000a,
  TPM_CAP_VENDOR_PROPERTY: 0x00000100,
} as const;

export const TPM_PS = {
  TPM_PS_MAIN: 0x00000000,
  TPM_PS_PC: 0x00000001,
  TPM_PS_PDA: 0x00000002,
  TPM_PS_CELL_PHONE: 0x00000003,
  TPM_PS_SERVER: 0x00000004,
  TPM_PS_PERIPHERAL: 0x00000005,
  TPM_PS_TSS: 0x00000006,
  TPM_PS_STORAGE: 0x00000007,
  TPM_PS_AUTHENTICATION: 0x00000008,
  TPM_PS_EMBEDDED: 0x00000009,
  TPM_PS_HARDCOPY: 0x0000000a,
  TPM_PS_INFRASTRUCTURE: 0x0000000b,
  TPM_PS_VIRTUALIZATION: 0x0000000c,
  TPM_PS_TNC: 0x0000000d,
  TPM_PS_MULTI_TENANT: 0x0000000e,
  TPM_PS_TC: 0x0000000f,
} as const;

export const TPM_NT = {
  TPM_NT_ORDINARY: 0x0,
  TPM_NT_COUNTER: 0x1,
  TPM_NT_BITS: 0x2,
  TPM_NT_EXTEND: 0x4,
  TPM_NT_PIN_FAIL: 0x8,
  TPM_NT_PIN_PASS: 0x9,
} as const;

export const TPM_AT = {
  TPM_AT_ANY: 0x00000000,
  TPM_AT_ERROR: 0x00000001,
  TPM_AT_PV1: 0x00000002,
  TPM_AT_VEND: 0x80000000,
} as const;

export const TPM_AE = { TPM_AE_NONE: 0x00000000 } as const;

type Rows = Readonly<Record<string, ConstantsType>>;
/** A table without an error is open: a TPM unmarshals values that are not in it. */
function constants(section: string, base: string, values: ConstantsType["values"], error?: string): ConstantsType {
  return { kind: "constants", section, base, values, ...(error === undefined ? {} : { error }) };
}

export const constantTypes: Rows = {
  TPM_SPEC: constants("6.1", "UINT32", TPM_SPEC),
  TPM_GENERATED: constants("6.2", "UINT32", TPM_GENERATED, "TPM_RC_VALUE"),
  TPM_CLOCK_ADJUST: constants("6.7", "INT8", TPM_CLOCK_ADJUST, "TPM_RC_VALUE"),
  TPM_EO: constants("6.8", "UINT16", TPM_EO, "TPM_RC_VALUE"),
  // libtpms 0.9.2 does not know these two, and answers TPM_RC_VALUE where other wrong tags are TPM_RC_TAG.
  TPM_ST: {
    ...constants("6.9", "UINT16", TPM_ST, "TPM_RC_VALUE"),
    refused: ["TPM_ST_ATTEST_NV_DIGEST", "TPM_ST_FU_MANIFEST"],
  },
  TPM_SU: constants("6.10", "UINT16", TPM_SU, "TPM_RC_VALUE"),
  TPM_SE: constants("6.11", "UINT8", TPM_SE, "TPM_RC_VALUE"),
  TPM_CAP: constants("6.12", "UINT32", TPM_CAP, "TPM_RC_VALUE"),
  TPM_PS: constants("6.15", "UINT32", TPM_PS),
  TPM_NT: constants("13.2", "UINT32", TPM_NT),
  TPM_AT: constants("16.1", "UINT32", TPM_AT),
  TPM_AE: constants("16.2", "UINT32", TPM_AE),
};
