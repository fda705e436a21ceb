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

/** What this machine knows of its processes; tests have a machine of their own. */
export interface ProcessTable {
  exists(pid: number): boolean;
  /** The line of /proc/<pid>/stat; null where there is none. */
  stat(pid: number): string | null;
  /** Threads of the process, with the main one, also when that has ended; null where there is no /proc. */
  threadCount(pid: number): number | null;
}

export const processTable: ProcessTable = {
  exists(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // EPERM: it exists and belongs to another user.
      return (error as NodeJS.ErrnoException).code !== "ESRCH";
    }
  },
  stat: (pid) => orNull(() => readFileSync(`/proc/${pid}/stat`, "utf8")),
  threadCount: (pid) => orNull(() => readdirSync(`/proc/${pid}/task`).length),
};

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    threadId,
    startTime: processState(processTable.stat(process.pid))?.startTime ?? null,
    host: hostname(),
    bootId: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** @returns "unknown" for a process on another host or in another container, which can't be examined from here. */
export function liveness(
  other: ProcessIdentity,
  self: ProcessIdentity,
  table: ProcessTable = processTable,
): "alive" | "dead" | "unknown" {
  const isSameBoot = other.bootId !== null && other.bootId === self.bootId;
  if (!isSameBoot && other.host !== self.host) return "unknown";
  if (differ(other.bootId, self.bootId)) return "dead";
  if (differ(other.pidNamespace, self.pidNamespace)) return "unknown";
  if (!table.exists(other.pid)) return "dead";
  const state = processState(table.stat(other.pid));
  if (!state) return "alive";
  if (differ(other.startTime, state.startTime)) return "dead";
  // A killed process that nobody has waited for yet; its threads may still be finishing a write.
  return state.isZombie && (table.threadCount(other.pid) ?? 0) <= 1 ? "dead" : "alive";
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
function processState(stat: string | null): { startTime: string; isZombie: boolean } | null {
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return state && startTime ? { startTime, isZombie: state === "Z" || state === "X" } : null;
}
