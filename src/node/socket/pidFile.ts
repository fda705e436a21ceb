/** `--pid`: the process's id, for whoever wants to end it. */
import { closeSync, writeSync } from "node:fs";
import process from "node:process";
import { DurableFile } from "../../store/durableFile.ts";
import type { SocketOptions } from "./options.ts";

/**
 * In a file it is whole as soon as it is there: scripts wait for the file, and read it at once.
 * @returns what removes the file again, if it is still there. @throws Error that names the option.
 */
export async function writePid(pid: SocketOptions["pid"]): Promise<() => Promise<void>> {
  if (pid === undefined) return async () => {};
  const text = `${process.pid}\n`;
  if ("fd" in pid) {
    try {
      writeSync(pid.fd, text);
      closeSync(pid.fd);
    } catch (cause) {
      throw new Error(`--pid: ${(cause as Error).message}.`, { cause });
    }
    return async () => {};
  }
  const file = new DurableFile(pid.file, "the process's id", { createMode: 0o644 });
  try {
    await file.removeTemporaries();
    await file.replace(new TextEncoder().encode(text));
  } catch (cause) {
    throw new Error(`--pid: ${(cause as Error).message}`, { cause });
  }
  // The server has ended well, whoever else has tidied up.
  return () => file.remove().catch(() => {});
}
