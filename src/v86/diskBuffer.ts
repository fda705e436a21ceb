/**
 * A disk as v86's IDE drives read and write it: pieces of an image, with what the guest has written kept beside it in memory. v86 has
 * buffers of its own, which change the image, or need a browser's FileReader.
 */
import { DISK_SECTOR_SIZE } from "../guest/diskCheck.ts";
import { type DiskKind, type DiskSource, readPiece } from "../guest/diskSource.ts";

/** What is read at once, and kept: programs read on, and each wait for a file takes a turn of the event loop. */
const BLOCK_SIZE = 64 << 10;
const KEPT_BLOCKS = 256;
/** Of what a drive writes, whichever the sectors of its disk. */
const WRITE_SIZE = 512;

type Read = (bytes: Uint8Array) => void;

/** The methods are those that v86 calls on its buffers. */
export class DiskBuffer {
  readonly byteLength: number;
  readonly kind: DiskKind;
  onload: ((event: object) => void) | undefined;
  onprogress: unknown;
  readonly #source: DiskSource;
  readonly #onError: (error: Error) => void;
  /** By their numbers; the one that was used longest ago comes first. */
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #written = new Map<number, Uint8Array>();

  /** @param onError hears of what can't be read: the drive then never answers, as a broken one would. */
  constructor(kind: DiskKind, source: DiskSource, onError: (error: Error) => void) {
    this.kind = kind;
    this.byteLength = source.size;
    this.#source = source;
    this.#onError = onError;
  }

  /** Reads the first block, which v86 looks at for partitions. @throws BootFileError */
  async open(): Promise<this> {
    await this.#fetch(0);
    return this;
  }

  load(): void {
    this.onload?.({});
  }

  /** @param options `signal` is aborted when the drive was reset, and no longer waits. */
  get(start: number, size: number, done: Read, options?: { signal?: AbortSignal }): void {
    const bytes = this.get_from_cache(start, size);
    if (bytes !== undefined) {
      done(bytes);
      return;
    }
    this.#read(start, this.#within(start, size)).then(done, (error: Error) => {
      if (!options?.signal?.aborted) this.#onError(error);
    });
  }

  get_and_cache(start: number, size: number, done: Read): void {
    this.get(start, size, done);
  }

  get_from_cache(start: number, wanted: number): Uint8Array | undefined {
    const size = this.#within(start, wanted);
    const blocks: Uint8Array[] = [];
    for (const number of blocksOf(start, size)) {
      const block = this.#kept(number);
      if (block === undefined) return undefined;
      blocks.push(block);
    }
    return this.#assemble(start, size, blocks);
  }

  set(start: number, bytes: Uint8Array, done: () => void): void {
    if (this.kind !== "cdrom") {
      for (let at = 0; at < bytes.length; at += WRITE_SIZE) {
        this.#written.set((start + at) / WRITE_SIZE, bytes.slice(at, at + WRITE_SIZE));
      }
    }
    done();
  }

  get_buffer(done: (buffer: undefined) => void): void {
    done(undefined);
  }

  get_state(): unknown[] {
    return [[...this.#written]];
  }

  set_state([written]: [[number, Uint8Array][]]): void {
    this.#written.clear();
    for (const [number, sector] of written) this.#written.set(number, sector.slice());
  }

  /** v86 does not check every read of a guest's. @returns how much of it the disk has. */
  #within(start: number, size: number): number {
    return start >= 0 ? Math.max(0, Math.min(size, this.byteLength - start)) : 0;
  }

  #kept(number: number): Uint8Array | undefined {
    const block = this.#blocks.get(number);
    if (block === undefined) return undefined;
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    return block;
  }

  async #read(start: number, size: number): Promise<Uint8Array> {
    const blocks: Uint8Array[] = [];
    for (const number of blocksOf(start, size)) blocks.push(this.#kept(number) ?? (await this.#fetch(number)));
    return this.#assemble(start, size, blocks);
  }

  async #fetch(number: number): Promise<Uint8Array> {
    const start = number * BLOCK_SIZE;
    const block = await readPiece(this.kind, this.#source, start, Math.min(BLOCK_SIZE, this.byteLength - start));
    this.#blocks.set(number, block);
    if (this.#blocks.size > KEPT_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
    return block;
  }

  /** A copy, with what was written in the place of what the image has. */
  #assemble(start: number, size: number, blocks: readonly Uint8Array[]): Uint8Array {
    const bytes = new Uint8Array(size);
    let at = 0;
    let from = start % BLOCK_SIZE;
    for (const block of blocks) {
      const part = block.subarray(from, from + size - at);
      bytes.set(part, at);
      at += part.length;
      from = 0;
    }
    if (this.#written.size > 0) {
      for (let offset = 0; offset < size; offset += WRITE_SIZE) {
        const sector = this.#written.get((start + offset) / WRITE_SIZE);
        if (sector !== undefined) bytes.set(sector, offset);
      }
    }
    return bytes;
  }
}

function blocksOf(start: number, size: number): number[] {
  const first = Math.floor(start / BLOCK_SIZE);
  const last = Math.floor((start + size - 1) / BLOCK_SIZE);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
