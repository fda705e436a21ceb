/**
 * Lines for people and logs. Their reader may have gone, his disk may be full, or he may not read: then lines are lost, and
 * nothing waits, grows or ends.
 */
import { closeSync, fstatSync, readFileSync, type Stats, writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";

/** What may lie unread before lines are lost, bytes. */
const MAX_UNREAD = 256 * 1024;

/** Behind the standard streams, and as far as Node needs some before it runs a program. */
const LOWEST_OF_NODE = 3;
const HIGHEST_OF_NODE = 64;

export interface LineWriter {
  /** @param line whole, or lost: octets too. */
  write(line: string | Uint8Array): void;
  /** What nobody has read is lost, and keeps no process from its end. */
  close(): void;
}

/** @param stream of which somebody else hears the errors, and which he closes. */
export function writerTo(stream: Writable): LineWriter {
  return {
    write(line) {
      if (stream.writableLength < MAX_UNREAD) stream.write(line);
    },
    close() {},
  };
}

/**
 * @param fd of a file, a device, a pipe or a socket.
 * @param isOwn to be closed with the writer; not one that was inherited, which may be in use under other names.
 * @param onGone the reader of a pipe or socket has gone
 */
export function writerToDescriptor(fd: number, isOwn = false, onGone: (error: Error) => void = () => {}): LineWriter {
  // Node has them open already.
  if (fd === process.stdout.fd) return writerTo(process.stdout);
  if (fd === process.stderr.fd) return writerTo(process.stderr);
  const stats = statsOf(fd);
  if (stats === null || isNodes(fd, stats)) return { write() {}, close() {} };
  // A plain write would wait for somebody to read.
  if (stats.isFIFO() || stats.isSocket()) {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on("error", onGone);
    return { ...writerTo(socket), close: () => void socket.destroy() };
  }
  return {
    write(line) {
      try {
        if (typeof line === "string") writeSync(fd, line);
        else writeSync(fd, line);
      } catch {
        // A full disk, or a terminal that is gone.
      }
    },
    close() {
      if (isOwn) closeSync(fd);
    },
  };
}

/** Null for one that is closed: what is opened next has its number. */
function statsOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

/**
 * Whether it is one of those with which Node waits for events: they have the lowest numbers that were not inherited, and
 * what is written to them goes astray.
 */
function isNodes(fd: number, stats: Stats): boolean {
  if (stats.isFIFO()) return isToRead(fd) || hasReader(fd, stats);
  return !(stats.isFile() || stats.isSocket() || stats.isCharacterDevice() || stats.isBlockDevice());
}

/** Whether the other end of a pipe is in this process too. */
function hasReader(fd: number, { dev, ino }: Stats): boolean {
  for (let other = LOWEST_OF_NODE; other < HIGHEST_OF_NODE; other++) {
    const stats = other === fd ? null : statsOf(other);
    if (stats?.dev === dev && stats.ino === ino && isToRead(other)) return true;
  }
  return false;
}

/** False where the system does not say. */
function isToRead(fd: number): boolean {
  try {
    return /^flags:\s*\d*[04]$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
  } catch {
    return false;
  }
}
