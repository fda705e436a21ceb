/** Reading the data of events, which come from anywhere and may be cut short: missing bytes read 0. */

const MAX_TEXT = 200;
const MAX_BYTES = 32;

/** Little-endian fields one after the other. After running off the end `intact` is false. */
export class Fields {
  intact = true;
  #offset = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
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

  /** The next bytes; fewer when there are fewer. */
  take(size: number | bigint): Uint8Array {
    if (size > this.left) this.intact = false;
    const taken = Math.min(Number(size), this.left);
    const start = this.#offset;
    this.#offset += taken;
    return this.#bytes.subarray(start, this.#offset);
  }
}

/**
 * ASCII or UTF-16 text, with or without a terminating zero, at most {@link MAX_TEXT} characters of it; null when the
 * bytes are something else. Only printable characters come through: the text ends on terminals and pages.
 */
export function text(bytes: Uint8Array): string | null {
  return ascii(bytes) ?? latinUtf16(bytes);
}

/** Almost any bytes are UTF-16 of some script: a guess takes only what UEFI's own texts consist of. */
function latinUtf16(bytes: Uint8Array): string | null {
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] !== 0) return null;
  return bytes.length >= 4 ? utf16(bytes) : null;
}

function ascii(bytes: Uint8Array): string | null {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  if (end === 0) return null;
  let result = "";
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x09 || byte === 0x0a || byte === 0x0d) result += " ";
    else if (byte >= 0x20 && byte < 0x7f) result += String.fromCharCode(byte);
    else return null;
  }
  return shorten(result);
}

/** UTF-16 in little-endian, as UEFI has it. */
export function utf16(bytes: Uint8Array): string | null {
  let end = bytes.length & ~1;
  if (end !== bytes.length) return null;
  while (end > 0 && bytes[end - 1] === 0 && bytes[end - 2] === 0) end -= 2;
  if (end === 0) return null;
  const result = new TextDecoder("utf-16le").decode(bytes.subarray(0, end));
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]*$/u.test(result) ? shorten(result) : null;
}

function shorten(value: string): string | null {
  const trimmed = value.trim();
  if (trimmed === "") return null;
  return trimmed.length > MAX_TEXT ? `${trimmed.slice(0, MAX_TEXT)}…` : trimmed;
}

/** The first bytes in hexadecimal and how many there are; "no data" for none. */
export function hexBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no data";
  const shown = Array.from(bytes.subarray(0, MAX_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes.length > MAX_BYTES ? `${shown}… (${bytes.length} bytes)` : shown;
}

export function hexAddress(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** EFI_GUID: the first three fields are little-endian. Missing bytes read 0. */
export function guid(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];
  return order.map((index) => (index < 0 ? "-" : (bytes[index] ?? 0).toString(16).padStart(2, "0"))).join("");
}
