// TPM 2.0 Part 3, chapter 15: Symmetric Primitives.
import type { CommandRows } from "../rows.ts";

export const symmetricPrimitives = {
  EncryptDecrypt: {
    code: 0x164,
    section: "15.2",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: ["decrypt: TPMI_YES_NO", "mode: TPMI_ALG_CIPHER_MODE+", "ivIn: TPM2B_IV", "inData: TPM2B_MAX_BUFFER"],
    response: ["outData: TPM2B_MAX_BUFFER", "ivOut: TPM2B_IV"],
  },
  EncryptDecrypt2: {
    code: 0x193,
    section: "15.3",
    sessions: "required",
    handles: ["@USER keyHandle: TPMI_DH_OBJECT"],
    parameters: ["inData: TPM2B_MAX_BUFFER", "decrypt: TPMI_YES_NO", "mode: TPMI_ALG_CIPHER_MODE+", "ivIn: TPM2B_IV"],
    response: ["outData: TPM2B_MAX_BUFFER", "ivOut: TPM2B_IV"],
  },
  Hash: {
    code: 0x17d,
    section: "15.4",
    sessions: "optional",
    parameters: ["data: TPM2B_MAX_BUFFER", "hashAlg: TPMI_ALG_HASH", "hierarchy: TPMI_RH_HIERARCHY+"],
    response: ["outHash: TPM2B_DIGEST", "validation: TPMT_TK_HASHCHECK"],
  },
  HMAC: {
    code: 0x155,
    section: "15.5",
    sessions: "required",
    handles: ["@USER handle: TPMI_DH_OBJECT"],
    parameters: ["buffer: TPM2B_MAX_BUFFER", "hashAlg: TPMI_ALG_HASH+"],
    response: ["outHMAC: TPM2B_DIGEST"],
  },
  MAC: {
    code: 0x155,
    section: "15.6",
    sessions: "required",
    handles: ["@USER handle: TPMI_DH_OBJECT"],
    parameters: ["buffer: TPM2B_MAX_BUFFER", "inScheme: TPMI_ALG_MAC_SCHEME+"],
    response: ["outMAC: TPM2B_DIGEST"],
  },
} as const satisfies CommandRows;
