/**
 * One builder at a time: two at once would mix their outputs. The lock is a series of files `lock.1`, `lock.2`, ...; the one
 * with the highest number says who holds it, or that nobody does. It is taken by making the next one, which only one of
 * several can; it is never removed but by who has made a higher one, so that nobody removes another's by mistake.
 *
 * A holder that died, also one whose pid lives again in another process, is no obstacle; where a process can't be looked
 * into (another host or container, or no /proc) the lock's time tells, which a holder that lives renews.
 *
 * src/store/fileLock.ts does the like for a TPM's folder; this one runs before that is built.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { replaceFile } from "./inputs.mjs";

const LOCK = /^lock\.(\d+)$/;
const POLL_MS = 200;
const RENEWED_EVERY_MS = 1000;
/** So long a holder that can't be looked into may leave its lock as it is. */
const SILENCE_MS = 60_000;
/** A builder that takes longer hangs, as a download may. */
const PATIENCE_MS = 30 * 60_000;

/** @typedef {{ pid: number, startTime: string | null, host: string, boot: string | null, pids: string | null }} Builder */

/** @returns {Builder} of this process */
export function ownIdentity() {
  return {
    pid: process.pid,
    startTime: processOf(process.pid)?.startTime ?? null,
    host: hostname(),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pids: orNull(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/**
 * @param {Builder} other
 * @param {Builder} self
 * @returns {"alive" | "dead" | "unknown"}
 */
export function liveness(other, self) {
  if (other.boot === null || self.boot === null) {
    if (other.host !== self.host) return "unknown";
  } else if (other.boot !== self.boot) {
    return other.host === self.host ? "dead" : "unknown";
  }
  if (other.pids !== self.pids) return "unknown";
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: it is there, and belongs to another user.
    if (error.code === "ESRCH") return "dead";
  }
  const found = processOf(other.pid);
  if (found === null || other.startTime === null) return "unknown";
  // Nobody may ever wait for a zombie, as in a container without an init.
  return found.startTime === other.startTime && !found.isZombie ? "alive" : "dead";
}

/** From /proc; the start is in ticks since the boot. */
function processOf(pid) {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The command's name, the second field, may have spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[19] === undefined ? null : { startTime: fields[19], isZombie: "ZX".includes(fields[0]) };
}

function orNull(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * @template T
 * @param {string} folder of the lock; made when missing
 * @param {() => Promise<T>} body
 * @param {{ onWait?: (holder: Builder | null) => void, silenceMs?: number, patienceMs?: number }} options
 * @returns {Promise<T>}
 * @throws what making a file there throws (EACCES, EROFS); Error when another builder does not come to its end
 */
export async function withLock(folder, body, { onWait, silenceMs = SILENCE_MS, patienceMs = PATIENCE_MS } = {}) {
  mkdirSync(folder, { recursive: true });
  const self = ownIdentity();
  const number = await acquire(folder, self, { onWait, silenceMs, patienceMs });
  const file = join(folder, `lock.${number}`);
  // Whoever removes dist/ while it is built removes the lock as well.
  const renewal = setInterval(() => orNull(() => utimesSync(file, new Date(), new Date())), RENEWED_EVERY_MS);
  renewal.unref();
  try {
    return await body();
  } finally {
    clearInterval(renewal);
    if (orNull(() => highest(folder)) === number) replaceFile(file, JSON.stringify({ released: true }));
  }
}

async function acquire(folder, self, { onWait, silenceMs, patienceMs }) {
  const start = performance.now();
  for (let told = false, watched = ""; ; ) {
    const current = highest(folder);
    let since = performance.now();
    for (let lock = look(folder, current); lock !== null; lock = look(folder, current)) {
      if (highest(folder) !== current) break;
      const now = performance.now();
      if (lock.mark !== watched) [watched, since] = [lock.mark, now];
      const state = lock.holder === null ? "unknown" : liveness(lock.holder, self);
      if (state === "dead" || (state === "unknown" && now - since > silenceMs)) break;
      if (now - start > patienceMs) {
        const who = lock.holder === null ? "Another process" : `Process ${lock.holder.pid} on ${lock.holder.host}`;
        const minutes = Math.round(patienceMs / 60_000);
        throw new Error(
          `${who} has been building for ${minutes} minutes. End it, or if it is none of ours remove ${folder}.`,
        );
      }
      if (!told) onWait?.(lock.holder);
      told = true;
      await sleep(POLL_MS);
    }
    if (highest(folder) === current && claim(folder, current + 1, self)) return current + 1;
  }
}

function highest(folder) {
  return Math.max(0, ...readdirSync(folder).map((name) => Number(LOCK.exec(name)?.[1] ?? 0)));
}

/** @returns null when nobody holds the lock of this number; without a holder, somebody is just making it */
function look(folder, number) {
  if (number === 0) return null;
  const file = join(folder, `lock.${number}`);
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return null;
  const text = orNull(() => readFileSync(file, "utf8"));
  const { released, ...holder } = orNull(() => JSON.parse(text)) ?? {};
  if (released) return null;
  return { holder: typeof holder.pid === "number" ? holder : null, mark: `${number} ${status.mtimeMs}` };
}

/** @returns false when another one was faster */
function claim(folder, number, self) {
  const file = join(folder, `lock.${number}`);
  try {
    writeFileSync(file, JSON.stringify(self), { flag: "wx" });
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  // Whoever looked before a higher one was made has made one that counts for nothing.
  if (highest(folder) !== number) {
    rmSync(file, { force: true });
    return false;
  }
  for (const name of readdirSync(folder)) {
    if (Number(LOCK.exec(name)?.[1] ?? number) < number) rmSync(join(folder, name), { force: true });
  }
  return true;
}
