/**
 * A lock in a folder, for file systems and platforms that share no better one. The lock is a series of files
 * `tpm2.lock.1`, `tpm2.lock.2`, ...: the one with the highest number says who holds it, or that it was released.
 *
 * To claim it, a process makes the file with the next number, by linking a complete file to that name: of several
 * claimants exactly one succeeds. The highest file is never removed, only superseded, so a claimant with an outdated
 * view of the folder makes a file that is lower than the holder's, sees that when it looks again, and withdraws.
 */
import { join } from "node:path";
import { createFile, discard, empty, readFile, temporaryFor, unlinkIfThere, writeTemporary } from "./durableFile.ts";
import { errorCode } from "./fileErrors.ts";
import { type FileSystem, nodeFileSystem } from "./fileSystem.ts";
import { liveness, ownIdentity, type ProcessIdentity } from "./processIdentity.ts";
import { StoreLockedError } from "./store.ts";

const NAME = "tpm2.lock";
const TORN_RECORD_PATIENCE_MS = 300;
const TORN_RECORD_WAIT_MS = 50;
const OLD_TEMPORARY_MS = 60_000;

interface LockRecord extends ProcessIdentity {
  released: boolean;
}

export interface FileLockOptions {
  /** Also take it from a holder on another host or in another container, which can't be examined. */
  takeOver?: boolean | undefined;
  /** Of the lock's files, before their number; tpm2.lock by default. */
  name?: string | undefined;
  fs?: FileSystem | undefined;
  /** Who asks, and whether another one lives: tests have processes of their own. */
  identity?: ProcessIdentity;
  liveness?: typeof liveness;
  /** Milliseconds since 1970. */
  now?: () => number;
  wait?: (ms: number) => Promise<void>;
}

/** The lock's files. */
interface Place {
  fs: FileSystem;
  dir: string;
  name: string;
}
type Surroundings = Required<Omit<FileLockOptions, "fs" | "name">> & Place & { takeOver: boolean };

export class FileLock {
  readonly #at: Surroundings;
  readonly #number: number;

  private constructor(at: Surroundings, number: number) {
    this.#at = at;
    this.#number = number;
  }

  /**
   * Takes the lock. That of a dead process is taken over, that of a live one never. After an error it is not taken.
   * @throws StoreLockedError naming the holder; errors of the file system as they are.
   */
  static async acquire(dir: string, options: FileLockOptions = {}): Promise<FileLock> {
    const at: Surroundings = {
      dir,
      name: options.name ?? NAME,
      identity: options.identity ?? ownIdentity(),
      liveness: options.liveness ?? liveness,
      now: options.now ?? Date.now,
      wait: options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
      fs: options.fs ?? nodeFileSystem,
      takeOver: options.takeOver ?? false,
    };
    for (;;) {
      const current = await highestLock(at);
      if (current !== null) await refuseIfHeld(at, current);
      const lock = new FileLock(at, (current ?? 0) + 1);
      if (await lock.#claim()) return lock;
    }
  }

  /** False once somebody else has taken the lock. */
  async isHeld(): Promise<boolean> {
    return (await highestLock(this.#at)) === this.#number;
  }

  /** The same, at once: for each commit. */
  isHeldNow(): boolean {
    const { fs, dir, name } = this.#at;
    return highestOf(name, fs.readdirNow(dir)) === this.#number;
  }

  async release(): Promise<void> {
    // Where one can't look, it is still this process's own number that is given back.
    if (await this.isHeld().catch(() => true)) await this.#giveBack();
  }

  async #giveBack(): Promise<void> {
    const { fs, identity } = this.#at;
    try {
      await markReleased(this.#at, this.#number, identity);
    } catch {
      // On a full disk there is no room for a new record; a torn one counts as free, too.
      await empty(fs, lockPath(this.#at, this.#number));
    }
  }

  /** @returns false when another claimant was faster. */
  async #claim(): Promise<boolean> {
    const { fs, identity } = this.#at;
    if (!(await createLock(this.#at, this.#number, identity))) return false;
    try {
      if (await this.isHeld()) {
        await this.#tidy();
        return true;
      }
    } catch (error) {
      // This process lives on: nobody else could conclude that the lock is free.
      await this.#giveBack().catch(() => {});
      throw error;
    }
    await unlinkIfThere(fs, lockPath(this.#at, this.#number));
    return false;
  }

  /** Removes what this lock supersedes, and what crashed claimants left. */
  async #tidy(): Promise<void> {
    const { fs, dir, name: own, now } = this.#at;
    for (const name of await fs.readdir(dir)) {
      const path = join(dir, name);
      if ((lockNumber(own, name) ?? Number.POSITIVE_INFINITY) < this.#number) {
        await unlinkIfThere(fs, path);
      } else if (temporaryFor(name) === own) {
        // A young one is that of a claimant who is about to link it.
        const { mtimeMs } = await fs.lstat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
        if (now() - mtimeMs > OLD_TEMPORARY_MS) await unlinkIfThere(fs, path);
      }
    }
  }
}

/**
 * Releases what a worker thread of this process held when it died: the process lives on, so nobody else may conclude
 * that the lock is free. Does nothing when the thread held no lock there.
 */
export async function abandonFileLock(dir: string, deadThread: number, fs: FileSystem = nodeFileSystem): Promise<void> {
  const place = { fs, dir, name: NAME };
  const number = await highestLock(place);
  const record = number === null ? null : await readRecord(place, number);
  if (number === null || record === null || record === "torn") return;
  if (record.released || record.threadId !== deadThread) return;
  const self = ownIdentity();
  if (record.pid !== self.pid || record.host !== self.host || record.startTime !== self.startTime) return;
  await markReleased(place, number, record);
}

const lockPath = ({ dir, name }: Place, number: number) => join(dir, `${name}.${number}`);

/** @returns undefined for a file that is none of this lock's. */
function lockNumber(own: string, name: string): number | undefined {
  const number = name.startsWith(`${own}.`) ? name.slice(own.length + 1) : "";
  return /^\d+$/.test(number) ? Number(number) : undefined;
}

async function highestLock({ fs, dir, name }: Place): Promise<number | null> {
  return highestOf(name, await fs.readdir(dir));
}

function highestOf(own: string, names: readonly string[]): number | null {
  const numbers = names.flatMap((name) => lockNumber(own, name) ?? []);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

async function refuseIfHeld(at: Surroundings, number: number): Promise<void> {
  const { dir, identity, takeOver } = at;
  const record = await patientlyReadRecord(at, number);
  if (record === null || record.released) return;
  const state = at.liveness(record, identity);
  if (state === "dead") return;
  if (state === "alive") {
    const isOwn = record.pid === identity.pid;
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

/** Where hard links don't work, another process may be about to write its record: a torn one gets some time. */
async function patientlyReadRecord(at: Surroundings, number: number): Promise<LockRecord | null> {
  for (let waited = 0; ; waited += TORN_RECORD_WAIT_MS) {
    const record = await readRecord(at, number);
    if (record !== "torn") return record;
    if (waited >= TORN_RECORD_PATIENCE_MS) return null;
    await at.wait(TORN_RECORD_WAIT_MS);
  }
}

/** @returns null when there is none; "torn" for one whose content never reached the disk before the power failed. */
async function readRecord(place: Place, number: number): Promise<LockRecord | "torn" | null> {
  const bytes = await readFile(place.fs, lockPath(place, number));
  return bytes && (parseRecord(new TextDecoder().decode(bytes)) ?? "torn");
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

function recordOf(identity: ProcessIdentity, released: boolean): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...identity, released } satisfies LockRecord));
}

/** File systems without hard links (exFAT, some network shares); EISDIR is how Windows says so of exFAT. */
const NO_HARD_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EISDIR"];

/** @returns false when the name was taken: another claimant was faster. */
async function createLock(place: Place, number: number, identity: ProcessIdentity): Promise<boolean> {
  const { fs, dir, name } = place;
  const path = lockPath(place, number);
  const content = recordOf(identity, false);
  const temporary = await writeTemporary(fs, join(dir, name), content);
  try {
    await fs.link(temporary, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (NO_HARD_LINKS.includes(code ?? "")) return await createExclusively(fs, path, content);
    // Over NFS the answer may be lost, and the repeated request fails because the first one did not.
    if (await hasTwoNames(fs, temporary)) return true;
    // ENOENT: another claimant took the temporary file for an old one.
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  } finally {
    // Its other name is the lock. Without harm if it stays: whoever has the lock tidies.
    await unlinkIfThere(fs, temporary).catch(() => {});
  }
}

async function hasTwoNames(fs: FileSystem, path: string): Promise<boolean> {
  return fs.lstat(path).then(
    ({ nlink }) => nlink === 2,
    () => false,
  );
}

async function createExclusively(fs: FileSystem, path: string, content: Uint8Array): Promise<boolean> {
  try {
    await createFile(fs, path, content);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    // Nobody holds the lock by half a record.
    await discard(fs, path);
    throw error;
  }
}

async function markReleased(place: Place, number: number, identity: ProcessIdentity): Promise<void> {
  const { fs, dir, name } = place;
  const temporary = await writeTemporary(fs, join(dir, name), recordOf(identity, true));
  try {
    await fs.rename(temporary, lockPath(place, number));
  } catch (error) {
    await discard(fs, temporary);
    throw error;
  }
}
