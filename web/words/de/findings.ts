import type { Catalogue } from "../catalogue.ts";

const after = (failure: string) => (failure === "" ? "" : ` (zuvor: ${failure})`);

export const findings: Catalogue["findings"] = {
  "no-tpm": () => "Der Firmware wurde kein TPM angeboten, weil das TPM nicht gestartet werden konnte.",
  "not-started": ([failure = ""]) =>
    `Die Firmware hat das TPM nicht gestartet${after(failure)}: Kein TPM2_Startup ist gelungen.`,
  "given-up": ([failure = ""]) =>
    `Die Firmware hat das TPM aufgegeben${after(failure)} und seine Hierarchien (hierarchies) abgeschaltet: Die Schlüssel von Owner, Endorsement und Platform sind nicht benutzbar.`,
  "hierarchies-off": () =>
    "Alle Hierarchien (hierarchies) des TPM sind abgeschaltet: Die Schlüssel von Owner, Endorsement und Platform sind nicht benutzbar.",
  "not-measured": ([part = ""]) =>
    part === "firmware"
      ? "Dieser Start wurde nicht von Anfang an gemessen: Das Ereignisprotokoll enthält den Kernel, aber nichts von der Firmware."
      : "Dieser Start wurde nicht gemessen: Das Ereignisprotokoll der Firmware ist leer.",
  "kernel-not-measured": ([missing = ""]) =>
    `Nicht im Ereignisprotokoll der Firmware: ${missing}. Es wurde nicht gemessen oder nicht protokolliert; was davon, und warum, steht auf der Konsole.`,
  "banks-differ": ([onlyLog = "", onlyTpm = ""]) => {
    const parts = [
      ...(onlyLog === "" ? [] : [`${onlyLog} nur im Ereignisprotokoll der Firmware`]),
      ...(onlyTpm === "" ? [] : [`${onlyTpm} nur im TPM, und dort steht nichts von diesem Start`]),
    ];
    return `PCR-Bänke unterscheiden sich: ${parts.join("; ")}.`;
  },
  "log-damaged": ([problem = ""]) => `Dieser Start ist nicht nachprüfbar. ${problem}`,
  "pcrs-differ": ([pcrs = ""]) => `PCR ${pcrs}: nicht das, was das Ereignisprotokoll der Firmware ergibt.`,
  unchecked: ([why = ""]) => `Was die Firmware im TPM hinterließ, konnte nicht geprüft werden: ${why}`,
  "no-driver": () =>
    "Linux hat das TPM nicht gefunden und hat kein /dev/tpm0: Sein Treiber hat keinen Befehl gesendet.",
};
