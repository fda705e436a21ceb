import type { Catalogue } from "../catalogue.ts";

export const machine: Catalogue["machine"] = {
  pause: "Anhalten",
  pauseHint: "PC und Uhr stehen still; die Antworten des TPMs warten",
  resume: "Weiter",
  resumeHint: "Der PC macht weiter, wo er stand",
  paused: "angehalten",
  pausedNow: "Der PC ist angehalten",
  resumedNow: "Der PC läuft weiter",
  closeDrawer: "Schließen",
  timeline: {
    title: "Start, ab dem Einschalten",
    power: "Strom an, Firmware beginnt",
    startup: "TPM gestartet (TPM2_Startup)",
    measured: (count) => `Firmware hat gemessen (${count} × TPM2_PCR_Extend)`,
    kernel: "Kernel läuft",
    driver: "Linux hat das TPM (/dev/tpm0)",
    prompt: "Eingabezeile",
    seconds: (milliseconds) => `${(milliseconds / 1000).toFixed(2).replace(".", ",")} s`,
    notReached: "nicht erreicht",
    off: "Der PC hat keinen Strom.",
    outcome: {
      good: "Gemessen, und Linux hat sein TPM.",
      running: "Der Start läuft.",
      bad: "Diesem Start fehlt etwas:",
    },
  },
};
