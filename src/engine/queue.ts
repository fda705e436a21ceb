/** One job after the other, in the order of the calls. */

/**
 * - `command`, `event`: a power cut loses it; a command can be cancelled.
 * - `control`: power-on, loading, closing and the like.
 */
export type JobKind = "command" | "event" | "control";

export interface Job {
  readonly kind: JobKind;
  /** A command of the host's own. */
  readonly isOwn: boolean;
  /** TpmBackend.cancel or the signal of this command. */
  isCancelled: boolean;
}

/** One that is in execution. */
export interface Begun extends Job {
  lose(error: Error): void;
}

interface Entry extends Begun {
  /** @returns what to wait for, if anything is. */
  run(): Promise<void> | undefined;
}

export class JobQueue {
  readonly #waiting: Entry[] = [];
  #current: Begun | null = null;
  #isRunning = false;

  /** Nothing runs, nothing waits. */
  get isIdle(): boolean {
    return !this.#isRunning && this.#waiting.length === 0;
  }

  /** Nothing runs or waits but commands of the host's own. */
  get isIdleButForOwn(): boolean {
    return this.#all.every(({ isOwn }) => isOwn);
  }

  /** A command that is not the host's own runs or waits. */
  get isBusy(): boolean {
    return this.#all.some(({ kind, isOwn }) => kind === "command" && !isOwn);
  }

  get #all(): readonly Begun[] {
    return this.#current === null ? this.#waiting : [this.#current, ...this.#waiting];
  }

  /** The command in execution, or the one that comes next. */
  get firstCommand(): Job | undefined {
    return this.#current?.kind === "command" ? this.#current : this.#waiting.find(({ kind }) => kind === "command");
  }

  /**
   * Never runs `work` before it returns: a caller on an emulator's bus has no time for it.
   * @param work of what it gives, only a promise is waited for: each wait costs as much as a small command.
   */
  add<T>(kind: JobKind, work: (job: Job) => T | Promise<T>, isOwn = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          const outcome = work(entry);
          if (outcome instanceof Promise) return outcome.then(resolve, reject);
          resolve(outcome);
        } catch (error) {
          reject(error);
        }
        return undefined;
      };
      const entry: Entry = { kind, isOwn, isCancelled: false, run, lose: reject };
      this.#waiting.push(entry);
      if (this.#isRunning) return;
      this.#isRunning = true;
      queueMicrotask(() => void this.#runAll());
    });
  }

  /** For a job that the caller runs himself, until {@link leave}; others wait so long. @throws unless the queue {@link isIdle} */
  enter(job: Begun): void {
    if (!this.isIdle) throw new Error("A job that begins at once would overtake others.");
    this.#isRunning = true;
    this.#current = job;
  }

  /** That job is over: what came meanwhile has its turn, though not before this returns. */
  leave(): void {
    this.#current = null;
    this.#isRunning = this.#waiting.length > 0;
    if (this.#isRunning) queueMicrotask(() => void this.#runAll());
  }

  /** Rejects what a power cut loses. The one in execution must find out by itself that nobody waits for it any more. */
  loseAll(error: Error): void {
    if (this.#current && isLostWithPower(this.#current)) this.#current.lose(error);
    const kept = this.#waiting.filter((entry) => {
      if (isLostWithPower(entry)) entry.lose(error);
      return !isLostWithPower(entry);
    });
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }

  async #runAll(): Promise<void> {
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      this.#current = entry;
      const pending = entry.run();
      if (pending) await pending;
      this.#current = null;
      // Whoever waited for this one may have something to say before the next begins: a power cut, or a cancel.
      if (!pending && this.#waiting.length > 0) await undefined;
    }
    this.#isRunning = false;
  }
}

const isLostWithPower = ({ kind }: Job) => kind !== "control";

/** Work that a signal cancels, from its beginning to its end. */
export function cancelledBy<T>(signal: AbortSignal, work: (job: Job) => T | Promise<T>): (job: Job) => Promise<T> {
  return async (job) => {
    const cancel = () => {
      job.isCancelled = true;
    };
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel);
    try {
      return await work(job);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}
