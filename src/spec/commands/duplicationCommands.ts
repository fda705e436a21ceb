// TPM 2.0 Part 3, chapter 13: Duplication Commands.
import type { CommandRows } from "../rows.ts";

export const duplicationCommands = {
  Duplicate: {
    code: 0x14b,
    section: "13.1",
    sessions: "required",
    handles: ["@DUP objectHandle: TPMI_DH_OBJECT", "newParentHandle: TPMI_DH_OBJECT+"],
    parameters: ["encryptionKeyIn: TPM2B_DATA", "symmetricAlg: TPMT_SYM_DEF_OBJECT+"],
    response: ["encryptionKeyOut: TPM2B_DATA", "duplicate: TPM2B_PRIVATE", "outSymSeed: TPM2B_ENCRYPTED_SECRET"],
  },
  Rewrap: {
    code: 0x152,
    section: "13.2",
    sessions: "required",
    handles: ["@USER oldParent: TPMI_DH_OBJECT+", "newParent: TPMI_DH_OBJECT+"],
    parameters: ["inDuplicate: TPM2B_PRIVATE", "name: TPM2B_NAME", "inSymSeed: TPM2B_ENCRYPTED_SECRET"],
    response: ["outDuplicate: TPM2B_PRIVATE", "outSymSeed: TPM2B_ENCRYPTED_SECRET"],
  },
  Import: {
    code: 0x156,
    section: "13.3",
    sessions: "required",
    handles: ["@USER parentHandle: TPMI_DH_OBJECT"],
    parameters: [
      "encryptionKey: TPM2B_DATA",
      "objectPublic: TPM2B_PUBLIC",
      "duplicate: TPM2B_PRIVATE",
      "inSymSeed: TPM2B_ENCRYPTED_SECRET",
      "symmetricAlg: TPMT_SYM_DEF_OBJECT+",
    ],
    response: ["outPrivate: TPM2B_PRIVATE"],
  },
} as const satisfies CommandRows;
