/** Every string of the page, in German. */
import type { Catalogue } from "../catalogue.ts";
import { common } from "./common.ts";
import { element } from "./element.ts";

export const de: Catalogue = { common, element };
