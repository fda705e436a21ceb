/** Every string of the page, in English: an area a file. What another language has is held to this by its type. */
import { common } from "./common.ts";
import { dialogs } from "./dialogs.ts";
import { eventLog } from "./eventLog.ts";
import { explorer } from "./explorer.ts";
import { files } from "./files.ts";
import { findings } from "./findings.ts";
import { framed } from "./framed.ts";
import { header } from "./header.ts";
import { history } from "./history.ts";
import { learn } from "./learn.ts";
import { machine } from "./machine.ts";
import { media } from "./media.ts";
import { notices } from "./notices.ts";
import { offline } from "./offline.ts";
import { pcrs } from "./pcrs.ts";
import { problems } from "./problems.ts";
import { progress } from "./progress.ts";
import { reasons } from "./reasons.ts";
import { settings } from "./settings.ts";
import { terminal } from "./terminal.ts";
import { tpms } from "./tpms.ts";
import { trace } from "./trace.ts";

export const en = {
  common,
  dialogs,
  eventLog,
  explorer,
  files,
  findings,
  framed,
  header,
  history,
  learn,
  machine,
  media,
  notices,
  offline,
  pcrs,
  problems,
  progress,
  reasons,
  settings,
  terminal,
  tpms,
  trace,
};
