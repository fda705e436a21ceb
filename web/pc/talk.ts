/** What the page asks and tells, and what the user answers to it: the store changes, and nothing happens to the PC. */
import { setClockCommand } from "../../src/index.ts";
import { initialState, type PageState } from "../state/model.ts";
import { Store } from "../state/store.ts";
import {
  keepLanguage,
  type Language,
  labelDocument,
  languageInUse,
  type Sentence,
  useLanguage,
  words,
} from "../words/index.ts";

/** The page is drawn at most this often, in milliseconds: the guest shares the thread. */
const REDRAW_MS = 120;

export abstract class Talk {
  readonly store = new Store<PageState>({ ...initialState, language: languageInUse() }, REDRAW_MS);
  readonly #focus: () => void;

  /** @param focus gives the keyboard back to the console. */
  constructor(focus: () => void) {
    this.#focus = focus;
  }

  /** Says what of the settings could not be taken or kept. */
  protected abstract say(sentence: Sentence): void;

  askNewTpm(): void {
    this.store.set({ asking: "new-tpm" });
  }

  cancel(): void {
    this.store.set({ asking: null });
  }

  dismissNotReplaced(): void {
    this.store.set({ notReplaced: null });
    this.#focus();
  }

  explainStorage(shown: boolean): void {
    this.store.set({ explainsStorage: shown });
    if (!shown) this.#focus();
  }

  explainLockout(shown: boolean): void {
    this.store.set({ explainsLockout: shown });
    if (!shown) this.#focus();
  }

  setClockCommand(): string {
    return setClockCommand(Date.now());
  }

  dismissClock(): void {
    this.store.set({ clockBehind: null });
    this.#focus();
  }

  askSettings(): void {
    this.store.set({ asking: "settings" });
  }

  postponeUpdate(): void {
    this.store.set({ hasUpdate: false });
    this.#focus();
  }

  dismissKeepProblem(): void {
    this.store.set({ keepProblem: null });
    this.#focus();
  }

  speak(language: Language): void {
    void this.#speak(language);
  }

  async #speak(language: Language): Promise<void> {
    const says = () => words().settings.language;
    try {
      await useLanguage(language);
    } catch {
      this.say(() => says().notFetched(says().names[language]));
      return;
    }
    if (!keepLanguage(language)) this.say(() => says().notKept);
    labelDocument(document);
    this.store.set({ language: languageInUse() });
  }
}
