/** The words of the dialog of the TPMs: fetched with it, in every language, because few visits open it. */
import { tpmsDialog as german } from "./de/tpmsDialog.ts";
import { tpmsDialog as english } from "./en/tpmsDialog.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const tpmsDialogWords = (): typeof english => (languageInUse() === "de" ? german : english);
