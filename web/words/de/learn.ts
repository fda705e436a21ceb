import type { Catalogue } from "../catalogue.ts";

export const learn: Catalogue["learn"] = {
  button: "Lernen",
  buttonTitle: "Lektionen und Vorführungen, neben dem PC",
  title: "Lernen",
  loading: "Wird geladen …",
  notLoaded:
    "Was die Lektionen zeigt, wird erst bei Bedarf geladen und ist nicht angekommen. Noch einmal versuchen, wenn das Netz wieder da ist; hilft das nicht, die Seite neu laden.",
};
