/** The words of the verifier: fetched with it, in every language, because few visits open it. */
import { verifier as german } from "./de/verifier.ts";
import { verifier as english } from "./en/verifier.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const verifierWords = (): typeof english => (languageInUse() === "de" ? german : english);
