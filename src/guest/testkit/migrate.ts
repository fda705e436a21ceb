/** Moves a machine in QEMU, as QEMU's documents of the TPM describe it: into a file and back, or into another QEMU. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { QemuGuest } from "./qemu.ts";

/** Between two questions: the human monitor tells nothing by itself. */
const ASK_AGAIN = 50;

/**
 * @param uri "exec:cat > FILE" or "unix:SOCKET"
 * @returns when the source has given everything up, and stands still: "completed"; or "failed", when it runs on.
 */
export async function migrate(source: QemuGuest, uri: string): Promise<"completed" | "failed"> {
  await source.monitor(`migrate -d "${uri}"`);
  for (;;) {
    const status = /Migration status: (completed|failed)/.exec(await source.monitor("info migrate"))?.[1];
    if (status !== undefined) return status as "completed" | "failed";
    await sleep(ASK_AGAIN);
  }
}

/** Resolves when a QEMU that was started with `-incoming unix:SOCKET` listens. */
export async function listening(target: QemuGuest, socket: string): Promise<void> {
  const ended = endOf(target);
  while (!existsSync(socket)) await Promise.race([sleep(ASK_AGAIN), ended]);
}

/** Resolves when a QEMU that was started with `-incoming` has the machine, and the guest runs. */
export async function running(target: QemuGuest): Promise<void> {
  const ended = endOf(target);
  while (!/running/.test(await Promise.race([target.monitor("info status"), ended]))) await sleep(ASK_AGAIN);
}

function endOf(target: QemuGuest): Promise<never> {
  const ended = target.exited.then((code) => {
    throw new Error(`QEMU ended with ${code} before it had the machine.`);
  });
  ended.catch(() => {});
  return ended;
}
