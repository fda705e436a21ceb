/** What explains the events of the firmware's log: fetched with the first that is opened, in every language. */
import { events as german } from "./de/events.ts";
import { events as english } from "./en/events.ts";
import { languageInUse } from "./index.ts";

/** Those of the language in use. */
export const eventWords = (): typeof english => (languageInUse() === "de" ? german : english);
