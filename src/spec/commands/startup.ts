// TPM 2.0 Part 3, chapter 9: Start-up.
import type { CommandRows } from "../rows.ts";

export const startup = {
  Startup: {
    code: 0x144,
    section: "9.3",
    attributes: "NV",
    sessions: "forbidden",
    parameters: ["public startupType: TPM_SU"],
  },
  Shutdown: {
    code: 0x145,
    section: "9.4",
    attributes: "NV",
    sessions: "optional",
    parameters: ["public shutdownType: TPM_SU"],
  },
} as const satisfies CommandRows;
