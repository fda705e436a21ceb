// TPM 2.0 Part 3, chapter 25: Dictionary Attack Functions.
import type { CommandRows } from "../rows.ts";

export const dictionaryAttackFunctions = {
  DictionaryAttackLockReset: {
    code: 0x139,
    section: "25.2",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER lockHandle: TPMI_RH_LOCKOUT"],
  },
  DictionaryAttackParameters: {
    code: 0x13a,
    section: "25.3",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER lockHandle: TPMI_RH_LOCKOUT"],
    parameters: ["public newMaxTries: UINT32", "public newRecoveryTime: UINT32", "public lockoutRecovery: UINT32"],
  },
} as const satisfies CommandRows;
