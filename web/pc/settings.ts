/** The settings: read once, changed by the form, kept with the TPM. Knows what is chosen; the PC is made by others. */
import { needsConsent, readAddress } from "../state/address.ts";
import { afterForm, type Choices, chosen, initialChoices } from "../state/choices.ts";
import { defaultSettings, readStored, type Settings } from "../state/settings.ts";
import type { SettingsStore } from "./settingsStore.ts";

export interface SettingsNews {
  readonly choices: Choices;
  /** What could not be taken or kept, each in a sentence. */
  readonly settingsProblems: readonly string[];
}

export class SettingsKeeper {
  readonly #store: SettingsStore;
  readonly #onChange: (news: SettingsNews) => void;
  readonly #search: string;
  #choices = initialChoices;
  #problems: readonly string[] = [];
  #isRead = false;

  /**
   * @param search of the page's address.
   * @param onChange told of each change.
   */
  constructor(store: SettingsStore, search: string, onChange: (news: SettingsNews) => void) {
    this.#store = store;
    this.#search = search;
    this.#onChange = onChange;
  }

  /** What the PC is to be made with. */
  get chosen(): Settings {
    return chosen(this.#choices);
  }

  /** What the address asks for is only done when the user agrees. */
  get needsConsent(): boolean {
    return needsConsent(this.#choices.asked);
  }

  /**
   * Reads what is kept and the address, the first time. What can't be taken is its default, and the user is told. Never rejects.
   * @param own the guest's own arguments.
   */
  async load(own: string): Promise<void> {
    if (this.#isRead) return;
    this.#isRead = true;
    const asked = readAddress(this.#search, own);
    let stored: unknown;
    const problems: string[] = [];
    try {
      stored = await this.#store.read();
    } catch (error) {
      problems.push(`The stored settings can't be read (${messageOf(error)}).`);
    }
    const kept = readStored(stored, own);
    this.#change({ kept: kept.value, asked: asked.value }, [...problems, ...kept.problems, ...asked.problems]);
  }

  /** The user does not want the arguments of the address. */
  refuse(): void {
    const { append: _, ...asked } = this.#choices.asked;
    this.#change({ ...this.#choices, asked }, this.#problems);
  }

  /** Takes what the form says, and keeps it. Never rejects: what can't be kept holds for this visit, and is said. */
  async take(form: Settings): Promise<void> {
    this.#change(afterForm(this.#choices, form), []);
    try {
      await this.#store.write(this.#choices.kept);
    } catch (error) {
      this.#change(this.#choices, [
        `The settings hold until the page goes, and could not be kept (${messageOf(error)}).`,
      ]);
    }
  }

  /** There is another TPM: its settings are the defaults. */
  async forget(): Promise<void> {
    this.#change({ ...this.#choices, kept: defaultSettings }, []);
    try {
      await this.#store.remove();
    } catch (error) {
      this.#change(this.#choices, [`The old TPM's settings could not be removed (${messageOf(error)}).`]);
    }
  }

  #change(choices: Choices, problems: readonly string[]): void {
    this.#choices = choices;
    this.#problems = problems;
    this.#onChange({ choices, settingsProblems: problems });
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
