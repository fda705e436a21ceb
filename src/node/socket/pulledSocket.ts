/**
 * A Unix connection that is read when somebody asks for bytes, and then no further than they reach. Node's own sockets
 * read ahead, and the kernel throws away the descriptors beside what is read.
 */
import { readSync } from "node:fs";
import type { Socket } from "node:net";
import { ByteReader } from "../net/byteReader.ts";

/** The part of Node's handle of a Unix socket that is used; it is in no type declarations. */
interface PipeHandle {
  /** Negative when it is closed. */
  readonly fd: number;
  onread: () => void;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
}

/** Read at a time, bytes. */
const PIECE = 64 * 1024;
/** More than the kernel keeps for a socket. */
const DRAINED_PIECES = 64;

/** Undefined for a socket that is none of the operating system's Unix sockets. */
export function pipeHandle(socket: Socket): PipeHandle | undefined {
  const { _handle: handle } = socket as unknown as { _handle: PipeHandle | null };
  return handle?.constructor.name === "Pipe" && handle.fd >= 0 ? handle : undefined;
}

export class PulledSocket {
  readonly reader: ByteReader;
  readonly #handle: PipeHandle;
  /** Of who waits until there is something to read. */
  #wake: (() => void) | undefined;

  /** @param socket that nobody has read from yet, and nobody will but this. */
  constructor(socket: Socket, handle: PipeHandle) {
    this.#handle = handle;
    this.reader = new ByteReader({
      pause: () => {},
      resume: () => {},
      want: () => void this.#fill(),
      discardAll: () => this.#drain(),
    });
    // Without room for a byte, Node tells that there is something to read and leaves it there.
    handle.useUserBuffer(new Uint8Array(0));
    handle.onread = () => {
      handle.readStop();
      this.#wake?.();
    };
    socket.on("close", () => {
      this.reader.end();
      this.#wake?.();
    });
  }

  /** Negative when it is closed. */
  get fd(): number {
    return this.#handle.fd;
  }

  /** Resolves when there is something to read, the end or an error among it, or when it was closed. One call at a time. */
  async readable(): Promise<void> {
    if (this.fd < 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#handle.readStart();
    });
    this.#wake = undefined;
  }

  async #fill(): Promise<void> {
    while (this.reader.missing > 0) {
      await this.readable();
      if (this.reader.missing > 0) this.#read(this.reader.missing);
    }
  }

  /** @returns whether there may be more. */
  #read(size: number): boolean {
    try {
      const buffer = new Uint8Array(Math.min(size, PIECE));
      const count = readSync(this.fd, buffer);
      if (count === 0) this.reader.end();
      else this.reader.push(buffer.subarray(0, count));
      return count > 0;
    } catch (error) {
      // Nothing there after all; anything else is a connection that is lost.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") this.reader.end();
      return false;
    }
  }

  /** Throws away what has come, but for what comes meanwhile without an end. */
  #drain(): void {
    for (let pieces = 0; pieces < DRAINED_PIECES && this.#read(PIECE); pieces++) this.reader.forget();
    this.reader.forget();
  }
}
