/** The settings: read once, changed by the form, kept with the TPM. Knows what is chosen; the PC is made by others. */
import { type AskedFiles, needsConsent, readAddress, readAskedFiles } from "../state/address.ts";
import { afterForm, type Choices, initialChoices, type Plan, plan } from "../state/choices.ts";
import { type Media, type Medium, type MediumName, noMedia } from "../state/media.ts";
import { defaultSettings, readStored, type Settings } from "../state/settings.ts";
import { type Sentence, said, words } from "../words/index.ts";
import type { SettingsStore } from "./settingsStore.ts";

export interface SettingsNews {
  readonly choices: Choices;
  /** What could not be taken or kept, each in a sentence. */
  readonly settingsProblems: readonly Sentence[];
  /** What the address wants to be fetched; none once that was done or refused. */
  readonly askedFiles: AskedFiles;
}

const noFiles: AskedFiles = { addresses: {}, bootFrom: "kernel" };

export class SettingsKeeper {
  readonly #store: SettingsStore;
  readonly #onChange: (news: SettingsNews) => void;
  readonly #address: URL;
  #choices = initialChoices;
  #files = noFiles;
  #problems: readonly Sentence[] = [];
  #isRead = false;
  /** What is chosen could not be kept: what is stored is not what holds. */
  #isUnkept = false;

  /**
   * @param address the page's.
   * @param onChange told of each change.
   */
  constructor(store: SettingsStore, address: string, onChange: (news: SettingsNews) => void) {
    this.#store = store;
    this.#address = new URL(address);
    this.#onChange = onChange;
  }

  /** What the PC is to be made with. */
  get plan(): Plan {
    return plan(this.#choices);
  }

  /** What the address asks for is only done when the user agrees. */
  get needsConsent(): boolean {
    return needsConsent(this.#choices.asked, this.#files);
  }

  /**
   * Reads what is kept, and the first time the address. What can't be taken is its default, and the user is told. Never rejects.
   * @param own the guest's own arguments.
   */
  async load(own: string): Promise<void> {
    if (this.#isRead) return this.#reload(own);
    this.#isRead = true;
    const { search, href } = this.#address;
    const asked = readAddress(search, own);
    const files = readAskedFiles(search, href);
    this.#files = files.value;
    let stored: unknown;
    const problems: Sentence[] = [];
    try {
      stored = await this.#store.read();
    } catch (error) {
      problems.push(() => says().unreadable(messageOf(error)));
    }
    const kept = readStored(stored, own);
    const all = [...problems, ...kept.problems, ...asked.problems, ...files.problems];
    this.#change({ ...initialChoices, kept: kept.value, asked: asked.value }, all);
  }

  /** Another tab may have had the TPM, and have changed its settings or made a new one. */
  async #reload(own: string): Promise<void> {
    if (this.#isUnkept) return;
    try {
      const kept = readStored(await this.#store.read(), own);
      this.#change({ ...this.#choices, kept: kept.value }, distinct([...this.#problems, ...kept.problems]));
    } catch (error) {
      this.say(() => says().unreadable(messageOf(error)));
    }
  }

  /** Fetches the files of the address, once. What does not come is said; what is chosen by then boots. */
  async fetchAsked(fetchFile: (address: string) => Promise<Medium>): Promise<void> {
    const { addresses, bootFrom } = this.#files;
    this.#files = noFiles;
    const files: Partial<Record<MediumName, Medium>> = {};
    const problems = [...this.#problems];
    for (const [name, address] of Object.entries(addresses) as [MediumName, string][]) {
      try {
        files[name] = await fetchFile(address);
      } catch (error) {
        problems.push(() => says().notFetched(address, messageOf(error)));
      }
    }
    const isThere = bootFrom === "kernel" || files[bootFrom] !== undefined;
    const media: Media = { ...noMedia, files, bootFrom: isThere ? bootFrom : "kernel" };
    if (Object.keys(addresses).length > 0) this.#change({ ...this.#choices, media }, problems);
  }

  /** Something more is to be said of what is chosen. */
  say(problem: Sentence): void {
    this.#change(this.#choices, distinct([...this.#problems, problem]));
  }

  /** All has been read. */
  dismiss(): void {
    this.#change(this.#choices, []);
  }

  /** The user does not want the arguments and files of the address. */
  refuse(): void {
    this.#files = noFiles;
    const { append: _, ...asked } = this.#choices.asked;
    this.#change({ ...this.#choices, asked }, this.#problems);
  }

  /** Takes what the form says, and keeps it. Never rejects: what can't be kept holds for this visit, and is said. */
  async take(form: Settings, media: Media): Promise<void> {
    this.#change(afterForm(this.#choices, form, media), []);
    try {
      await this.#store.write(this.#choices.kept);
      this.#isUnkept = false;
    } catch (error) {
      this.#isUnkept = true;
      this.#change(this.#choices, [() => says().notKept(messageOf(error))]);
    }
  }

  /** There is another TPM: its settings are the defaults. */
  async forget(): Promise<void> {
    this.#change({ ...this.#choices, kept: defaultSettings }, []);
    try {
      await this.#store.remove();
      this.#isUnkept = false;
    } catch (error) {
      this.#isUnkept = true;
      this.#change(this.#choices, [() => says().notRemoved(messageOf(error))]);
    }
  }

  #change(choices: Choices, problems: readonly Sentence[]): void {
    this.#choices = choices;
    this.#problems = problems;
    this.#onChange({ choices, settingsProblems: problems, askedFiles: this.#files });
  }
}

const says = () => words().settings.problems;

/** Each sentence once. */
const distinct = (sentences: readonly Sentence[]): readonly Sentence[] => [
  ...new Map(sentences.map((sentence) => [said(sentence), sentence])).values(),
];

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
