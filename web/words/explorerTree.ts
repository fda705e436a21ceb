/** The words of the explorer: fetched with it, in every language, because few visits open it. */
import { explorerTree as german } from "./de/explorerTree.ts";
import { explorerTree as english } from "./en/explorerTree.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const explorerWords = (): typeof english => (languageInUse() === "de" ? german : english);
