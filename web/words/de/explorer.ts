import type { Catalogue } from "../catalogue.ts";

export const explorer: Catalogue["explorer"] = {
  title: "Im Inneren des TPM",
  note: "Schlüssel, Sitzungen, NV-Indizes, PCRs",
  loading: "Die Ansicht wird geladen.",
  notLoaded:
    "Der Teil der Seite, der diese Ansicht zeigt, kam nicht an. Erneut versuchen, wenn das Netz wieder da ist; hilft das nicht, die Seite neu laden.",
  empty: "Das TPM hat keinen Strom: Es gibt nichts zu sehen.",
};
