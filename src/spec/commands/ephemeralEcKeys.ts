// TPM 2.0 Part 3, chapter 19: Ephemeral EC Keys.
import type { CommandRows } from "../rows.ts";

export const ephemeralEcKeys = {
  Commit: {
    code: 0x18b,
    section: "19.2",
    sessions: "required",
    handles: ["@USER signHandle: TPMI_DH_OBJECT"],
    parameters: ["P1: TPM2B_ECC_POINT", "s2: TPM2B_SENSITIVE_DATA", "y2: TPM2B_ECC_PARAMETER"],
    response: ["K: TPM2B_ECC_POINT", "L: TPM2B_ECC_POINT", "E: TPM2B_ECC_POINT", "counter: UINT16"],
  },
  EC_Ephemeral: {
    code: 0x18e,
    section: "19.3",
    sessions: "optional",
    parameters: ["curveID: TPMI_ECC_CURVE"],
    response: ["Q: TPM2B_ECC_POINT", "counter: UINT16"],
  },
} as const satisfies CommandRows;
