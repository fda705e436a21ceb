/**
 * Lines for people and logs. Their reader may have gone, his disk may be full, or he may not read: then lines are lost, and
 * nothing waits, grows or ends.
 */
import { closeSync, fstatSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";

/** What may lie unread before lines are lost, bytes. */
const MAX_UNREAD = 256 * 1024;

export interface LineWriter {
  write(line: string): void;
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

/** @param fd of a file, a device, a pipe or a socket; owned from now on. */
export function writerToDescriptor(fd: number): LineWriter {
  // Node has them open already.
  if (fd === process.stdout.fd) return writerTo(process.stdout);
  if (fd === process.stderr.fd) return writerTo(process.stderr);
  if (!isOpen(fd)) return { write() {}, close() {} };
  if (isWaiting(fd)) {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on("error", () => {});
    return { ...writerTo(socket), close: () => void socket.destroy() };
  }
  return {
    write(line) {
      try {
        writeSync(fd, line);
      } catch {
        // A full disk, or a terminal that is gone.
      }
    },
    close: () => closeSync(fd),
  };
}

/** Nothing may be written to one that is not: the next file that is opened has its number. */
function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Whether a plain write would wait for somebody to read. */
function isWaiting(fd: number): boolean {
  const stats = fstatSync(fd);
  return stats.isFIFO() || stats.isSocket();
}
