/** The octets of an event log, read and written: what eventLog.ts and its header share. */

/** Where and why a log can't be read any further. */
export class EventLogError extends Error {
  override name = "EventLogError";
  /** Offset in bytes from the start of the log. */
  readonly offset: number;
  constructor(offset: number, problem: string) {
    super(`The event log is damaged at offset 0x${offset.toString(16)}: ${problem}.`);
    this.offset = offset;
  }
}

/** Reads little-endian numbers; running off the end is damage. */
export class Reader {
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the bytes lie in the log, for messages. */
  readonly #base: number;

  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }
  u16(what: string): number {
    return this.#view.getUint16(this.#advance(2, what), true);
  }
  u32(what: string): number {
    return this.#view.getUint32(this.#advance(4, what), true);
  }
  take(size: number, what: string): Uint8Array {
    const start = this.#advance(size, what);
    return this.#bytes.slice(start, start + size);
  }

  #advance(size: number, what: string): number {
    const start = this.offset;
    const left = this.#bytes.length - start;
    if (size > left) throw new EventLogError(this.#base + start, `${what} needs ${size} bytes, ${left} are left`);
    this.offset += size;
    return start;
  }
}

/** Collects little-endian numbers and octets. */
export class Writer {
  #bytes: number[] = [];

  u8(value: number): void {
    this.#bytes.push(value & 0xff);
  }
  u16(value: number): void {
    this.u8(value);
    this.u8(value >>> 8);
  }
  u32(value: number): void {
    this.u16(value);
    this.u16(value >>> 16);
  }
  append(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
