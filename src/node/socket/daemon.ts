/** `--daemon`: Node can't fork, so the server is started once more, away from the terminal, and reports when it listens. */
import { closeSync, openSync } from "node:fs";
import type { SocketOptions } from "./options.ts";

/** Set for the process in the background. */
const MARK = "TABTPM_DAEMON";

const STDERR = 2;

type Report = { type: "ready" };

export const isDaemon = () => process.env[MARK] !== undefined;

/** In the background: the one who waits may go. */
export function daemonIsReady(): void {
  if (!isDaemon() || !process.send) return;
  process.send({ type: "ready" } satisfies Report);
  process.disconnect();
  // Whoever waits for the end of standard error must not wait for the daemon's.
  closeSync(STDERR);
  openSync("/dev/null", "w");
}

/**
 * Resolves when the process in the background listens.
 * @throws when it ended before; it has said why on standard error.
 */
export async function daemonize({ descriptors: inherited }: Pick<SocketOptions, "descriptors">): Promise<void> {
  // Here, because a server in the foreground is to listen before it loads what it does not need.
  const { spawn } = await import("node:child_process");
  const last = Math.max(2, ...inherited);
  const stdio = Array.from({ length: last + 1 }, (_, fd) => (inherited.includes(fd) ? fd : "ignore"));
  // What goes wrong before it listens is for the user to read.
  const child = spawn(process.execPath, process.argv.slice(1), {
    detached: true,
    env: { ...process.env, [MARK]: "1" },
    stdio: [...stdio.slice(0, 2), "inherit", ...stdio.slice(3), "ipc"] as ("ignore" | "inherit" | "ipc" | number)[],
  });
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the server did not start (exit code ${code}).`)));
    child.on("message", () => resolve());
  });
  child.removeAllListeners("exit");
  child.unref();
}
