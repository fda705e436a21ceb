/** Every string of the page, in German. */
import type { Catalogue } from "../catalogue.ts";
import { common } from "./common.ts";
import { files } from "./files.ts";
import { machine } from "./machine.ts";
import { terminal } from "./terminal.ts";

export const de: Catalogue = { common, files, machine, terminal };
