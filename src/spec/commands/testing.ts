// TPM 2.0 Part 3, chapter 10: Testing.
import type { CommandRows } from "../rows.ts";

export const testing = {
  SelfTest: {
    code: 0x143,
    section: "10.2",
    attributes: "NV",
    sessions: "optional",
    parameters: ["public fullTest: TPMI_YES_NO"],
  },
  IncrementalSelfTest: {
    code: 0x142,
    section: "10.3",
    attributes: "NV",
    sessions: "optional",
    parameters: ["public toTest: TPML_ALG"],
    response: ["public toDoList: TPML_ALG"],
  },
  GetTestResult: {
    code: 0x17c,
    section: "10.4",
    sessions: "optional",
    response: ["public outData: TPM2B_MAX_BUFFER", "public testResult: TPM_RC"],
  },
} as const satisfies CommandRows;
