// TPM 2.0 Part 3, chapter 15: Symmetric Primitives.
import type { CommandRows } from "../rows.ts";

export const symmetricPrimitives = {
  EncryptDecrypt: {
    code: 0x164,
    section: "15.2",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: [
      "public decrypt: TPMI_YES_NO",
      "public mode: TPMI_ALG_CIPHER_MODE+",
      "secret ivIn: TPM2B_IV",
      "secret inData: TPM2B_MAX_BUFFER",
    ],
    response: ["secret outData: TPM2B_MAX_BUFFER", "secret ivOut: TPM2B_IV"],
  },
  EncryptDecrypt2: {
    code: 0x193,
    section: "15.3",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: [
      "secret inData: TPM2B_MAX_BUFFER",
      "public decrypt: TPMI_YES_NO",
      "public mode: TPMI_ALG_CIPHER_MODE+",
      "secret ivIn: TPM2B_IV",
    ],
    response: ["secret outData: TPM2B_MAX_BUFFER", "secret ivOut: TPM2B_IV"],
  },
  Hash: {
    code: 0x17d,
    section: "15.4",
    sessions: "optional",
    parameters: [
      "secret data: TPM2B_MAX_BUFFER",
      "public hashAlg: TPMI_ALG_HASH",
      "public hierarchy: TPMI_RH_HIERARCHY+",
    ],
    response: ["secret outHash: TPM2B_DIGEST", "public validation: TPMT_TK_HASHCHECK"],
  },
  HMAC: {
    code: 0x155,
    section: "15.5",
    sessions: "required",
    handles: ["@USER handle: TPMI_DH_OBJECT"],
    parameters: ["secret buffer: TPM2B_MAX_BUFFER", "public hashAlg: TPMI_ALG_HASH+"],
    response: ["secret outHMAC: TPM2B_DIGEST"],
  },
  MAC: {
    code: 0x155,
    section: "15.6",
    sessions: "required",
    handles: ["@USER handle: TPMI_DH_OBJECT"],
    parameters: ["secret buffer: TPM2B_MAX_BUFFER", "public inScheme: TPMI_ALG_MAC_SCHEME+"],
    response: ["secret outMAC: TPM2B_DIGEST"],
  },
} as const satisfies CommandRows;
