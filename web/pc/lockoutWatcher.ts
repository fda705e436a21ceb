import {
  type CommandName,
  decodeCommand,
  decodeResponse,
  durationInWords,
  type InspectedLockout,
  type Tpm,
} from "../../src/index.ts";
import type { Lockout } from "../state/model.ts";
import { QuietMoment, type QuietMomentOptions } from "./quietMoment.ts";
import { succeeded } from "./trace.ts";

/** After one of these the protection may stand otherwise. */
const CHANGING: ReadonlySet<string> = new Set<CommandName>([
  "Startup",
  "DictionaryAttackLockReset",
  "DictionaryAttackParameters",
  "Clear",
  "ClearControl",
  "HierarchyChangeAuth",
]);
/** A failed try was counted, or none is taken any more. */
const COUNTED: ReadonlySet<string> = new Set(["TPM_RC_AUTH_FAIL", "TPM_RC_LOCKOUT"]);
/** How often failed tries are looked at again: the TPM forgets them by itself. Milliseconds. */
const AGAIN_MS = 30_000;

export interface LockoutWatcherOptions extends Pick<QuietMomentOptions, "isBusy" | "now"> {
  /** Is looked at; no command is sent. */
  readonly tpm: Pick<Tpm, "inspect">;
  readonly onChange: (lockout: Lockout) => void;
}

/** Watches the guest's commands, and looks at the TPM's failed tries when they may have become others. */
export class LockoutWatcher {
  readonly #options: LockoutWatcherOptions;
  readonly #quiet: QuietMoment;
  #again: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;

  constructor(options: LockoutWatcherOptions) {
    this.#options = options;
    this.#quiet = new QuietMoment({ ...options, onQuiet: () => void this.#look() });
  }

  /** To be told of every command and its response. */
  observe(command: Uint8Array, response: Uint8Array): void {
    this.#quiet.commandSeen();
    const isOther = succeeded(response)
      ? CHANGING.has(decodeCommand(command).name)
      : COUNTED.has(decodeResponse(response, command).responseCode.name);
    if (isOther) this.#quiet.ask();
  }

  /** The TPM is another one, and was started long ago. */
  lookAgain(): void {
    this.#quiet.ask();
  }

  /** The TPM was reset or lost its power. */
  forget(): void {
    this.#generation++;
    this.#quiet.cancel();
    clearTimeout(this.#again);
  }

  async #look(): Promise<void> {
    const generation = this.#generation;
    clearTimeout(this.#again);
    const inspection = await this.#options.tpm.inspect().catch(() => null);
    // Power is lost: the next of these commands brings the watcher back.
    if (generation !== this.#generation || !inspection?.started) return;
    const lockout = lockoutOf(inspection.lockout);
    if (lockout.failedTries > 0) this.#again = setTimeout(() => this.#quiet.ask(), AGAIN_MS);
    this.#options.onChange(lockout);
  }
}

function lockoutOf(found: InspectedLockout): Lockout {
  const { failedTries, maxTries, recoveryTime, lockoutRecovery, inLockout, authSet } = found;
  const inWords = (seconds: number) => (seconds === 0 ? null : durationInWords(seconds * 1000));
  return {
    failedTries,
    maxTries,
    isLocked: inLockout || (recoveryTime > 0 && failedTries >= maxTries),
    recovery: inWords(recoveryTime),
    lockoutRecovery: inWords(lockoutRecovery),
    isLockoutAuthSet: authSet,
  };
}
