import type { Catalogue } from "../catalogue.ts";

export const media: Catalogue["media"] = {
  legend: "Eigene Datenträger und eigener Kernel",
  names: {
    floppy: "Diskette",
    cdrom: "CD",
    harddisk: "Festplatte",
    kernel: "Kernel (bzImage)",
    initrd: "Initrd",
  },
  noFile: "keine",
  choose: "Auswählen…",
  chooseFile: (medium) => `${medium}: eine Datei auswählen`,
  takeOut: "Entfernen",
  takeItOut: (medium) => `${medium}: entfernen`,
  fileOf: (medium) => `Datei für: ${medium}`,
  guestInitrd: "Dieser Kernel bekommt das Initrd des Gasts",
  hint: "Abbilder von Datenträgern, Byte für Byte. Sie bleiben in diesem Browser und werden vergessen, wenn die Seite verlassen wird; ebenso, was der PC darauf schreibt, und das schon, wenn er neu zusammengesetzt wird.",
  bootFrom: "Starten von",
  kernelHint: "Der Kernel startet mit den Argumenten oben.",
  driveHint: "Was dort liegt, hat eigene Argumente: Die oben werden nicht benutzt.",
  ownKernel: "Linux dieser Seite",
};
