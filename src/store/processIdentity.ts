/**
 * Which process is it, and does it still live? A pid alone does not tell: pids are used again. On Linux the process's
 * start time, the boot and the pid namespace make it certain; elsewhere the pid has to do.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { threadId } from "node:worker_threads";

export interface ProcessIdentity {
  pid: number;
  /** Worker threads share the pid; a thread may die before its process. */
  threadId: number;
  /** Clock ticks since the boot, from /proc; null where there is no /proc. */
  startTime: string | null;
  host: string;
  bootId: string | null;
  pidNamespace: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    threadId,
    startTime: processState(process.pid)?.startTime ?? null,
    host: hostname(),
    bootId: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** @returns "unknown" for a process on another host or in another container, which can't be examined from here. */
export function liveness(other: ProcessIdentity, self: ProcessIdentity): "alive" | "dead" | "unknown" {
  const isSameBoot = other.bootId !== null && other.bootId === self.bootId;
  if (!isSameBoot && other.host !== self.host) return "unknown";
  if (differ(other.bootId, self.bootId)) return "dead";
  if (differ(other.pidNamespace, self.pidNamespace)) return "unknown";
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to another user.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "dead";
  }
  const state = processState(other.pid);
  if (!state) return "alive";
  if (differ(other.startTime, state.startTime)) return "dead";
  // A killed process that nobody has waited for yet; its threads may still be finishing a write.
  return state.isZombie && threadCount(other.pid) <= 1 ? "dead" : "alive";
}

const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    // Not Linux, or a hidden /proc: the caller does without.
    return null;
  }
}

/** From /proc/<pid>/stat; the command's name (field 2) may have spaces and parentheses, so count from its end. */
function processState(pid: number): { startTime: string; isZombie: boolean } | null {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return state && startTime ? { startTime, isZombie: state === "Z" || state === "X" } : null;
}

function threadCount(pid: number): number {
  return orNull(() => readdirSync(`/proc/${pid}/task`).length) ?? 0;
}
