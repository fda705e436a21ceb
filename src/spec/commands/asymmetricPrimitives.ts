// TPM 2.0 Part 3, chapter 14: Asymmetric Primitives.
import type { CommandRows } from "../rows.ts";

export const asymmetricPrimitives = {
  RSA_Encrypt: {
    code: 0x174,
    section: "14.2",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    parameters: ["message: TPM2B_PUBLIC_KEY_RSA", "inScheme: TPMT_RSA_DECRYPT+", "label: TPM2B_DATA"],
    response: ["outData: TPM2B_PUBLIC_KEY_RSA"],
  },
  RSA_Decrypt: {
    code: 0x159,
    section: "14.3",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: ["cipherText: TPM2B_PUBLIC_KEY_RSA", "inScheme: TPMT_RSA_DECRYPT+", "label: TPM2B_DATA"],
    response: ["message: TPM2B_PUBLIC_KEY_RSA"],
  },
  ECDH_KeyGen: {
    code: 0x163,
    section: "14.4",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    response: ["zPoint: TPM2B_ECC_POINT", "pubPoint: TPM2B_ECC_POINT"],
  },
  ECDH_ZGen: {
    code: 0x154,
    section: "14.5",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: ["inPoint: TPM2B_ECC_POINT"],
    response: ["outPoint: TPM2B_ECC_POINT"],
  },
  ECC_Parameters: {
    code: 0x178,
    section: "14.6",
    sessions: "optional",
    parameters: ["curveID: TPMI_ECC_CURVE"],
    response: ["parameters: TPMS_ALGORITHM_DETAIL_ECC"],
  },
  ZGen_2Phase: {
    code: 0x18d,
    section: "14.7",
    sessions: "required",
    handles: ["@USER keyA: TPMI_DH_OBJECT"],
    parameters: [
      "inQsB: TPM2B_ECC_POINT",
      "inQeB: TPM2B_ECC_POINT",
      "inScheme: TPMI_ECC_KEY_EXCHANGE",
      "counter: UINT16",
    ],
    response: ["outZ1: TPM2B_ECC_POINT", "outZ2: TPM2B_ECC_POINT"],
  },
  ECC_Encrypt: {
    code: 0x199,
    section: "14.8",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    parameters: ["plainText: TPM2B_MAX_BUFFER", "inScheme: TPMT_KDF_SCHEME+"],
    response: ["C1: TPM2B_ECC_POINT", "C2: TPM2B_MAX_BUFFER", "C3: TPM2B_DIGEST"],
  },
  ECC_Decrypt: {
    code: 0x19a,
    section: "14.9",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: ["C1: TPM2B_ECC_POINT", "C2: TPM2B_MAX_BUFFER", "C3: TPM2B_DIGEST", "inScheme: TPMT_KDF_SCHEME+"],
    response: ["plainText: TPM2B_MAX_BUFFER"],
  },
} as const satisfies CommandRows;
