/** Every string of the page, in English: an area a file. What another language has is held to this by its type. */
import { common } from "./common.ts";
import { eventLog } from "./eventLog.ts";
import { events } from "./events.ts";
import { history } from "./history.ts";
import { pcrs } from "./pcrs.ts";

export const en = { common, eventLog, events, history, pcrs };
