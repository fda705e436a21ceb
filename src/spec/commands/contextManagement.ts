// TPM 2.0 Part 3, chapter 28: Context Management.
import type { CommandRows } from "../rows.ts";

export const contextManagement = {
  ContextSave: {
    code: 0x162,
    section: "28.2",
    sessions: "forbidden",
    handles: ["saveHandle: TPMI_DH_CONTEXT"],
    response: ["public context: TPMS_CONTEXT"],
  },
  ContextLoad: {
    code: 0x161,
    section: "28.3",
    sessions: "forbidden",
    parameters: ["public context: TPMS_CONTEXT"],
    responseHandles: ["loadedHandle: TPMI_DH_CONTEXT"],
  },
  FlushContext: {
    code: 0x165,
    section: "28.4",
    sessions: "forbidden",
    parameters: ["public flushHandle: TPMI_DH_CONTEXT"],
  },
  EvictControl: {
    code: 0x120,
    section: "28.5",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER auth: TPMI_RH_PROVISION", "objectHandle: TPMI_DH_OBJECT"],
    parameters: ["public persistentHandle: TPMI_DH_PERSISTENT"],
  },
} as const satisfies CommandRows;
