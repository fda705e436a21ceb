// TPM 2.0 Part 3, chapter 21: Command Audit.
import type { CommandRows } from "../rows.ts";

export const commandAudit = {
  SetCommandCodeAuditStatus: {
    code: 0x140,
    section: "21.2",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER auth: TPMI_RH_PROVISION"],
    parameters: ["public auditAlg: TPMI_ALG_HASH+", "public setList: TPML_CC", "public clearList: TPML_CC"],
  },
} as const satisfies CommandRows;
