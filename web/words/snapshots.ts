/** The words of the snapshots: fetched with their dialog, in every language, because few visits open it. */
import { snapshots as german } from "./de/snapshots.ts";
import { snapshots as english } from "./en/snapshots.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const snapshotWords = (): typeof english => (languageInUse() === "de" ? german : english);
