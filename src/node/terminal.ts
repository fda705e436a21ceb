import type { Readable, Writable } from "node:stream";

/** Standard input and output; terminals or not. */
export interface Streams {
  stdin: Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };
  stdout: Writable & { isTTY?: boolean; rows?: number; columns?: number };
  stderr: Writable & { isTTY?: boolean };
}

/** Ctrl-], as in telnet and `virsh console`: no shell or editor wants it. */
const QUIT_KEY = 0x1d;

/**
 * What the guest's firmware and programs may have left behind: no automatic wrap (SeaBIOS turns it off), colours, a
 * hidden cursor, bracketed paste.
 */
const RESTORE_SCREEN = "\x1b[?7h\x1b[0m\x1b[?25h\x1b[?2004l";
/** SeaBIOS turns automatic wrap off and never on again; long lines of Linux would be cut. */
const WRAP_LINES = "\x1b[?7h";

const ignore = () => {};

/** The user's terminal as the guest's console: raw keys go to the guest, the guest's bytes to the screen. */
export class Terminal {
  readonly #streams: Streams;
  readonly #onInput: (bytes: Uint8Array) => void;
  readonly #onQuit: () => void;
  readonly #onSize: (rows: number, columns: number) => void;
  readonly #receive = (bytes: Buffer) => this.#input(bytes);
  readonly #measure = () => this.#tellSize();
  readonly #lose = ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") this.#onQuit();
  };
  #open = false;

  /**
   * @param onInput what the user types.
   * @param onQuit the user pressed Ctrl-], or whoever read the output has gone (`| head -1`).
   * @param onSize told the screen's size in characters when the terminal opens, and when it changes; never where the
   *   output is no terminal.
   */
  constructor(
    streams: Streams,
    onInput: (bytes: Uint8Array) => void,
    onQuit: () => void,
    onSize: (rows: number, columns: number) => void = () => {},
  ) {
    this.#streams = streams;
    this.#onInput = onInput;
    this.#onQuit = onQuit;
    this.#onSize = onSize;
  }

  /** True when a user sits there; otherwise the input is a file or a pipe, in which Ctrl-] is a byte like any other. */
  get interactive(): boolean {
    return this.#streams.stdin.isTTY === true;
  }

  open(): void {
    const { stdin, stdout } = this.#streams;
    this.#open = true;
    stdout.on("error", this.#lose);
    // What can't be read (a folder, a terminal that is gone) has no input.
    stdin.off("error", ignore).on("error", ignore);
    if (this.interactive) stdin.setRawMode?.(true);
    stdin.on("data", this.#receive);
    stdin.resume();
    // Node sends it when this process gets SIGWINCH.
    stdout.on("resize", this.#measure);
    this.#measure();
  }

  write(bytes: Uint8Array): void {
    this.#streams.stdout.write(bytes);
  }

  wrapLines(): void {
    if (this.#streams.stdout.isTTY) this.#streams.stdout.write(WRAP_LINES);
  }

  /** A line of ours between the guest's. */
  say(text: string): void {
    this.#streams.stderr.write(this.#open && this.interactive ? `\r\n${text}\r\n` : `${text}\n`);
  }

  /** Puts the terminal back as it was. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { stdin, stdout } = this.#streams;
    stdin.off("data", this.#receive);
    stdout.off("resize", this.#measure);
    stdout.off("error", this.#lose);
    if (this.interactive) stdin.setRawMode?.(false);
    stdin.pause();
    if (stdout.isTTY) stdout.write(`${RESTORE_SCREEN}\r\n`);
  }

  #tellSize(): void {
    const { isTTY, rows, columns } = this.#streams.stdout;
    // A terminal that does not know its own size says 0.
    if (isTTY && rows && columns) this.#onSize(rows, columns);
  }

  #input(bytes: Buffer): void {
    const quit = this.interactive ? bytes.indexOf(QUIT_KEY) : -1;
    const typed = quit < 0 ? bytes : bytes.subarray(0, quit);
    if (typed.length > 0) this.#onInput(typed);
    if (quit >= 0) this.#onQuit();
  }
}
