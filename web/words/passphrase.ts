/** The words of passphrases: fetched with the dialog of the TPMs, in every language, because few visits open it. */
import { passphrase as german } from "./de/passphrase.ts";
import { passphrase as english } from "./en/passphrase.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const passphraseWords = (): typeof english => (languageInUse() === "de" ? german : english);
