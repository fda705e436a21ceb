/**
 * The terminal: xterm.js as the serial console's screen, its colours, and what keeps it within the page's policy. The
 * only room that knows xterm.js; it takes and gives characters and does not know where they come from. Imports Preact,
 * state/ and ui/.
 */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { theme } from "./theme.ts";

const FONT_SIZE = 13;
const SCROLLBACK_LINES = 5000;

/**
 * The serial console's screen. It exists before the page shows it and survives being taken off the page, so that no
 * byte of the guest is lost.
 */
export class Console {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #resize = new ResizeObserver(() => this.#refit());

  /** @param onInput what the user types or pastes, as the bytes' characters (UTF-8 is the receiver's to make). */
  constructor(onInput: (text: string) => void) {
    this.#terminal = new Terminal({
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: FONT_SIZE,
      lineHeight: 1.15,
      minimumContrastRatio: 4.5,
      scrollback: SCROLLBACK_LINES,
      theme: theme(getComputedStyle(document.documentElement).getPropertyValue("--screen").trim()),
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.onData(onInput);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#terminal.options.theme = theme(
        getComputedStyle(document.documentElement).getPropertyValue("--screen").trim(),
      );
    });
  }

  /** @param listener told whenever the screen has another size, in characters. */
  onResize(listener: (rows: number, columns: number) => void): void {
    this.#terminal.onResize(({ rows, cols }) => listener(rows, cols));
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  /** Puts the terminal into `host` (again). */
  show(host: HTMLElement): void {
    const element = this.#terminal.element;
    if (element !== undefined) host.append(element);
    else {
      this.#terminal.open(host);
      this.#terminal.textarea?.setAttribute("aria-label", "Serial console of the PC. Shift+Tab leaves it.");
    }
    this.#resize.disconnect();
    this.#resize.observe(host);
    this.#refit();
  }

  /** @param data bytes of the serial line; xterm decodes their UTF-8. */
  write(data: Uint8Array | string): void {
    this.#terminal.write(data);
  }

  /** Empties the screen and forgets modes and colours: what a power cut does to a terminal's user. */
  clear(): void {
    this.#terminal.reset();
  }

  focus(): void {
    this.#terminal.focus();
  }

  #refit(): void {
    if (this.#terminal.element?.isConnected) this.#fit.fit();
  }

  /**
   * Shift-Tab leaves the terminal, which keeps Tab for the guest. Ctrl-Shift-C copies and, with a selection, so does Ctrl-C; the browser's own paste event does the rest. All other
   * keys are the guest's.
   * @returns whether xterm is to handle the key.
   */
  #onKey(event: KeyboardEvent): boolean {
    if (event.key === "Tab" && event.shiftKey) return false;
    if (event.type !== "keydown" || !event.ctrlKey || event.altKey || event.metaKey) return true;
    if (event.code === "KeyV" && event.shiftKey) return false;
    if (event.code !== "KeyC" || !this.#terminal.hasSelection()) return true;
    event.preventDefault();
    void navigator.clipboard?.writeText(this.#terminal.getSelection());
    this.#terminal.clearSelection();
    return false;
  }
}
