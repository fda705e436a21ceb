/** Which languages the page has, and which of them a visitor gets. */

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const isLanguage = (name: string | null | undefined): name is Language =>
  LANGUAGES.some((language) => language === name);

/**
 * The language of a visit.
 * @param asked what the address asks for (`?lang=de`)
 * @param kept what the visitor has chosen before
 * @param preferred the browser's languages, best first (BCP 47)
 * @returns the first of these that the page has; English where it has none
 */
export function chooseLanguage(
  asked: string | null,
  kept: string | null | undefined,
  preferred: readonly string[],
): Language {
  const candidates = [asked, kept, ...preferred.map((tag) => tag.toLowerCase().split("-")[0])];
  return candidates.find(isLanguage) ?? "en";
}
