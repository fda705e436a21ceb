/** A stream of bytes, taken in pieces of any size, however it was cut on its way here. */

/** The stream ended before the bytes that were asked for came. */
export class EndOfStream extends Error {
  override name = "EndOfStream";
}

/** Holds the source back while nobody takes what it sent. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** Of a source that sends when it is asked: somebody waits for {@link ByteReader.missing} bytes. */
  want?(): void;
  /** Of such a source: what has come to it goes too. */
  discardAll?(): void;
}

/** What may lie unread before the source is held back, bytes. */
const HIGH_WATER = 64 * 1024;

/**
 * Is given a chunk.
 * @returns `taken`: it has dealt with all of it. `last`: it has, and wants no more. `left`: it is for others.
 */
export type ChunkTaker = (chunk: Uint8Array) => "taken" | "last" | "left";

export class ByteReader {
  readonly #flow: Flow;
  /** Of who waits while nothing lies unread. */
  #taker: ChunkTaker | undefined;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isPaused = false;
  #ended: Error | undefined;
  #waiting: { size: number; resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Bytes that have come and were not taken. */
  get buffered(): number {
    return this.#size;
  }

  /** Bytes that somebody waits for and that have not come. */
  get missing(): number {
    return this.#waiting ? this.#waiting.size - this.#size : 0;
  }

  /** From the source: more bytes. They are kept, not copied. */
  push(chunk: Uint8Array): void {
    if (this.#ended || chunk.length === 0) return;
    if (this.#taker !== undefined && this.#give(this.#taker, chunk)) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#settle();
    if (this.#size > Math.max(HIGH_WATER, this.#waiting?.size ?? 0) && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow.pause();
    }
  }

  /** From the source: nothing more will come. What has come can still be taken. */
  end(error: Error = new EndOfStream("The other end closed the connection.")): void {
    this.#ended ??= error;
    this.#settle();
  }

  /**
   * The next `size` bytes, in memory of their own. One call at a time.
   * @throws EndOfStream, or the source's error, when they don't come.
   */
  async take(size: number): Promise<Uint8Array> {
    await this.#wait(size);
    const out = new Uint8Array(size);
    for (let at = 0; at < size; ) at += this.#consume(size - at, out, at);
    this.#relax();
    return out;
  }

  /**
   * While nothing lies unread: gives each chunk to `take`, in the turn of the event loop in which it comes, until that leaves
   * one to others or wants no more. What lies unread, or comes after that, is for the next call.
   * @throws what `take` throws, and the chunk is gone; EndOfStream, or the source's error, when nothing more comes.
   */
  async pass(take: ChunkTaker): Promise<void> {
    if (this.#size > 0) return;
    const waited = this.#wait(1);
    this.#taker = take;
    try {
      await waited;
    } finally {
      this.#taker = undefined;
    }
  }

  async u8(): Promise<number> {
    return (await this.take(1))[0] as number;
  }

  async u32(): Promise<number> {
    const [a = 0, b = 0, c = 0, d = 0] = await this.take(4);
    return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  /** Passes over `size` bytes, without keeping them. */
  async discard(size: number): Promise<void> {
    for (let left = size; left > 0; ) {
      await this.#wait(1);
      left -= this.#consume(left);
      this.#relax();
    }
  }

  /** Forgets what has come and was not taken, at the source too. */
  drop(): void {
    this.forget();
    this.#flow.discardAll?.();
  }

  /** From the source: what has come here and was not taken is nothing to anybody. */
  forget(): void {
    this.#chunks = [];
    this.#size = 0;
    this.#relax();
  }

  #wait(size: number): Promise<void> | undefined {
    if (this.#waiting) throw new Error("Two calls read from one stream.");
    if (this.#size >= size) return undefined;
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#isPaused && size > this.#size) this.#release();
    const waited = new Promise<void>((resolve, reject) => {
      this.#waiting = { size, resolve, reject };
    });
    this.#flow.want?.();
    return waited;
  }

  /** @returns whether the chunk is dealt with. */
  #give(take: ChunkTaker, chunk: Uint8Array): boolean {
    let what: ReturnType<ChunkTaker> = "last";
    let failure: Error | undefined;
    try {
      what = take(chunk);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    if (what === "taken") return true;
    // Whoever waits comes to hear of it later than the next chunk, which is none of `take`'s.
    this.#taker = undefined;
    if (what === "left") return false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (failure) waiting?.reject(failure);
    else waiting?.resolve();
    return true;
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    if (this.#size >= waiting.size) {
      this.#waiting = undefined;
      waiting.resolve();
    } else if (this.#ended) {
      this.#waiting = undefined;
      waiting.reject(this.#ended);
    }
  }

  /** Takes from the first chunk, at most `size` bytes, and copies them to `out` when given. */
  #consume(size: number, out?: Uint8Array, at = 0): number {
    const [first] = this.#chunks;
    if (!first) throw new Error("Bytes were taken that had not come.");
    const count = Math.min(size, first.length);
    out?.set(first.subarray(0, count), at);
    if (count === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#size -= count;
    return count;
  }

  #relax(): void {
    if (this.#isPaused && this.#size <= HIGH_WATER / 2) this.#release();
  }

  #release(): void {
    this.#isPaused = false;
    this.#flow.resume();
  }
}
