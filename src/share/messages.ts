/**
 * Messages of 9P2000.L, the file protocol of Linux's v9fs: little-endian, `size[4] type[1] tag[2]` and the fields of each
 * type. [Linux Documentation/filesystems/9p.rst, include/net/9p/9p.h; plan9port's 9P manual, intro(9P)]
 */
import { FileError } from "./errors.ts";

/** Types of requests; the answer's is one more. */
export const REQUEST = {
  STATFS: 8,
  LOPEN: 12,
  LCREATE: 14,
  SYMLINK: 16,
  MKNOD: 18,
  RENAME: 20,
  READLINK: 22,
  GETATTR: 24,
  SETATTR: 26,
  XATTRWALK: 30,
  READDIR: 40,
  FSYNC: 50,
  LOCK: 52,
  GETLOCK: 54,
  LINK: 70,
  MKDIR: 72,
  RENAMEAT: 74,
  UNLINKAT: 76,
  VERSION: 100,
  ATTACH: 104,
  FLUSH: 108,
  WALK: 110,
  READ: 116,
  WRITE: 118,
  CLUNK: 120,
  REMOVE: 122,
} as const;
export const RLERROR = 7;

export const MESSAGE_HEADER = 7;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What identifies a file: QTDIR, QTSYMLINK or QTFILE, a version, and a number that no other file has. */
export interface Qid {
  type: number;
  version: number;
  path: number;
}
export const QID_TYPE = { directory: 0x80, link: 0x02, file: 0x00 } as const;
export const QID_SIZE = 13;

/** Reads the fields of a request in their order. Every method throws FileError EPROTO behind the end. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** @throws FileError EFBIG for more than 2^53 - 1, which no size or offset of ours can be. */
  u64(): number {
    const value = this.number64();
    if (!Number.isSafeInteger(value)) throw new FileError("EFBIG", `${value} is larger than any file`);
    return value;
  }

  /** The nearest number, for a field that may hold anything. */
  number64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** @throws FileError EILSEQ for what is no UTF-8. */
  text(): string {
    const size = this.u16();
    const at = this.#skip(size);
    try {
      return decoder.decode(this.#bytes.subarray(at, at + size));
    } catch (cause) {
      throw new FileError("EILSEQ", "A name is not UTF-8", { cause });
    }
  }

  /** A view of the next octets. */
  data(size: number): Uint8Array {
    const at = this.#skip(size);
    return this.#bytes.subarray(at, at + size);
  }

  #skip(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length)
      throw new FileError("EPROTO", `The request ends after ${this.#bytes.length} octets`);
    this.#at = at + size;
    return at;
  }
}

/** Builds an answer. Growing replaces the array and its view: each field asks for its place first. */
export class MessageWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  text(value: string): this {
    const bytes = encoder.encode(value);
    return this.u16(bytes.length).data(bytes);
  }

  data(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  qid({ type, version, path }: Qid): this {
    return this.u8(type).u32(version).u64(path);
  }

  /** @returns the octets so far, without a header */
  body(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  /** @returns the whole message */
  message(type: number, tag: number): Uint8Array {
    const message = new Uint8Array(MESSAGE_HEADER + this.#size);
    const view = new DataView(message.buffer);
    view.setUint32(0, message.length, true);
    view.setUint8(4, type);
    view.setUint16(5, tag, true);
    message.set(this.#bytes.subarray(0, this.#size), MESSAGE_HEADER);
    return message;
  }

  #grow(size: number): number {
    const at = this.#size;
    this.#size += size;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
