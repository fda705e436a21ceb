/** Every string of the page, in English: an area a file. What another language has is held to this by its type. */
import { common } from "./common.ts";
import { reasons } from "./reasons.ts";

export const en = { common, reasons };
