import type { Catalogue } from "../catalogue.ts";

export const history: Catalogue["history"] = {
  title: "Verlauf der PCRs",
  notLoaded: (reason) =>
    `Der Teil der Seite, der den Verlauf zeigt, kam nicht an (${reason}). Noch einmal versuchen oder die Seite neu laden.`,
  keptAsGood: "Dieser Start ist als gut bekannt gemerkt, in diesem Browser, bei diesem TPM.",
  loaded: (name) => `Verglichen wird mit ${name}.`,
  notRead: (reason) => `Ein gemerkter Start ist nicht lesbar. ${reason}`,
  notKept: (reason) => `Dieser Start konnte nicht gemerkt werden. ${reason}`,
  notTaken: (name, reason) => `${name} wurde nicht angenommen. ${reason}`,
  tooLarge: (bytes) => `Sie hat ${bytes} Byte, mehr als jede Datei dieser Art.`,
};
