// TPM 2.0 Part 3, chapter 13: Duplication Commands.
import type { CommandRows } from "../rows.ts";

export const duplicationCommands = {
  Duplicate: {
    code: 0x14b,
    section: "13.1",
    sessions: "required",
    handles: ["@DUP objectHandle: TPMI_DH_OBJECT", "newParentHandle: TPMI_DH_OBJECT+"],
    parameters: ["secret encryptionKeyIn: TPM2B_DATA", "public symmetricAlg: TPMT_SYM_DEF_OBJECT+"],
    response: [
      "secret encryptionKeyOut: TPM2B_DATA",
      "secret duplicate: TPM2B_PRIVATE",
      "public outSymSeed: TPM2B_ENCRYPTED_SECRET",
    ],
  },
  Rewrap: {
    code: 0x152,
    section: "13.2",
    sessions: "required",
    handles: ["@USER oldParent: TPMI_DH_OBJECT+", "newParent: TPMI_DH_OBJECT+"],
    parameters: [
      "secret inDuplicate: TPM2B_PRIVATE",
      "public name: TPM2B_NAME",
      "public inSymSeed: TPM2B_ENCRYPTED_SECRET",
    ],
    response: ["secret outDuplicate: TPM2B_PRIVATE", "public outSymSeed: TPM2B_ENCRYPTED_SECRET"],
  },
  Import: {
    code: 0x156,
    section: "13.3",
    sessions: "required",
    handles: ["@USER parentHandle: TPMI_DH_OBJECT"],
    parameters: [
      "secret encryptionKey: TPM2B_DATA",
      "public objectPublic: TPM2B_PUBLIC",
      "secret duplicate: TPM2B_PRIVATE",
      "public inSymSeed: TPM2B_ENCRYPTED_SECRET",
      "public symmetricAlg: TPMT_SYM_DEF_OBJECT+",
    ],
    response: ["public outPrivate: TPM2B_PRIVATE"],
  },
} as const satisfies CommandRows;
