import type { Catalogue } from "../catalogue.ts";

const DRIVES = {
  floppy: "den Bootsektor der Diskette",
  harddisk: "Bootsektor und Partitionstabelle der Festplatte",
  cdrom: "Boot-Katalog und El-Torito-Image der CD",
};

export const eventLog: Catalogue["eventLog"] = {
  title: "Ereignisprotokoll der Firmware",
  empty: "Was das BIOS misst, steht hier, sobald es an den Kernel übergibt.",
  nothing: "Die Firmware hat nichts in das TPM gemessen.",
  matches: "✓ ergibt die PCRs 0–9 in jeder Bank",
  differs: (pcrs) => `✗ PCR ${pcrs}: nicht, was das Protokoll ergibt`,
  event: "Ereignis",
  uefi:
    "Mit UEFI anstelle dieses BIOS stünden in PCR 7 die Regeln von Secure Boot (die Schlüssel, und wer das Gestartete " +
    "signiert hat), in PCR 11 ein vereintes Kernel-Image und die Phasen des Starts, in PCR 12 dessen Kommandozeile und " +
    "Zugangsdaten, in PCR 13 Systemerweiterungen. Hier hat PCR 7 nur einen Trenner, und 11 bis 13 bleiben leer.",
  unmeasured: (device) =>
    device === "kernel"
      ? ""
      : `SeaBIOS misst ${DRIVES[device]} (PCR 4 und 5). Was das lädt, wird nur gemessen, wenn es das selbst tut: ` +
        "GRUB für BIOS tut es nicht, sein Modul tpm gibt es nur für UEFI.",
  notLoaded:
    "Was die Ereignisse erklärt, wird beim ersten Mal geholt und kam nicht an: schließen und noch einmal öffnen.",
  what: "Was es ist",
  who: "Wer es gemessen hat",
  why: "Wozu",
  change: "Was ein anderer Digest bedeutet",
};
