/** Every string of the page, in English: an area a file. What another language has is held to this by its type. */
import { common } from "./common.ts";
import { element } from "./element.ts";

export const en = { common, element };
