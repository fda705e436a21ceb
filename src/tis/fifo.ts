import { FIFO_SIZE, NO_DATA_BYTE } from "./registers.ts";

/** Bytes 2..5 of a command are its size, big-endian. */
const SIZE_FIELD_END = 6;

/** Collects a command until the size in its own header is reached. */
export class CommandFifo {
  readonly #bytes: Uint8Array;
  #written = 0;

  /** @param memory FIFO_SIZE bytes. */
  constructor(memory = new Uint8Array(FIFO_SIZE)) {
    this.#bytes = memory;
  }

  get written(): number {
    return this.#written;
  }

  /** Bytes that can be written without overflow: the burst count. */
  get free(): number {
    return FIFO_SIZE - this.#written;
  }

  /**
   * The TPM expects no more bytes: the header's size is reached, or the FIFO is full. A size that doesn't fit the FIFO
   * ends here with a truncated command, which the TPM refuses with TPM_RC_COMMAND_SIZE, since size and length differ.
   */
  get complete(): boolean {
    if (this.#written < SIZE_FIELD_END) return false;
    return this.#written >= this.#declaredSize() || this.#written === FIFO_SIZE;
  }

  /** Takes one byte; drops it when the command is complete. */
  push(byte: number): void {
    if (this.complete) return;
    this.#bytes[this.#written++] = byte;
  }

  /** What was written so far, where it lies: good until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#written);
  }

  /** Commands carry authorization values, so that the bytes are wiped and not only forgotten. */
  clear(): void {
    this.#bytes.fill(0, 0, this.#written);
    this.#written = 0;
  }

  load(bytes: Uint8Array): void {
    this.clear();
    this.#bytes.set(bytes);
    this.#written = bytes.length;
  }

  #declaredSize(): number {
    const b = this.#bytes;
    return ((b[2]! << 24) | (b[3]! << 16) | (b[4]! << 8) | b[5]!) >>> 0;
  }
}

/** Hands a response out byte by byte, as often as it is rewound. */
export class ResponseFifo {
  readonly #bytes: Uint8Array;
  #length = 0;
  #position = 0;

  /** @param memory FIFO_SIZE bytes. */
  constructor(memory = new Uint8Array(FIFO_SIZE)) {
    this.#bytes = memory;
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes not yet read: the burst count. */
  get remaining(): number {
    return this.#length - this.#position;
  }

  /**
   * @param response at most FIFO_SIZE bytes; copied.
   * @param position where reading goes on, 0..response.length.
   */
  load(response: Uint8Array, position = 0): void {
    this.clear();
    this.#bytes.set(response);
    this.#length = response.length;
    this.#position = position;
  }

  /** The next byte; 0xFF past the end. */
  shift(): number {
    return this.#position < this.#length ? this.#bytes[this.#position++]! : NO_DATA_BYTE;
  }

  /** responseRetry: the response can be read again from its start. */
  rewind(): void {
    this.#position = 0;
  }

  /** The whole response, where it lies: good until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Responses carry unsealed data and other secrets: wiped as commands are. */
  clear(): void {
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    this.#position = 0;
  }
}
