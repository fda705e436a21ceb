/** The words of the PCRs' history: fetched with its dialog, in every language, because few visits open it. */
import { historyDialog as german } from "./de/historyDialog.ts";
import { historyDialog as english } from "./en/historyDialog.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const historyDialogWords = (): typeof english => (languageInUse() === "de" ? german : english);
