/**
 * What libtpms' marshalling is made of (src/tpm2/NVMarshal.c there), big-endian. A section is
 *
 *   u16 version   u32 magic   u16 the oldest version that reads it   content   a block for what later versions append
 *
 * and a block is u8 whether it is there, u16 its size, and as many octets. Every offset is checked against the end.
 */
import { LibtpmsStateError } from "./errors.ts";

export interface SectionHead {
  readonly name: string;
  readonly magic: number;
  /** The one version whose layout is known. */
  readonly version: number;
  /** What is written for the oldest version that reads it. */
  readonly oldest: number;
}

export class StateReader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;
  #path: string;

  constructor(octets: Uint8Array, from = 0, end = octets.length, path = "") {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    this.#at = from;
    this.#end = end;
    this.#path = path;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** @param what a clause. @returns an error that says where. */
  damaged(what: string): LibtpmsStateError {
    return new LibtpmsStateError(
      `libtpms' state is damaged at octet ${this.#at}${this.#path && ` (${this.#path})`}: ${what}.`,
      "damaged",
    );
  }

  take(size: number): Uint8Array {
    if (size > this.remaining) throw this.damaged(`${size} octets should follow, and there are ${this.remaining}`);
    this.#at += size;
    return this.#octets.subarray(this.#at - size, this.#at);
  }

  /** All that is left, without taking it. */
  rest(): Uint8Array {
    return this.#octets.subarray(this.#at, this.#end);
  }

  #next(size: number): number {
    this.take(size);
    return this.#at - size;
  }

  u8 = () => this.#view.getUint8(this.#next(1));
  u16 = () => this.#view.getUint16(this.#next(2));
  u32 = () => this.#view.getUint32(this.#next(4));
  u64 = () => this.#view.getBigUint64(this.#next(8));

  /** A BOOL or TPMI_YES_NO, which is written as 0 or 1. */
  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw this.damaged(`a flag is ${value}`);
    return value === 1;
  }

  /** A TPM2B of at most `largest` octets, or of exactly `exact`. */
  sized(largest: number, exact?: number): Uint8Array {
    const size = this.u16();
    if (size > largest || (exact !== undefined && size !== exact))
      throw this.damaged(`a TPM2B has ${size} octets, where ${exact ?? `up to ${largest}`} can be`);
    return this.take(size);
  }

  /** An array with its number of elements in front, of which there is one number only. */
  countOf(expected: number): void {
    const count = this.u16();
    if (count !== expected) throw this.damaged(`an array has ${count} elements instead of ${expected}`);
  }

  /** What comes next must be exactly this number. */
  expect32(expected: number, what: string): void {
    const value = this.u32();
    if (value !== expected)
      throw this.damaged(`${what} is 0x${value.toString(16)} instead of 0x${expected.toString(16)}`);
  }

  /** A section with its head and the empty block at its end. @throws LibtpmsStateError also for a version that is not known. */
  section<T>(head: SectionHead, content: (reader: this) => T, appended: (reader: StateReader) => void = () => {}): T {
    const outside = this.#path;
    this.#path = outside === "" ? head.name : `${outside}, ${head.name}`;
    const version = this.u16();
    this.expect32(head.magic, "the magic number");
    if (version !== head.version) throw this.#otherVersion(head, version);
    const oldest = this.u16();
    if (oldest !== head.oldest)
      throw this.damaged(`it is for readers from version ${oldest} on instead of ${head.oldest}`);
    const value = content(this);
    this.block(appended);
    this.#path = outside;
    return value;
  }

  #otherVersion({ name, version: known }: SectionHead, version: number): LibtpmsStateError {
    const advice =
      version < known
        ? "an older libtpms wrote it: start it once with swtpm on libtpms 0.9 and write something, so that it is written anew"
        : "a newer libtpms wrote it";
    return new LibtpmsStateError(
      `libtpms' ${name} has version ${version}, and version ${known} (libtpms 0.9) is known here: ${advice}.`,
      "version",
    );
  }

  /** A block that must be there: its content has exactly its size. */
  block(content: (reader: StateReader) => void): void {
    if (!this.flag()) throw this.damaged("a block is missing that libtpms 0.9 has");
    const size = this.u16();
    if (size > this.remaining) throw this.damaged(`a block has ${size} octets, and ${this.remaining} are left`);
    const inner = new StateReader(this.#octets, this.#at, this.#at + size, this.#path);
    content(inner);
    if (inner.remaining > 0) throw inner.damaged(`a block has ${inner.remaining} octets more than libtpms 0.9 writes`);
    this.#at += size;
  }
}
