/** The words of a move: fetched with its dialog, in every language, because few visits open it. */
import { migration as german } from "./de/migration.ts";
import { migration as english } from "./en/migration.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const migrationWords = (): typeof english => (languageInUse() === "de" ? german : english);
