/** The words of `<tab-tpm>`, which the page itself does not say. */
import { element as german } from "./de/element.ts";
import { element as english } from "./en/element.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const elementWords = (): typeof english => (languageInUse() === "de" ? german : english);
