/**
 * Whether swtpm has a folder in use. It holds a lock by fcntl on the file .lock in there while it runs. Node can't ask for such a lock;
 * Linux tells of all of them in /proc/locks, by device and inode.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export type UseOfFolder =
  | { readonly is: "free" }
  /** By a process with this id; null when it is another system's, or one of another container. */
  | { readonly is: "in use"; readonly pid: number | null }
  /** Why nobody knows. */
  | { readonly is: "unknown"; readonly why: string };

const LOCK = ".lock";
/** 1: POSIX  ADVISORY  WRITE 1144 fe:00:2588679 0 EOF */
const LINE = /^\d+: (?:-> )?\w+\s+\w+\s+\w+\s+(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /;

/** @param locks text of /proc/locks, null where there is none; for tests. */
export function useOfFolder(dir: string, locks: string | null = readLocks()): UseOfFolder {
  const stats = statSync(join(dir, LOCK), { bigint: true, throwIfNoEntry: false });
  // swtpm makes it when it starts, and leaves it there.
  if (stats === undefined) return { is: "free" };
  if (locks === null) {
    return { is: "unknown", why: "only Linux tells who holds a lock (/proc/locks): make sure that swtpm has ended" };
  }
  for (const line of locks.split("\n")) {
    const [, pid, inode] = LINE.exec(line) ?? [];
    // The device there is the file system's own, which is not what stat gives for some: the inode has to do.
    if (inode !== String(stats.ino)) continue;
    return { is: "in use", pid: Number(pid) > 0 ? Number(pid) : null };
  }
  return { is: "free" };
}

function readLocks(): string | null {
  try {
    return readFileSync("/proc/locks", "utf8");
  } catch {
    return null;
  }
}
