/** The language of a visit: what the browser has of the visitor's wishes, and what it keeps of them. */
import { chooseLanguage, type Language } from "./language.ts";

const KEPT = "tabtpm-language";
/** "?lang=de" */
const PARAMETER = "lang";

/** The language that this visit begins with. A browser that keeps nothing for the page has nothing kept. */
export function languageOfVisit(): Language {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // Site data is blocked.
  }
  return chooseLanguage(new URLSearchParams(location.search).get(PARAMETER), kept, navigator.languages);
}

/**
 * Keeps the visitor's choice. The address says nothing of the language any more: at a reload the choice would lose to it.
 * @returns false where the browser keeps nothing for the page
 */
export function keepLanguage(language: Language): boolean {
  const address = new URL(location.href);
  if (address.searchParams.has(PARAMETER)) {
    address.searchParams.delete(PARAMETER);
    history.replaceState(history.state, "", address);
  }
  try {
    localStorage.setItem(KEPT, language);
    return true;
  } catch {
    return false;
  }
}
