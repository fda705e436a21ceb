/** Every string of the page, in German. */
import type { Catalogue } from "../catalogue.ts";
import { common } from "./common.ts";
import { eventLog } from "./eventLog.ts";
import { events } from "./events.ts";
import { history } from "./history.ts";
import { pcrs } from "./pcrs.ts";

export const de: Catalogue = { common, eventLog, events, history, pcrs };
