/**
 * The TPM of Node's servers: a command that finds it idle begins in the turn of the event loop in which it comes. Only Node's
 * platform imports this, so that no page carries it.
 */
import type { AtOnceTpm, ExecuteOptions } from "./api.ts";
import { InlineEngine } from "./inlineEngine.ts";
import type { Begun, Job, JobQueue } from "./queue.ts";
import { checkLocality } from "./refusals.ts";
import { wallClock } from "./tpm.ts";

export class AtOnceEngine extends InlineEngine implements AtOnceTpm {
  executeAtOnce(command: Uint8Array, options: ExecuteOptions = {}): Uint8Array | Promise<Uint8Array> {
    const { queue, switch: power, powerCycle, isHeard, answered } = this.inside;
    const cycle = powerCycle();
    if (cycle === null || options.signal || !queue.isIdle) return this.#executeLater(command, options);
    const { locality = 0, own = false } = options;
    power.requirePower();
    checkLocality(locality);
    // As in executeSync.
    const startedAt = isHeard() ? wallClock() : 0;
    const done = (response: Uint8Array) => {
      const duration = startedAt === 0 ? 0 : wallClock() - startedAt;
      const reason = cycle.reasonFor(response);
      if (cycle === powerCycle()) answered({ command, response, locality, reason, own, startedAt, duration });
      return response;
    };
    return begin(queue, own, (job) => {
      const outcome = cycle.execute(command, locality, job);
      return outcome instanceof Promise ? outcome.then(done) : done(outcome);
    });
  }

  async #executeLater(command: Uint8Array, options: ExecuteOptions): Promise<Uint8Array> {
    return (await this.executeOwned(command, options)).response;
  }
}

/**
 * As {@link JobQueue.add} of a command, but runs `work` before it returns. Only where the queue is idle: nothing is overtaken.
 * @returns what `work` gives, itself where that is no promise. @throws what `work` throws
 */
export function begin<T>(queue: JobQueue, isOwn: boolean, work: (job: Job) => T | Promise<T>): T | Promise<T> {
  // What is answered before this returns nobody can lose.
  const job: Begun = { kind: "command", isOwn, isCancelled: false, lose() {} };
  queue.enter(job);
  let outcome: T | Promise<T>;
  try {
    outcome = work(job);
  } catch (error) {
    queue.leave();
    throw error;
  }
  if (!(outcome instanceof Promise)) {
    queue.leave();
    return outcome;
  }
  const pending = outcome;
  return new Promise((resolve, reject) => {
    job.lose = reject;
    void pending.then(resolve, reject).then(() => queue.leave());
  });
}
