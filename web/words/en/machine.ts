/** The machine around the console: its buttons, its time line, its drawer, and how panels fold. */
export const machine = {
  pause: "Pause",
  pauseHint: "The PC and its clock stand still; the TPM’s answers wait",
  resume: "Resume",
  resumeHint: "The PC goes on where it stood",
  paused: "paused",
  pausedNow: "The PC is paused",
  resumedNow: "The PC goes on",
  closeDrawer: "Close",
  timeline: {
    title: "Boot, from power on",
    power: "Power on, firmware starts",
    startup: "TPM started (TPM2_Startup)",
    measured: (count: number) => `Firmware has measured (${count} × TPM2_PCR_Extend)`,
    kernel: "Kernel runs",
    driver: "Linux has the TPM (/dev/tpm0)",
    prompt: "Prompt",
    seconds: (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`,
    notReached: "not reached",
    off: "The PC has no power.",
    outcome: {
      good: "Measured, and Linux has its TPM.",
      running: "The boot is under way.",
      bad: "This boot lacks something:",
    },
  },
};
