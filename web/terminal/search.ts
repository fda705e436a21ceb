/** Search in what the console has shown. */
import { SearchAddon } from "@xterm/addon-search";
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

export class ConsoleSearch {
  readonly #terminal: Terminal;
  readonly #addon = new SearchAddon({ highlightLimit: MARKED });
  #listener: MatchListener = () => {};

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.loadAddon(this.#addon);
    this.#addon.onDidChangeResults(({ resultIndex, resultCount }) => this.#listener(resultIndex, resultCount));
  }

  /** @returns a function that removes the listener, and the marks. */
  onMatches(listener: MatchListener): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
      this.#addon.clearDecorations();
    };
  }

  /** @param isNew the text is another one: the search begins at the end, which is what was shown last. */
  find(text: string, direction: "next" | "previous", isNew = false): void {
    if (isNew) this.#terminal.clearSelection();
    if (text === "") {
      this.#addon.clearDecorations();
      this.#listener(-1, 0);
    } else if (direction === "next") this.#addon.findNext(text, { decorations });
    else this.#addon.findPrevious(text, { decorations });
  }
}
