/**
 * The page's words: one catalogue for each language, of which one is in use. Components and what makes sentences ask
 * {@link words} each time, so that another language takes effect at the next drawing. Imports nothing of the page.
 */
import type { Catalogue } from "./catalogue.ts";
import { en } from "./en/index.ts";
import type { Language } from "./language.ts";

export type { Catalogue } from "./catalogue.ts";
export { chooseLanguage, LANGUAGES, type Language } from "./language.ts";
export { type Sentence, SentenceError, said, sentenceOf } from "./sentence.ts";
export { keepLanguage, languageOfVisit } from "./visit.ts";

let current: Catalogue = en;
let language: Language = "en";

/** The catalogue in use. */
export const words = (): Catalogue => current;
/** The language in use, as in the document's `lang`. */
export const languageInUse = (): Language => language;

let asked = 0;

/**
 * English is always there; another language is a file of its own, fetched when it is first asked for. Of two that are
 * asked for the later one is taken into use, whichever arrives first.
 * @throws TypeError when it can't be fetched; the language in use stays
 */
export async function useLanguage(wanted: Language): Promise<void> {
  const ticket = ++asked;
  const catalogue = wanted === "de" ? (await import("./de/index.ts")).de : en;
  if (ticket !== asked) return;
  current = catalogue;
  language = wanted;
}

/** Tells the browser, and with it screen readers, which language the document has. */
export function labelDocument(document: Document): void {
  document.documentElement.lang = language;
  document.title = current.header.title;
}
