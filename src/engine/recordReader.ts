import { type AlgorithmName, algorithms } from "../spec/algorithms.ts";
import { TpmCoreError } from "./core.ts";

const algorithmNames = new Map<number, AlgorithmName>(
  Object.entries(algorithms).map(([name, { id }]) => [id, name as AlgorithmName]),
);

/** Reads big-endian integers and TPM structures one after the other. What is not there, or is no such thing, throws TpmCoreError. */
export class RecordReader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  }

  get remaining(): number {
    return this.#octets.length - this.#at;
  }

  #take(size: number): number {
    if (size > this.remaining) this.damaged(`${size} octets more are needed, there are ${this.remaining}`);
    this.#at += size;
    return this.#at - size;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) this.damaged(`${value} is no flag`);
    return value === 1;
  }

  /** Milliseconds that are counted down; null for none. */
  delay(): number | null {
    const value = this.u64();
    return value === NEVER ? null : Number(value);
  }

  /** A copy. */
  bytes(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#octets.slice(at, at + size);
  }

  /** A TPM2B. */
  sized(): Uint8Array {
    return this.bytes(this.u16());
  }

  /** TPM_ALG_ID. */
  algorithm(): AlgorithmName {
    const id = this.u16();
    return algorithmNames.get(id) ?? this.damaged(`0x${id.toString(16)} is no algorithm`);
  }

  /** TPM_ALG_ID; TPM_ALG_NULL and 0, of what was never set, are null. */
  optionalAlgorithm(): AlgorithmName | null {
    const name = this.algorithm();
    return name === "TPM_ALG_NULL" || name === "TPM_ALG_ERROR" ? null : name;
  }

  /** @param least octets that an element has: a count that cannot be is found out before anything is made. */
  list<Element>(count: number, least: number, element: () => Element): Element[] {
    if (count * least > this.remaining) this.damaged(`${count} elements do not fit`);
    return Array.from({ length: count }, element);
  }

  end(): void {
    if (this.remaining > 0) this.damaged(`${this.remaining} octets are left over`);
  }

  damaged(what: string): never {
    throw new TpmCoreError(`The TPM's account of itself is damaged before offset ${this.#at}: ${what}.`);
  }
}

const NEVER = 0xffff_ffff_ffff_ffffn;
