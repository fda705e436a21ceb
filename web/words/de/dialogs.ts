import type { Catalogue } from "../catalogue.ts";

export const dialogs: Catalogue["dialogs"] = {
  newTpm: {
    title: "Dieses TPM durch ein neues ersetzen?",
    setAside: "Beiseitelegen und neues TPM starten",
    delete: "Löschen und neues TPM starten",
    outOfReach:
      "Der gespeicherte Zustand bleibt in diesem Browser, beiseitegelegt, aber die Seite benutzt ihn nicht mehr. Nicht mehr erreichbar sind:",
    lost: "Das TPM in diesem Browser wird endgültig gelöscht. Mit ihm gehen verloren:",
    seeds:
      "seine Seeds, damit jeder daraus erzeugte Schlüssel und alles, was mit diesem TPM versiegelt wurde (sealed);",
    authorisations: "die Autorisierungen und Policies von Owner, Endorsement und Lockout;",
    counters: "seine Uhr, die Reset-Zähler und die Einstellungen gegen Erraten (dictionary attack).",
    afterwards:
      "Der PC startet mit einem frisch hergestellten TPM neu, dessen Endorsement Keys Zertifikate einer Demo-CA dieses Browsers bekommen. Kein Hersteller steht dahinter.",
  },
  address: {
    title: "Den PC so starten, wie es dieser Link verlangt?",
    cancel: "Ohne das starten",
    confirm: "So starten",
    arguments: "Die Adresse der Seite enthält Argumente für den Kernel des PC:",
    files: "Die Adresse der Seite enthält Dateien für den PC:",
    warning:
      "Mit eigenen Argumenten oder Dateien kann ein Link den PC jedes Programm ausführen lassen, das dieses TPM und die Dateien unter /mnt benutzen, ändern oder löschen kann. Nichts davon wird behalten: Der nächste Besuch ohne sie ist wie vorher.",
  },
};
