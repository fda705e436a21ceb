// TPM 2.0 Part 3, chapter 11: Session Commands.
import type { CommandRows } from "../rows.ts";

export const sessionCommands = {
  StartAuthSession: {
    code: 0x176,
    section: "11.1",
    sessions: "optional",
    handles: ["tpmKey: TPMI_DH_OBJECT+", "bind: TPMI_DH_ENTITY+"],
    parameters: [
      "public nonceCaller: TPM2B_NONCE",
      "public encryptedSalt: TPM2B_ENCRYPTED_SECRET",
      "public sessionType: TPM_SE",
      "public symmetric: TPMT_SYM_DEF+",
      "public authHash: TPMI_ALG_HASH",
    ],
    responseHandles: ["sessionHandle: TPMI_SH_AUTH_SESSION"],
    response: ["public nonceTPM: TPM2B_NONCE"],
  },
  PolicyRestart: {
    code: 0x180,
    section: "11.2",
    sessions: "optional",
    handles: ["sessionHandle: TPMI_SH_POLICY"],
  },
} as const satisfies CommandRows;
