/**
 * Every word that the page says, in one catalogue per language (en.ts is the measure, de.ts has the same keys: the type
 * holds it). Components, terminal and PC read {@link words} when they draw or speak; nothing here knows them.
 */
import type { Words } from "./catalogue.ts";
import { en } from "./en.ts";

export type { Words };

export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];

/** The catalogue in use: import it, and read it at the moment of speaking. */
export let words: Words = en;

const catalogues: Readonly<Record<Language, () => Promise<Words>>> = {
  en: async () => en,
  de: async () => (await import("./de.ts")).de,
};

/** Loads a language's catalogue and makes it the one in use. */
export async function speak(language: Language): Promise<void> {
  words = await catalogues[language]();
}

/** @param wanted as navigator.languages has them: "de-AT". @returns the first of them that there is a catalogue for. */
export function languageOf(wanted: readonly string[]): Language {
  for (const name of wanted) {
    const language = languages.find((each) => each === name.toLowerCase().split("-")[0]);
    if (language !== undefined) return language;
  }
  return "en";
}
