// TPM 2.0 Part 3, chapter 20: Signing and Signature Verification.
import type { CommandRows } from "../rows.ts";

export const signingAndSignatureVerification = {
  VerifySignature: {
    code: 0x177,
    section: "20.1",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    parameters: ["public digest: TPM2B_DIGEST", "public signature: TPMT_SIGNATURE"],
    response: ["public validation: TPMT_TK_VERIFIED"],
  },
  Sign: {
    code: 0x15d,
    section: "20.2",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: [
      "public digest: TPM2B_DIGEST",
      "public inScheme: TPMT_SIG_SCHEME+",
      "public validation: TPMT_TK_HASHCHECK",
    ],
    response: ["public signature: TPMT_SIGNATURE"],
  },
} as const satisfies CommandRows;
