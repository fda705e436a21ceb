/** Every string of the page, in English: an area a file. What another language has is held to this by its type. */
import { common } from "./common.ts";
import { trace } from "./trace.ts";

export const en = { common, trace };
