import type { Catalogue } from "../catalogue.ts";

/** "3,4": German has a comma. */
const decimal = (value: number) => value.toFixed(1).replace(".", ",");

export const progress: Catalogue["progress"] = {
  stages: { images: "Abbilder", tpm: "TPM", bios: "BIOS", kernel: "Kernel", shell: "Shell" },
  stagesName: "Phasen des Starts",
  barName: "Start des Rechners",
  waiting: "Wartet auf das TPM",
  poweredOff: "ausgeschaltet",
  ready: "bereit",
  booted: "gestartet",
  resumed: "fortgesetzt, nicht neu gemessen",
  readyIn: (seconds) => `bereit nach ${seconds.replace(".", ",")} s`,
  bootedIn: (seconds) => `gestartet nach ${seconds.replace(".", ",")} s`,
  loaded: (megabytes, total) => `${decimal(megabytes)} von ${decimal(total)} MB`,
  said: {
    poweredOff: "Ausgeschaltet",
    bios: "Startet: BIOS",
    kernel: "Startet: Kernel",
    shell: "Die Shell ist bereit",
    lockedOut: "Das TPM ist gesperrt (Lockout)",
    waitingOver: "Das TPM hat geantwortet",
    making: "Ein neues TPM wird hergestellt",
    notMaking: "Das TPM bleibt, wie es ist",
    restarting: "Neustart mit den Einstellungen",
    settingsKept: "Die Einstellungen sind gesichert",
    cannotBoot: "Das kann der PC nicht starten",
    clockBehind: (duration) => `Die Uhr des PC geht ${duration} nach`,
  },
};
