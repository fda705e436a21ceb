/** Every string of the page, in German. */
import type { Catalogue } from "../catalogue.ts";
import { common } from "./common.ts";
import { dialogs } from "./dialogs.ts";
import { eventLog } from "./eventLog.ts";
import { events } from "./events.ts";
import { findings } from "./findings.ts";
import { framed } from "./framed.ts";
import { header } from "./header.ts";
import { history } from "./history.ts";
import { media } from "./media.ts";
import { notices } from "./notices.ts";
import { offline } from "./offline.ts";
import { pcrs } from "./pcrs.ts";
import { problems } from "./problems.ts";
import { progress } from "./progress.ts";
import { settings } from "./settings.ts";
import { tpms } from "./tpms.ts";

export const de: Catalogue = {
  common,
  dialogs,
  eventLog,
  events,
  findings,
  framed,
  header,
  history,
  media,
  notices,
  offline,
  pcrs,
  problems,
  progress,
  settings,
  tpms,
};
