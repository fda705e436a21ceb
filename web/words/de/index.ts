/** Every string of the page, in German. */
import type { Catalogue } from "../catalogue.ts";
import { common } from "./common.ts";
import { trace } from "./trace.ts";

export const de: Catalogue = { common, trace };
