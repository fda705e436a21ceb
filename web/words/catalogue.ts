import type { en } from "./en/index.ts";

/** The shape of a catalogue: the English one's, with other sentences. What takes values is a function. */
export type Catalogue = typeof en;
