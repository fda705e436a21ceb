/**
 * Holds the processor while the TPM executes a command. Software waits for the TPM with a time-out of 750 ms to some
 * seconds, in loops that look at the status before the clock: a processor that is held from tpmGo until the answer is
 * in the device never sees one run down, however long the host takes.
 */

import type { CommandInExecution } from "../engine/execution.ts";
import { hierarchyCommands } from "../spec/commands/hierarchyCommands.ts";
import { objectCommands } from "../spec/commands/objectCommands.ts";
import type { Platform } from "./platform.ts";

/** An operating system gives these minutes, and its users something else to do meanwhile. */
const LONG: ReadonlySet<number> = new Set([
  objectCommands.Create.code,
  objectCommands.CreateLoaded.code,
  hierarchyCommands.CreatePrimary.code,
]);
/** Milliseconds after which a held machine is said to wait for its TPM. */
const PATIENCE_MS = 1000;

export class CommandHold {
  readonly #platform: Platform;
  readonly #onWaiting: (waiting: boolean) => void;
  #release: (() => void) | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #waiting = false;

  /** @param onWaiting told when a hold lasts longer than a second, and when such a one is over. */
  constructor(platform: Platform, onWaiting: (waiting: boolean) => void) {
    this.#platform = platform;
    this.#onWaiting = onWaiting;
  }

  /** @param command the one in execution; null when none is. */
  follow(command: CommandInExecution | null): void {
    if (command === null) this.release();
    // Firmware has one time-out for most commands; an aborted one's end is waited for with that of a register.
    else if (!this.#platform.paging || command.hurried || !LONG.has(command.code)) this.#hold();
  }

  release(): void {
    clearTimeout(this.#patience);
    this.#release?.();
    this.#release = null;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#onWaiting(false);
  }

  #hold(): void {
    if (this.#release !== null) return;
    this.#release = this.#platform.hold();
    this.#platform.endSlice();
    this.#patience = setTimeout(() => {
      this.#waiting = true;
      this.#onWaiting(true);
    }, PATIENCE_MS);
  }
}
