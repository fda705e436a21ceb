/** The words of the drawer of lessons and demos: fetched with it, in every language, because few visits open it. */
import { learnDrawer as german } from "./de/learnDrawer.ts";
import { learnDrawer as english } from "./en/learnDrawer.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const learnWords = (): typeof english => (languageInUse() === "de" ? german : english);
