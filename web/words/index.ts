/**
 * The page's words: one catalogue for each language, of which one is in use. Components and what makes sentences ask
 * {@link words} each time, so that another language takes effect at the next drawing. Imports nothing of the page.
 */
import type { Catalogue } from "./catalogue.ts";
import { en } from "./en/index.ts";
import type { Language } from "./language.ts";

export type { Catalogue } from "./catalogue.ts";
export { chooseLanguage, LANGUAGES, type Language } from "./language.ts";

let current: Catalogue = en;
let language: Language = "en";

/** The catalogue in use. */
export const words = (): Catalogue => current;
/** The language in use, as in the document's `lang`. */
export const languageInUse = (): Language => language;

/** English is always there; another language is a file of its own, fetched when it is first asked for. */
export async function useLanguage(wanted: Language): Promise<void> {
  current = wanted === "de" ? (await import("./de/index.ts")).de : en;
  language = wanted;
}
