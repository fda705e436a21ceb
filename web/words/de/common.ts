import type { Catalogue } from "../catalogue.ts";

export const common: Catalogue["common"] = {
  close: "Schließen",
  cancel: "Abbrechen",
  copy: "Kopieren",
  copied: "Kopiert",
  dismiss: "Ausblenden",
  tryAgain: "Erneut versuchen",
  technicalDetails: "Technische Einzelheiten",
  none: "keine",
};
