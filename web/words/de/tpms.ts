import type { Catalogue } from "../catalogue.ts";

export const tpms: Catalogue["tpms"] = {
  button: "TPMs…",
  buttonTitle: (name) => `Die TPMs dieses Browsers; in Gebrauch: ${name}`,
  title: "TPMs in diesem Browser",
  loading: "Wird geladen…",
  notLoaded:
    "Was die TPMs zeigt, wird beim ersten Mal geholt und kam nicht an. Später erneut versuchen, wenn das Netz wieder da ist; hilft das nicht, die Seite neu laden.",
  gone: (used) =>
    `Das zuletzt gewählte TPM ist nicht mehr in diesem Browser, vielleicht wurde es in einem anderen Tab gelöscht: Der PC hat „${used}“.`,
  noSuchName: (name, used) =>
    `Dieser Browser hat kein TPM namens ${name}, das die Adresse der Seite verlangt: Der PC hat „${used}“.`,
};
