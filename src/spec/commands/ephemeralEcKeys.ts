// TPM 2.0 Part 3, chapter 19: Ephemeral EC Keys.
import type { CommandRows } from "../rows.ts";

export const ephemeralEcKeys = {
  Commit: {
    code: 0x18b,
    section: "19.2",
    sessions: "required",
    handles: ["@USER signHandle: TPMI_DH_OBJECT"],
    parameters: ["public P1: TPM2B_ECC_POINT", "secret s2: TPM2B_SENSITIVE_DATA", "secret y2: TPM2B_ECC_PARAMETER"],
    response: [
      "public K: TPM2B_ECC_POINT",
      "public L: TPM2B_ECC_POINT",
      "public E: TPM2B_ECC_POINT",
      "public counter: UINT16",
    ],
  },
  EC_Ephemeral: {
    code: 0x18e,
    section: "19.3",
    sessions: "optional",
    parameters: ["public curveID: TPMI_ECC_CURVE"],
    response: ["public Q: TPM2B_ECC_POINT", "public counter: UINT16"],
  },
} as const satisfies CommandRows;
