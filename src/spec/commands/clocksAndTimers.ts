// TPM 2.0 Part 3, chapter 29: Clocks and Timers.
import type { CommandRows } from "../rows.ts";

export const clocksAndTimers = {
  ReadClock: {
    code: 0x181,
    section: "29.1",
    sessions: "optional",
    response: ["public currentTime: TPMS_TIME_INFO"],
  },
  ClockSet: {
    code: 0x128,
    section: "29.2",
    attributes: "NV",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER auth: TPMI_RH_PROVISION"],
    parameters: ["public newTime: UINT64"],
  },
  ClockRateAdjust: {
    code: 0x130,
    section: "29.3",
    sessions: "required",
    physicalPresence: "allowed",
    handles: ["@USER auth: TPMI_RH_PROVISION"],
    parameters: ["public rateAdjust: TPM_CLOCK_ADJUST"],
  },
} as const satisfies CommandRows;
