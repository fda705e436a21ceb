/** Every string of the page, in German. */
import type { Catalogue } from "../catalogue.ts";
import { common } from "./common.ts";
import { dialogs } from "./dialogs.ts";
import { findings } from "./findings.ts";
import { framed } from "./framed.ts";
import { header } from "./header.ts";
import { media } from "./media.ts";
import { notices } from "./notices.ts";
import { offline } from "./offline.ts";
import { problems } from "./problems.ts";
import { progress } from "./progress.ts";
import { settings } from "./settings.ts";

export const de: Catalogue = {
  common,
  dialogs,
  findings,
  framed,
  header,
  media,
  notices,
  offline,
  problems,
  progress,
  settings,
};
