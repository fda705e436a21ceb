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

interface Entry extends Job {
  run(): Promise<void>;
  lose(error: Error): void;
}

export class JobQueue {
  readonly #waiting: Entry[] = [];
  #current: Entry | null = null;
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

  get #all(): readonly Entry[] {
    return this.#current === null ? this.#waiting : [this.#current, ...this.#waiting];
  }

  /** The command in execution, or the one that comes next. */
  get firstCommand(): Job | undefined {
    return this.#current?.kind === "command" ? this.#current : this.#waiting.find(({ kind }) => kind === "command");
  }

  /** Never runs `work` before it returns: a caller on an emulator's bus has no time for it. */
  add<T>(kind: JobKind, work: (job: Job) => Promise<T>, isOwn = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        kind,
        isOwn,
        isCancelled: false,
        run: () => work(entry).then(resolve, reject),
        lose: reject,
      };
      this.#waiting.push(entry);
      if (this.#isRunning) return;
      this.#isRunning = true;
      queueMicrotask(() => void this.#runAll());
    });
  }

  /**
   * As {@link add}, but runs `work` before it returns. Only where the queue {@link isIdle}: nothing is overtaken.
   * @returns what `work` gives, itself where that is no promise. @throws what `work` throws
   */
  begin<T>(kind: JobKind, work: (job: Job) => T | Promise<T>, isOwn = false): T | Promise<T> {
    if (!this.isIdle) throw new Error("A job that begins at once would overtake others.");
    const entry: Entry = { kind, isOwn, isCancelled: false, run: noRun, lose: noLoss };
    this.#isRunning = true;
    this.#current = entry;
    let outcome: T | Promise<T>;
    try {
      outcome = work(entry);
    } catch (error) {
      this.#over();
      throw error;
    }
    if (!(outcome instanceof Promise)) {
      this.#over();
      return outcome;
    }
    const pending = outcome;
    return new Promise((resolve, reject) => {
      entry.lose = reject;
      void pending.then(resolve, reject).then(() => this.#runAll());
    });
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

  /** What came while a job that began at once was at work has its turn. */
  #over(): void {
    this.#current = null;
    this.#isRunning = this.#waiting.length > 0;
    if (this.#isRunning) queueMicrotask(() => void this.#runAll());
  }

  async #runAll(): Promise<void> {
    this.#current = null;
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      this.#current = entry;
      await entry.run();
      this.#current = null;
    }
    this.#isRunning = false;
  }
}

/** It has begun already, and is answered before anybody could lose it. */
const noRun = async () => {};
const noLoss = () => {};

const isLostWithPower = ({ kind }: Job) => kind !== "control";
