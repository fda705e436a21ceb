/** Reading the data of events, which come from anywhere and may be cut short: missing octets read 0. */
import { toHex } from "../../engine/bytes.ts";

const MAX_HEX = 32;

/** Little-endian fields one after the other. After running off the end `intact` is false. */
export class Fields {
  intact = true;
  #offset = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }
  u16(): number {
    return this.u8() + this.u8() * 0x100;
  }
  u32(): number {
    return this.u16() + this.u16() * 0x1_0000;
  }
  u64(): bigint {
    return BigInt(this.u32()) + (BigInt(this.u32()) << 32n);
  }
  /** UINTN, whose size is the firmware's: 4 or 8 octets. */
  uintn(size: number): bigint {
    return size === 8 ? this.u64() : BigInt(this.u32());
  }
  guid(): string {
    return guid(this.take(16));
  }

  /** The next octets; fewer when there are fewer. */
  take(size: number | bigint): Uint8Array {
    if (size > this.left) this.intact = false;
    const taken = Math.min(Number(size), this.left);
    const start = this.#offset;
    this.#offset += taken;
    return this.#bytes.subarray(start, this.#offset);
  }
  /** All that is left. */
  rest(): Uint8Array {
    return this.take(this.left);
  }
}

/** The first octets in hexadecimal and how many there are; "no data" for none. */
export function hexBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no data";
  const shown = toHex(bytes.subarray(0, MAX_HEX));
  return bytes.length > MAX_HEX ? `${shown}… (${bytes.length} bytes)` : shown;
}

/** "0x1f" */
export function hexNumber(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** EFI_GUID: the first three fields are little-endian. Missing octets read 0. */
export function guid(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];
  return order.map((index) => (index < 0 ? "-" : (bytes[index] ?? 0).toString(16).padStart(2, "0"))).join("");
}

/** A list of a few of many: "a, b, …". */
export function listed(items: readonly string[], most: number, separator = ", "): string {
  return items.length > most ? `${items.slice(0, most).join(separator)}${separator}…` : items.join(separator);
}
