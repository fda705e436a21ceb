/** Search in what the console has shown. */
import type { SearchAddon } from "@xterm/addon-search";
import type { Terminal } from "@xterm/xterm";

/** More matches are found one after the other, but neither counted nor marked. */
const MARKED = 1000;
const decorations = {
  matchBackground: "#5a4210",
  matchOverviewRuler: "#f2c776",
  activeMatchBackground: "#8a6a1c",
  activeMatchBorder: "#ffe0a3",
  activeMatchColorOverviewRuler: "#ffe0a3",
};

/** @param index of the match that is shown, from 0; -1 where it is not counted. */
export type MatchListener = (index: number, count: number) => void;

/** What searches is fetched when it is first asked for; of several texts that are asked for meanwhile the last one is found. */
export class ConsoleSearch {
  readonly #terminal: Terminal;
  #addon: Promise<SearchAddon> | null = null;
  #asked = 0;
  #listener: MatchListener = () => {};

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @returns a function that removes the listener, and the marks. */
  onMatches(listener: MatchListener): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
      this.#asked++;
      void this.#addon?.then((addon) => addon.clearDecorations()).catch(() => {});
    };
  }

  /**
   * @param isNew the text is another one: the search begins at the end, which is what was shown last.
   * @throws Error when what searches could not be fetched; the next one tries again.
   */
  async find(text: string, direction: "next" | "previous", isNew = false): Promise<void> {
    const ticket = ++this.#asked;
    const addon = await this.#load();
    if (ticket !== this.#asked) return;
    if (isNew) this.#terminal.clearSelection();
    if (text === "") {
      addon.clearDecorations();
      this.#listener(-1, 0);
    } else if (direction === "next") addon.findNext(text, { decorations });
    else addon.findPrevious(text, { decorations });
  }

  #load(): Promise<SearchAddon> {
    this.#addon ??= import("@xterm/addon-search").then(
      ({ SearchAddon: Addon }) => {
        const addon = new Addon({ highlightLimit: MARKED });
        this.#terminal.loadAddon(addon);
        addon.onDidChangeResults(({ resultIndex, resultCount }) => this.#listener(resultIndex, resultCount));
        return addon;
      },
      (error: unknown) => {
        this.#addon = null;
        throw error;
      },
    );
    return this.#addon;
  }
}
