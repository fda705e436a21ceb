import type { Catalogue } from "../catalogue.ts";

export const framed: Catalogue["framed"] = {
  title: "tabtpm läuft nicht innerhalb der Seite einer anderen Website",
  explanation:
    "Die umgebende Seite könnte etwas darüberlegen und dazu verleiten, ein TPM wegzuklicken, das gar nicht zu sehen ist. Hier wurde nichts gestartet.",
  open: "tabtpm für sich öffnen",
};
