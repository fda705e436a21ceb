/**
 * The terminal: xterm.js as the serial console's screen, its colours, and what keeps it within the page's policy. The
 * only room that knows xterm.js; it takes and gives characters and does not know where they come from. Imports Preact,
 * state/ and ui/.
 */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { keepLook, readLook } from "../ui/kept.ts";
import { words } from "../words/index.ts";
import { isPromptLine, type Key, keySequence, pasted, withControl } from "./keys.ts";
import { ConsoleSearch } from "./search.ts";
import { theme } from "./theme.ts";

/** Pixels. */
const FONT_SIZE = 13;
const FONT_SIZES = { least: 8, most: 28 };
const FONT_SIZE_NAME = "font-size";
const SCROLLBACK_LINES = 5000;

export type Shortcut = "copy" | "search";
/** @returns whether it does that; otherwise the key is the guest's. */
export type ShortcutListener = (shortcut: Shortcut) => boolean;

/**
 * The serial console's screen. It exists before the page shows it and survives being taken off the page, so that no
 * byte of the guest is lost.
 */
export class Console {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #resize = new ResizeObserver(() => this.#refit());
  readonly #disposed = new AbortController();
  readonly #onInput: (text: string) => void;
  readonly search: ConsoleSearch;
  #onShortcut: ShortcutListener = () => false;
  #isControlHeld = false;
  #onControl: (held: boolean) => void = () => {};
  #note = "";
  #onNote: (words: string) => void = () => {};

  /**
   * @param onInput what the user types or pastes, as the bytes' characters (UTF-8 is the receiver's to make).
   * @param place whose font and colours it takes, and the document that makes its elements where that is not the element's own.
   */
  constructor(onInput: (text: string) => void, place: { look?: Element; document?: Document } = {}) {
    const { look = document.documentElement, document: documentOverride = null } = place;
    const looks = (name: string) => getComputedStyle(look).getPropertyValue(name).trim();
    this.#onInput = onInput;
    this.#terminal = new Terminal({
      // A blinking cursor is an animation, for which Chromium looks through the page 60 times a second: time of the guest's.
      cursorBlink: false,
      documentOverride,
      fontFamily: looks("--mono"),
      fontSize: keptFontSize(),
      lineHeight: 1.15,
      minimumContrastRatio: 4.5,
      scrollback: SCROLLBACK_LINES,
      // It warns of each slice of work that was longer than it likes, as on every busy machine.
      logLevel: "error",
      // The search marks its matches by an interface that xterm.js calls proposed.
      allowProposedApi: true,
      theme: theme(looks("--screen")),
    });
    this.#terminal.loadAddon(this.#fit);
    this.search = new ConsoleSearch(this.#terminal);
    this.#terminal.onData((text) => this.#type(text));
    this.#terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    const recolour = () => {
      this.#terminal.options.theme = theme(looks("--screen"));
    };
    // The browser keeps a query that is listened to, and would keep the terminal with it.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour, { signal: this.#disposed.signal });
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
      this.label();
    }
    host.addEventListener("paste", (event) => this.#onPaste(event), { capture: true });
    this.#resize.disconnect();
    this.#resize.observe(host);
    this.#refit();
  }

  /** Says what it is, to who can't see it; to be called again when the language is another one. */
  label(): void {
    this.#terminal.textarea?.setAttribute("aria-label", words().terminal.inputLabel);
  }

  /** @param data bytes of the serial line; xterm decodes their UTF-8. */
  write(data: Uint8Array | string): void {
    this.#terminal.write(data);
  }

  /** What it shows, top first. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? "",
    );
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Takes the terminal away for good. */
  dispose(): void {
    this.#disposed.abort();
    this.#resize.disconnect();
    this.#terminal.dispose();
  }

  /** A key that the user's keyboard may not have. */
  press(key: Key): void {
    this.#type(keySequence(key, this.#terminal.modes.applicationCursorKeysMode));
  }

  /** Holds Ctrl down for the next key, or lets it go. */
  holdControl(held: boolean): void {
    this.#isControlHeld = held;
    this.#onControl(held);
    this.focus();
  }

  /** @param listener is told when Ctrl is held or let go. @returns a function that removes it. */
  onControl(listener: (held: boolean) => void): () => void {
    this.#onControl = listener;
    return () => {
      this.#onControl = () => {};
    };
  }

  /** Sends text as if it were typed; tabs arrive as tabs where the program can take them, else as spaces. */
  paste(text: string): void {
    const bracketed = this.#terminal.modes.bracketedPasteMode;
    const editsLine = isPromptLine(this.#currentLine());
    this.#onInput(pasted(text, { bracketed, editsLine }));
    const isChanged = editsLine && !bracketed && text.includes("\t");
    this.note(isChanged ? words().terminal.tabsAsSpaces : "");
    this.focus();
  }

  /** What the user has selected; empty where nothing is. */
  selection(): string {
    return this.#terminal.getSelection();
  }

  /** The lines that can be seen, without blanks at their ends and empty lines at the end. */
  visibleText(): string {
    const { active } = this.#terminal.buffer;
    let text = "";
    for (let row = active.viewportY; row < active.viewportY + this.#terminal.rows; row++) {
      const line = active.getLine(row);
      // A long line goes on in the next row.
      if (row > active.viewportY && !line?.isWrapped) text += "\n";
      text += line?.translateToString(!active.getLine(row + 1)?.isWrapped) ?? "";
    }
    return text.trimEnd();
  }

  /** Makes the text larger by so many pixels; it stays within what can be read. Kept for the next visit. */
  changeFontSize(by: number): void {
    const { least, most } = FONT_SIZES;
    const size = Math.min(most, Math.max(least, this.fontSize + by));
    this.#terminal.options.fontSize = size;
    keepLook(FONT_SIZE_NAME, `${size}`);
    this.#refit();
  }

  get fontSize(): number {
    return this.#terminal.options.fontSize ?? FONT_SIZE;
  }

  /** @param listener is told of keys that are the page's and not the guest's. @returns a function that removes it. */
  onShortcut(listener: ShortcutListener): () => void {
    this.#onShortcut = listener;
    return () => {
      this.#onShortcut = () => false;
    };
  }

  /** Says something to the user, until the next key; nothing when empty. */
  note(words: string): void {
    this.#note = words;
    this.#onNote(words);
  }

  /** @param listener is told what {@link note} is told. @returns a function that removes it. */
  onNote(listener: (words: string) => void): () => void {
    this.#onNote = listener;
    return () => {
      this.#onNote = () => {};
    };
  }

  /** The line in which the cursor is, also where it is wrapped on the screen. */
  #currentLine(): string {
    const { active } = this.#terminal.buffer;
    let row = active.baseY + active.cursorY;
    let line = active.getLine(row)?.translateToString() ?? "";
    while (row > 0 && active.getLine(row)?.isWrapped) line = (active.getLine(--row)?.translateToString() ?? "") + line;
    return line;
  }

  #type(text: string): void {
    // The terminal itself answers questions here, too: several characters at once, which are no key.
    const isHeld = this.#isControlHeld && [...text].length === 1;
    const typed = isHeld ? withControl(text) : text;
    if (isHeld) this.holdControl(false);
    if (this.#note !== "") this.note("");
    this.#onInput(typed);
  }

  #onPaste(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain");
    if (text === undefined || text === "") return;
    // xterm.js would send tabs as they are.
    event.preventDefault();
    event.stopPropagation();
    this.paste(text);
  }

  #refit(): void {
    if (this.#terminal.element?.isConnected) this.#fit.fit();
  }

  /**
   * Shift-Tab leaves the terminal, which keeps Tab for the guest. Ctrl-Shift-C copies and, with a selection, so does Ctrl-C; Ctrl-Shift-F searches;
   * the browser's own paste event does the rest. All other keys are the guest's.
   * @returns whether xterm is to handle the key.
   */
  #onKey(event: KeyboardEvent): boolean {
    if (event.key === "Tab" && event.shiftKey) return false;
    if (event.type !== "keydown" || !event.ctrlKey || event.altKey || event.metaKey) return true;
    if (event.code === "KeyV" && event.shiftKey) return false;
    const copies = event.code === "KeyC" && (event.shiftKey || this.#terminal.hasSelection());
    const searches = event.code === "KeyF" && event.shiftKey;
    if (!copies && !searches) return true;
    if (!this.#onShortcut(copies ? "copy" : "search")) return true;
    event.preventDefault();
    // A second Ctrl-C is the guest's.
    if (copies) this.#terminal.clearSelection();
    return false;
  }
}

function keptFontSize(): number {
  const size = Number(readLook(FONT_SIZE_NAME) ?? FONT_SIZE);
  return size >= FONT_SIZES.least && size <= FONT_SIZES.most ? size : FONT_SIZE;
}
