/** Every string of the page, in English: an area a file. What another language has is held to this by its type. */
import { common } from "./common.ts";
import { files } from "./files.ts";
import { machine } from "./machine.ts";
import { terminal } from "./terminal.ts";

export const en = { common, files, machine, terminal };
