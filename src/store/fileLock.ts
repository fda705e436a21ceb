/**
 * A lock in a folder, for file systems and platforms that share no better one. The lock is a series of files
 * `tpm2.lock.1`, `tpm2.lock.2`, ...: the one with the highest number says who holds it, or that it was released.
 *
 * To claim it, a process makes the file with the next number, by linking a complete file to that name: of several
 * claimants exactly one succeeds. The highest file is never removed, only superseded, so a claimant with an outdated
 * view of the folder makes a file that is lower than the holder's, sees that when it looks again, and withdraws.
 */
import { randomBytes } from "node:crypto";
import type * as promises from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "./fileErrors.ts";
import { liveness, ownIdentity, type ProcessIdentity } from "./processIdentity.ts";
import { StoreLockedError } from "./store.ts";

/** What the file store uses of `node:fs/promises`; tests inject failures here. */
export type FileSystem = Pick<
  typeof promises,
  "link" | "mkdir" | "open" | "readFile" | "readdir" | "rename" | "stat" | "truncate" | "unlink"
>;

const LOCK = /^tpm2\.lock\.(\d+)$/;
const LOCK_TEMPORARY = /^tpm2\.lock\..*\.tmp$/;
const TORN_RECORD_PATIENCE_MS = 300;
const OLD_TEMPORARY_MS = 60_000;

interface LockRecord extends ProcessIdentity {
  released: boolean;
}

export class FileLock {
  readonly #fs: FileSystem;
  readonly #dir: string;
  readonly #number: number;
  readonly #identity: ProcessIdentity;

  private constructor(fs: FileSystem, dir: string, number: number, identity: ProcessIdentity) {
    this.#fs = fs;
    this.#dir = dir;
    this.#number = number;
    this.#identity = identity;
  }

  /**
   * Takes the lock. That of a dead process is taken over, that of a live one never.
   * @param takeOver also take it from a holder on another host or in another container, which can't be examined.
   * @throws StoreLockedError naming the holder; errors of the file system as they are.
   */
  static async acquire(fs: FileSystem, dir: string, takeOver: boolean): Promise<FileLock> {
    const identity = ownIdentity();
    for (;;) {
      const current = await highestLock(fs, dir);
      if (current) await refuseIfHeld(fs, dir, current, identity, takeOver);
      const number = (current ?? 0) + 1;
      if (!(await createLock(fs, dir, number, identity))) continue;
      const lock = new FileLock(fs, dir, number, identity);
      if (await lock.isHeld()) {
        await lock.#tidy();
        return lock;
      }
      await unlinkIfThere(fs, join(dir, lockName(number)));
    }
  }

  /** False once somebody else has taken the lock. */
  async isHeld(): Promise<boolean> {
    return (await highestLock(this.#fs, this.#dir)) === this.#number;
  }

  async release(): Promise<void> {
    if (!(await this.isHeld())) return;
    try {
      await markReleased(this.#fs, this.#dir, this.#number, this.#identity);
    } catch {
      // On a full disk there is no room for a new record; a torn one counts as free, too.
      await this.#fs.truncate(join(this.#dir, lockName(this.#number)));
    }
  }

  /** Removes what this lock supersedes, and what crashed claimants left. */
  async #tidy(): Promise<void> {
    for (const name of await this.#fs.readdir(this.#dir)) {
      const path = join(this.#dir, name);
      if (Number(LOCK.exec(name)?.[1] ?? Number.POSITIVE_INFINITY) < this.#number) {
        await unlinkIfThere(this.#fs, path);
      } else if (LOCK_TEMPORARY.test(name)) {
        const { mtimeMs } = await this.#fs.stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
        if (Date.now() - mtimeMs > OLD_TEMPORARY_MS) await unlinkIfThere(this.#fs, path);
      }
    }
  }
}

/**
 * Releases what a worker thread of this process held when it died: the process lives on, so nobody else may conclude
 * that the lock is free. Does nothing when the thread held no lock there.
 */
export async function abandonFileLock(fs: FileSystem, dir: string, deadThread: number): Promise<void> {
  const number = await highestLock(fs, dir);
  const record = number === null ? null : await readRecord(fs, dir, number);
  if (number === null || record === null || record.released || record.threadId !== deadThread) return;
  const self = ownIdentity();
  if (record.pid !== self.pid || record.host !== self.host || record.startTime !== self.startTime) return;
  await markReleased(fs, dir, number, record);
}

const lockName = (number: number) => `tpm2.lock.${number}`;

async function highestLock(fs: FileSystem, dir: string): Promise<number | null> {
  const numbers = (await fs.readdir(dir)).flatMap((name) => LOCK.exec(name)?.[1] ?? []).map(Number);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

async function refuseIfHeld(
  fs: FileSystem,
  dir: string,
  number: number,
  self: ProcessIdentity,
  takeOver: boolean,
): Promise<void> {
  const record = await readRecord(fs, dir, number);
  if (record === null || record.released) return;
  const state = liveness(record, self);
  if (state === "dead") return;
  if (state === "alive") {
    const isOwn = record.pid === self.pid;
    const holder = isOwn ? `this process (pid ${record.pid})` : `process ${record.pid}`;
    throw new StoreLockedError(
      `The TPM in ${dir} is in use by ${holder}. ${isOwn ? "Close that TPM first." : "Stop that process, or use another folder."}`,
      holder,
    );
  }
  if (takeOver) return;
  const holder = `process ${record.pid} on host ${record.host}`;
  throw new StoreLockedError(
    `The TPM in ${dir} is in use by ${holder}, which can't be examined from here. If you know that it has ended, open the TPM with takeOver.`,
    holder,
  );
}

/** @returns null for a file that is gone, or torn: the power failed before its content reached the disk. */
async function readRecord(fs: FileSystem, dir: string, number: number): Promise<LockRecord | null> {
  for (let waited = 0; ; waited += 50) {
    let text: string;
    try {
      text = await fs.readFile(join(dir, lockName(number)), "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw error;
    }
    const record = parseRecord(text);
    // Where hard links don't work, another process may be about to write it.
    if (record || waited >= TORN_RECORD_PATIENCE_MS) return record;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function parseRecord(text: string): LockRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { pid, threadId, startTime, host, bootId, pidNamespace, released } = value as Record<string, unknown>;
    const isStringOrNull = (field: unknown): field is string | null => field === null || typeof field === "string";
    if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(threadId) || typeof host !== "string") return null;
    if (!isStringOrNull(startTime) || !isStringOrNull(bootId) || !isStringOrNull(pidNamespace)) return null;
    return {
      pid: pid as number,
      threadId: threadId as number,
      startTime,
      host,
      bootId,
      pidNamespace,
      released: released === true,
    };
  } catch {
    return null;
  }
}

/** @returns false when the name was taken: another claimant was faster. */
async function createLock(fs: FileSystem, dir: string, number: number, identity: ProcessIdentity): Promise<boolean> {
  const path = join(dir, lockName(number));
  const content = JSON.stringify({ ...identity, released: false } satisfies LockRecord);
  const temporary = await writeTemporary(fs, dir, content);
  try {
    await fs.link(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    // ENOENT: another claimant took the temporary file for an old one.
    if (code === "EEXIST" || code === "ENOENT") return false;
    // File systems without hard links (exFAT, some network shares).
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) {
      return createExclusively(fs, path, content);
    }
    throw error;
  } finally {
    await unlinkIfThere(fs, temporary);
  }
}

async function createExclusively(fs: FileSystem, path: string, content: string): Promise<boolean> {
  try {
    const file = await fs.open(path, "wx", 0o600);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function markReleased(fs: FileSystem, dir: string, number: number, identity: ProcessIdentity): Promise<void> {
  const temporary = await writeTemporary(fs, dir, JSON.stringify({ ...identity, released: true } satisfies LockRecord));
  await fs.rename(temporary, join(dir, lockName(number)));
}

async function writeTemporary(fs: FileSystem, dir: string, content: string): Promise<string> {
  const path = join(dir, `tpm2.lock.${randomBytes(8).toString("hex")}.tmp`);
  try {
    const file = await fs.open(path, "wx", 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await unlinkIfThere(fs, path).catch(() => {});
    throw error;
  }
  return path;
}

async function unlinkIfThere(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
