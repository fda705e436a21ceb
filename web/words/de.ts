import type { Words } from "./catalogue.ts";

/** The page's words in German. Names of the field (PCR, authValue, TPM_RC_...) stay as the specification has them. */
export const de: Words = {
  language: {
    name: "Deutsch",
    choose: "Sprache",
  },
};
