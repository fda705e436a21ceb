// TPM 2.0 Part 3, chapter 33: Authenticated Countdown Timer.
import type { CommandRows } from "../rows.ts";

export const authenticatedCountdownTimer = {
  ACT_SetTimeout: {
    code: 0x198,
    section: "33.2",
    sessions: "required",
    handles: ["@USER actHandle: TPMI_RH_ACT"],
    parameters: ["public startTimeout: UINT32"],
  },
} as const satisfies CommandRows;
