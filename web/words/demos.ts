/** The words of the demos: fetched with them, in every language, because few visits open one. */
import { demos as german } from "./de/demos.ts";
import { demos as english } from "./en/demos.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const demoWords = (): typeof english => (languageInUse() === "de" ? german : english);
