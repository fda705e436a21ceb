import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ByteReader, EndOfStream } from "./byteReader.ts";

/** The client broke the protocol: its connection is closed. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/** One client's connection, as the code that speaks a protocol sees it. */
export interface Connection {
  readonly reader: ByteReader;
  /**
   * Sends all of `parts` in one write.
   * @returns what resolves when the client may be sent more; undefined where that is now.
   * @throws EndOfStream when the client has gone.
   */
  write(...parts: Uint8Array[]): Promise<void> | undefined;
}

/**
 * Runs `speak` on a connection until it returns or throws, then closes the connection. Whatever the client does, this
 * resolves.
 * @param report hears of what was wrong with the client or the handler; an end of the stream is not wrong.
 * @param reader of somebody who reads from the socket himself.
 */
export async function converse(
  socket: Socket,
  speak: (connection: Connection) => Promise<void>,
  report: (error: Error) => void,
  reader: ByteReader = readerOf(socket),
): Promise<void> {
  socket.setNoDelay?.(true);
  // A reset by the client is how some end; "close" follows.
  socket.on("error", () => {});
  try {
    await speak({ reader, write: (...parts) => write(socket, parts) });
  } catch (error) {
    if (!(error instanceof EndOfStream)) report(error instanceof Error ? error : new Error(String(error)));
  }
  // Unread bytes would turn the close into a reset, which may overtake the last response.
  reader.drop();
  socket.removeAllListeners("data");
  socket.resume();
  socket.destroySoon();
}

function readerOf(socket: Socket): ByteReader {
  const reader = new ByteReader(socket);
  socket.on("data", (chunk: Uint8Array) => reader.push(chunk));
  socket.on("end", () => reader.end());
  socket.on("close", () => reader.end());
  socket.resume();
  return reader;
}

/** For clients that have asked for something already. */
const GRACE_MS = 250;

/** Conversations of clients that are to get one answer yet, and may not have asked for it. */
export class Conversations {
  readonly #running = new Set<Promise<void>>();

  /** Resolves when it has ended. */
  async add(conversation: Promise<void>): Promise<void> {
    this.#running.add(conversation);
    await conversation;
    this.#running.delete(conversation);
  }

  /** Resolves when all have ended, or could have. */
  async ended(): Promise<void> {
    const clock = new AbortController();
    await Promise.race([
      Promise.all(this.#running),
      sleep(GRACE_MS, undefined, { signal: clock.signal }).catch(() => {}),
    ]);
    clock.abort();
  }
}

function write(socket: Socket, parts: Uint8Array[]): Promise<void> | undefined {
  if (socket.destroyed) throw new EndOfStream("The client has gone.");
  if (socket.write(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts))) return undefined;
  return new Promise<void>((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

/** Big-endian. */
export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
