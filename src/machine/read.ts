import { sha256 } from "@noble/hashes/sha2.js";
import {
  DamagedMachineFileError,
  MachineFileCancelledError,
  MachineFileError,
  MachineFileTooLargeError,
  NewerMachineFileError,
  NotAMachineFileError,
} from "./errors.ts";
import {
  DIGEST_SIZE,
  HEAD_LIMIT,
  hasMagic,
  MACHINE_FORMAT_VERSION,
  type MachineProgress,
  PIECE,
  PREFIX_SIZE,
  readPrefix,
} from "./format.ts";
import { type MachineHead, type MachineParts, parseHead } from "./head.ts";

export interface MachineContents {
  readonly head: MachineHead;
  /** Each with memory of its own. */
  readonly parts: MachineParts;
}

export interface ReadMachineFileOptions {
  readonly onProgress?: (progress: MachineProgress) => void;
  readonly signal?: AbortSignal;
  /** Of the parts together, in octets; 4 GiB by default. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 2 ** 32;
/** gzip makes no more than this of an octet: 258 octets of two bits (RFC 1951, 3.2.5). */
const LARGEST_RATIO = 1032;
/** The header and trailer of a gzip member (RFC 1952), before and after which no octets of the parts are. */
const GZIP_FRAME = 18;

/**
 * What a machine file says of itself, without looking at its parts.
 * @param file its beginning suffices.
 * @throws NotAMachineFileError, NewerMachineFileError, DamagedMachineFileError
 */
export async function readMachineHead(file: Blob): Promise<MachineHead> {
  const octets = async (start: number, end: number) => new Uint8Array(await file.slice(start, end).arrayBuffer());
  const prefix = await octets(0, PREFIX_SIZE);
  const size = headSizeOf(prefix);
  const rest = await octets(PREFIX_SIZE, PREFIX_SIZE + size + DIGEST_SIZE);
  return headOf(prefix, rest);
}

/**
 * Reads a machine file. Nothing of it is unpacked before its digest was found to be right.
 * @param file the whole of it; a stream ends with it, or is cancelled.
 * @throws NotAMachineFileError, NewerMachineFileError, DamagedMachineFileError, MachineFileTooLargeError,
 * MachineFileCancelledError; what reading the stream throws.
 */
export async function readMachineFile(
  file: Blob | ReadableStream<Uint8Array>,
  { onProgress, signal, limit = DEFAULT_LIMIT }: ReadMachineFileOptions = {},
): Promise<MachineContents> {
  const octets = new Octets(file instanceof Blob ? file.stream() : file, signal);
  try {
    const prefix = await octets.take(PREFIX_SIZE);
    const size = headSizeOf(prefix);
    const head = headOf(prefix, await octets.take(size + DIGEST_SIZE));
    const total = head.parts.reduce((sum, part) => sum + part.size, 0);
    if (total > limit) {
      throw new MachineFileTooLargeError(`The machine in the file has ${total} octets, more than ${limit}.`);
    }
    onProgress?.({ done: 0, total });
    const body = await octets.takeRest(total);
    return { head, parts: await unpack(head, body, total, onProgress, signal) };
  } finally {
    await octets.close();
  }
}

/** @throws NotAMachineFileError, NewerMachineFileError, DamagedMachineFileError */
function headSizeOf(prefix: Uint8Array): number {
  if (!hasMagic(prefix)) {
    throw new NotAMachineFileError("The file is no machine file of tabtpm: choose one that was exported from it.");
  }
  if (prefix.length < PREFIX_SIZE) throw cutOff();
  const { version, flags, headSize } = readPrefix(prefix);
  if (version > MACHINE_FORMAT_VERSION) {
    throw new NewerMachineFileError(
      `The file has version ${version} of the machine file, and this tabtpm reads up to ${MACHINE_FORMAT_VERSION}. Open it with a newer tabtpm.`,
    );
  }
  if (version === 0 || flags !== 0 || headSize > HEAD_LIMIT) throw changed("its first octets are not as written");
  return headSize;
}

/** @param rest the head and its digest */
function headOf(prefix: Uint8Array, rest: Uint8Array): MachineHead {
  const { headSize } = readPrefix(prefix);
  if (rest.length < headSize + DIGEST_SIZE) throw cutOff();
  const head = rest.subarray(0, headSize);
  const digest = sha256.create().update(prefix).update(head).digest();
  if (!areSame(digest, rest.subarray(headSize))) throw changed("its head is not as written");
  return parseHead(head);
}

/** @param body the compressed parts, whose digest was right. */
async function unpack(
  head: MachineHead,
  body: readonly Uint8Array<ArrayBuffer>[],
  total: number,
  onProgress: ReadMachineFileOptions["onProgress"],
  signal: AbortSignal | undefined,
): Promise<MachineParts> {
  const parts = head.parts.map(({ name, size }) => [name, memoryFor(size)] as const);
  let done = 0;
  let part = 0;
  let at = 0;
  const take = (octets: Uint8Array) => {
    let from = 0;
    while (from < octets.length) {
      const into = parts[part]?.[1];
      if (into === undefined) throw changed("it has more in it than it says");
      const piece = octets.subarray(from, from + into.length - at);
      into.set(piece, at);
      from += piece.length;
      at += piece.length;
      if (at === into.length) {
        part++;
        at = 0;
      }
    }
    done += octets.length;
    onProgress?.({ done, total });
  };
  const reader = new Blob([...body]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      if (signal?.aborted === true) throw new MachineFileCancelledError("reading", signal.reason);
      const { done: isOver, value } = await reader.read();
      if (isOver) break;
      take(value);
    }
  } catch (cause) {
    await reader.cancel().catch(() => {});
    if (cause instanceof MachineFileError) throw cause;
    throw new DamagedMachineFileError("The machine file is damaged: its parts can't be unpacked.", { cause });
  }
  if (done !== total) throw changed("it has less in it than it says");
  return Object.fromEntries(parts) as unknown as MachineParts;
}

/** @throws MachineFileTooLargeError */
function memoryFor(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new MachineFileTooLargeError(`There is no memory for the machine in the file, ${size} octets.`, { cause });
  }
}

/** A file's octets in order, and the digest of those that were taken. */
class Octets {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  readonly #digest = sha256.create();
  #kept: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>, signal: AbortSignal | undefined) {
    this.#reader = stream.getReader();
    this.#signal = signal;
  }

  /** @returns as many octets as there are up to `size`, which is small. */
  async take(size: number): Promise<Uint8Array> {
    const taken = new Uint8Array(size);
    let have = 0;
    while (have < size) {
      const piece = await this.#next();
      if (piece === null) break;
      const used = piece.subarray(0, size - have);
      taken.set(used, have);
      have += used.length;
      this.#kept = piece.subarray(used.length);
    }
    const result = taken.subarray(0, have);
    this.#digest.update(result);
    return result;
  }

  /**
   * All but the digest at the end, which is compared.
   * @param total octets that are to come of it, uncompressed.
   * @throws DamagedMachineFileError
   */
  async takeRest(total: number): Promise<Uint8Array<ArrayBuffer>[]> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    // What gzip can't make smaller it makes larger by little.
    const most = total + total / 1000 + GZIP_FRAME + PIECE;
    let size = 0;
    let tail: Uint8Array = new Uint8Array();
    for (let piece = await this.#next(); piece !== null; piece = await this.#next()) {
      const both = new Uint8Array(tail.length + piece.length);
      both.set(tail);
      both.set(piece, tail.length);
      const end = Math.max(0, both.length - DIGEST_SIZE);
      tail = both.slice(end);
      const whole = both.subarray(0, end);
      this.#digest.update(whole);
      pieces.push(whole);
      size += whole.length;
      if (size > most) throw changed("it has more in it than it says");
    }
    if (tail.length < DIGEST_SIZE) throw cutOff();
    if (!areSame(this.#digest.digest(), tail)) throw changed("its digest is another one, or a part of it is missing");
    if (total > size * LARGEST_RATIO) throw changed("it has less in it than it says");
    return pieces;
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  /** @throws MachineFileCancelledError */
  async #next(): Promise<Uint8Array | null> {
    if (this.#signal?.aborted === true) throw new MachineFileCancelledError("reading", this.#signal.reason);
    if (this.#kept.length > 0) {
      const kept = this.#kept;
      this.#kept = new Uint8Array();
      return kept;
    }
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      if (value.length > 0) return value;
    }
  }
}

const changed = (how: string) =>
  new DamagedMachineFileError(`The machine file is damaged: ${how}. Copy it again from where it was saved.`);

const cutOff = () =>
  new DamagedMachineFileError(
    "The machine file is not whole: it ends too early. Copy it again from where it was saved.",
  );

const areSame = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((octet, index) => octet === b[index]);
