// TPM 2.0 Part 3, chapter 14: Asymmetric Primitives.
import type { CommandRows } from "../rows.ts";

export const asymmetricPrimitives = {
  RSA_Encrypt: {
    code: 0x174,
    section: "14.2",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    parameters: [
      "secret message: TPM2B_PUBLIC_KEY_RSA",
      "public inScheme: TPMT_RSA_DECRYPT+",
      "public label: TPM2B_DATA",
    ],
    response: ["public outData: TPM2B_PUBLIC_KEY_RSA"],
  },
  RSA_Decrypt: {
    code: 0x159,
    section: "14.3",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: [
      "public cipherText: TPM2B_PUBLIC_KEY_RSA",
      "public inScheme: TPMT_RSA_DECRYPT+",
      "public label: TPM2B_DATA",
    ],
    response: ["secret message: TPM2B_PUBLIC_KEY_RSA"],
  },
  ECDH_KeyGen: {
    code: 0x163,
    section: "14.4",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    response: ["secret zPoint: TPM2B_ECC_POINT", "public pubPoint: TPM2B_ECC_POINT"],
  },
  ECDH_ZGen: {
    code: 0x154,
    section: "14.5",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: ["public inPoint: TPM2B_ECC_POINT"],
    response: ["secret outPoint: TPM2B_ECC_POINT"],
  },
  ECC_Parameters: {
    code: 0x178,
    section: "14.6",
    sessions: "optional",
    parameters: ["public curveID: TPMI_ECC_CURVE"],
    response: ["public parameters: TPMS_ALGORITHM_DETAIL_ECC"],
  },
  ZGen_2Phase: {
    code: 0x18d,
    section: "14.7",
    sessions: "required",
    handles: ["@USER keyA: TPMI_DH_OBJECT"],
    parameters: [
      "public inQsB: TPM2B_ECC_POINT",
      "public inQeB: TPM2B_ECC_POINT",
      "public inScheme: TPMI_ECC_KEY_EXCHANGE",
      "public counter: UINT16",
    ],
    response: ["secret outZ1: TPM2B_ECC_POINT", "secret outZ2: TPM2B_ECC_POINT"],
  },
  ECC_Encrypt: {
    code: 0x199,
    section: "14.8",
    sessions: "optional",
    handles: ["keyHandle: TPMI_DH_OBJECT"],
    parameters: ["secret plainText: TPM2B_MAX_BUFFER", "public inScheme: TPMT_KDF_SCHEME+"],
    response: ["public C1: TPM2B_ECC_POINT", "public C2: TPM2B_MAX_BUFFER", "public C3: TPM2B_DIGEST"],
  },
  ECC_Decrypt: {
    code: 0x19a,
    section: "14.9",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: [
      "public C1: TPM2B_ECC_POINT",
      "public C2: TPM2B_MAX_BUFFER",
      "public C3: TPM2B_DIGEST",
      "public inScheme: TPMT_KDF_SCHEME+",
    ],
    response: ["secret plainText: TPM2B_MAX_BUFFER"],
  },
} as const satisfies CommandRows;
