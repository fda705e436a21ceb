/** The runner of the tests as a process: what it has used, and its end. */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** CPU seconds that a process has used so far; on Linux only. Elsewhere time on the wall must do. */
export function usedSeconds({ pid }: ChildProcess): number {
  try {
    // After the name, which is in parentheses: utime and stime are fields 14 and 15, in hundredths.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return performance.now() / 1000;
  }
}

/** Ends a detached process and, where there are process groups, what it has started. */
export function endProcesses(child: ChildProcess): void {
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-(child.pid as number), "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
