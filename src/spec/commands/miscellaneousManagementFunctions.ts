// TPM 2.0 Part 3, chapter 26: Miscellaneous Management Functions.
import type { CommandRows } from "../rows.ts";

export const miscellaneousManagementFunctions = {
  PP_Commands: {
    code: 0x12d,
    section: "26.2",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "required",
    handles: ["@USER auth: TPMI_RH_PLATFORM"],
    parameters: ["public setList: TPML_CC", "public clearList: TPML_CC"],
  },
  SetAlgorithmSet: {
    code: 0x13f,
    section: "26.3",
    attributes: "NV",
    sessions: "required",
    handles: ["@USER authHandle: TPMI_RH_PLATFORM"],
    parameters: ["public algorithmSet: UINT32"],
  },
} as const satisfies CommandRows;
