/** The guest's first serial port (COM1): SeaBIOS's console, then Linux's. */
import type { V86 } from "v86";
import { Emitter } from "../engine/events.ts";

/** How much of the console's output {@link SerialConsole.text} keeps: the last half to whole of this, in characters. */
const TEXT_LIMIT = 1 << 20;

/** BusyBox's line editor asks the terminal where its cursor is. It is a question, not output. */
const CURSOR_POSITION_REQUEST = "\x1b[6n";

export interface SerialEvents {
  /** Bytes that the guest wrote since the last event, at most one event per slice of execution. */
  output: Uint8Array;
  /** The same decoded as UTF-8, whole characters only, without requests for the cursor's position. */
  text: string;
}

/** What the console needs of an emulator. */
export type SerialPort = Pick<V86, "add_listener" | "remove_listener" | "serial_send_bytes">;

export class SerialConsole {
  readonly #emulator: SerialPort;
  readonly #events = new Emitter<SerialEvents>();
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #text = "";
  #held = "";
  #pending: number[] = [];
  readonly #receive = (byte: number) => {
    // One event per slice rather than per byte: microtasks run when v86's slice is over.
    if (this.#pending.push(byte) === 1) queueMicrotask(() => this.#flush());
  };

  constructor(emulator: SerialPort) {
    this.#emulator = emulator;
    emulator.add_listener("serial0-output-byte", this.#receive);
  }

  on<Name extends keyof SerialEvents>(event: Name, listener: (value: SerialEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Types into the console. Text is sent as UTF-8; Enter is "\r" or "\n". */
  send(input: string | Uint8Array): void {
    this.#emulator.serial_send_bytes(0, typeof input === "string" ? this.#encoder.encode(input) : input);
  }

  /** What the guest has written: at least the last half MiB of characters, without requests for the cursor's position. */
  text(): string {
    return this.#text;
  }

  /** Forgets the text so far. */
  clear(): void {
    this.#text = "";
  }

  /**
   * Waits for output that matches.
   * @param options.from index into {@link text} at which to start looking; its end by default, so that only new output counts.
   * @returns the output from there to the end of the match.
   * @throws the reason of `signal` when it aborts first.
   */
  waitFor(pattern: RegExp, options: { from?: number; signal?: AbortSignal } = {}): Promise<string> {
    const { from = this.#text.length, signal } = options;
    let seen = this.#text.slice(from);
    return new Promise((resolve, reject) => {
      const look = (text: string): boolean => {
        seen += text;
        const match = pattern.exec(seen);
        if (match === null) return false;
        stop();
        resolve(seen.slice(0, match.index + match[0].length));
        return true;
      };
      const abort = () => {
        stop();
        reject(signal!.reason);
      };
      const remove = this.on("text", look);
      const stop = () => {
        remove();
        signal?.removeEventListener("abort", abort);
      };
      if (look("")) return;
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort);
    });
  }

  detach(): void {
    this.#emulator.remove_listener("serial0-output-byte", this.#receive);
  }

  #flush(): void {
    const bytes = Uint8Array.from(this.#pending);
    this.#pending = [];
    this.#events.emit("output", bytes);
    const text = this.#withoutRequests(this.#decoder.decode(bytes, { stream: true }));
    if (text === "") return;
    this.#text += text;
    if (this.#text.length > TEXT_LIMIT) this.#text = this.#text.slice(-TEXT_LIMIT / 2);
    this.#events.emit("text", text);
  }

  /** A request can arrive in parts: what may be the beginning of one waits for the rest. */
  #withoutRequests(text: string): string {
    const whole = this.#held + text;
    const start = CURSOR_POSITION_REQUEST.slice(0, -1);
    let held = start.length;
    while (!whole.endsWith(start.slice(0, held))) held--;
    this.#held = start.slice(0, held);
    return whole.slice(0, whole.length - held).replaceAll(CURSOR_POSITION_REQUEST, "");
  }
}
