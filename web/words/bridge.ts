/** The words of the page that is opened for a bridge: fetched with it, in every language, because few visits open it. */
import { bridge as german } from "./de/bridge.ts";
import { bridge as english } from "./en/bridge.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const bridgeWords = (): typeof english => (languageInUse() === "de" ? german : english);
