// TPM_CAP_COMMANDS, TPM_CAP_PP_COMMANDS and TPM_CAP_AUDIT_COMMANDS: those that have a handler.
import { commandAttributes, commandCodeAt, commandCount } from "../../generated/commandTable";
import { TPM_CAP_AUDIT_COMMANDS, TPM_CAP_COMMANDS, TPM_CAP_PP_COMMANDS } from "../../generated/constants";
import { MAX_CAP_CC, writeU32 } from "../../base/index";
import { isInAuditList } from "../../tpm/authorization/index";
import { physicalPresenceRequired } from "../../tpm/platform/index";
import { beginEntry, startList } from "./list";

/** TPMA_CC of each command from `first` on. */
export function listCommands(first: u32, requested: u32): void {
  startList(TPM_CAP_COMMANDS, requested, MAX_CAP_CC);
  for (let i: u32 = 0; i < commandCount(); i++) {
    if (commandCodeAt(i) < first) continue;
    if (!beginEntry()) return;
    writeU32(commandAttributes(i));
  }
}

/** Codes of the commands that need physical presence when platform authorization is used. */
export function listPpCommands(first: u32, requested: u32): void {
  startList(TPM_CAP_PP_COMMANDS, requested, MAX_CAP_CC);
  for (let i: u32 = 0; i < commandCount(); i++) {
    const code = commandCodeAt(i);
    if (code < first || !physicalPresenceRequired(code)) continue;
    if (!beginEntry()) return;
    writeU32(code);
  }
}

/** Codes of the commands under command audit. */
export function listAuditCommands(first: u32, requested: u32): void {
  startList(TPM_CAP_AUDIT_COMMANDS, requested, MAX_CAP_CC);
  for (let i: u32 = 0; i < commandCount(); i++) {
    const code = commandCodeAt(i);
    if (code < first || !isInAuditList(code)) continue;
    if (!beginEntry()) return;
    writeU32(code);
  }
}
