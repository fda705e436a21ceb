/**
 * The size of the console's terminal, on its way into the guest: a serial line carries none. The guest's second serial port
 * (COM2) does, away from what the user types: the guest asks with a line "size?" once it listens, and is answered "ROWS
 * COLUMNS" then and whenever the size changes. guest/files/usr/sbin/terminal-size is its other end.
 */
import type { V86 } from "v86";

const PORT = 1;
const OUTPUT_EVENT = "serial1-output-byte";
const QUESTION = "size?";
/** A terminal's size is two 16-bit fields (struct winsize); none has 0 rows. */
const LARGEST = 0xffff;

/** What the channel needs of an emulator. */
export type SizePort = Pick<V86, "add_listener" | "remove_listener" | "serial_send_bytes">;

export class TerminalSize {
  readonly #emulator: SizePort;
  readonly #receive = (byte: number) => this.#onByte(byte);
  #size: { rows: number; columns: number } | undefined;
  #heard = "";
  #listening = false;

  constructor(emulator: SizePort) {
    this.#emulator = emulator;
    emulator.add_listener(OUTPUT_EVENT, this.#receive);
  }

  /**
   * Tells the guest, now or as soon as it asks. A size that it knows already is not sent again.
   * @throws RangeError for what is no number of characters from 1 to 65535.
   */
  set(rows: number, columns: number): void {
    for (const [name, value] of Object.entries({ rows, columns })) {
      if (!Number.isInteger(value) || value < 1 || value > LARGEST) {
        throw new RangeError(`A terminal has 1 to ${LARGEST} ${name}, not ${value}`);
      }
    }
    if (this.#size?.rows === rows && this.#size.columns === columns) return;
    this.#size = { rows, columns };
    if (this.#listening) this.#send();
  }

  /** The guest starts over: it does not listen until it asks again. */
  forget(): void {
    this.#listening = false;
    this.#heard = "";
  }

  /** The guest is one that listens, and knows another size: it is told this one. */
  resume(): void {
    this.#listening = true;
    this.#heard = "";
    this.#send();
  }

  detach(): void {
    this.#emulator.remove_listener(OUTPUT_EVENT, this.#receive);
  }

  #onByte(byte: number): void {
    // Firmware may try the port, and a user may write to it: only the question counts, wherever it begins.
    this.#heard = (this.#heard + String.fromCharCode(byte)).slice(-QUESTION.length);
    if (this.#heard !== QUESTION) return;
    this.#listening = true;
    this.#send();
  }

  #send(): void {
    if (this.#size === undefined) return;
    const { rows, columns } = this.#size;
    this.#emulator.serial_send_bytes(PORT, new TextEncoder().encode(`${rows} ${columns}\n`));
  }
}
