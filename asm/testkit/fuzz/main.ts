/** The fuzzer; started by scripts/fuzz.mjs, which has the options. */
import { type Counts, Stream } from "./stream.ts";

/** Steps of a stream, after which a new TPM takes over. */
export const STREAM = 1500;
const PROGRESS_SECONDS = 10;

/**
 * Runs streams until the time is over, something does not hold, or the process is interrupted.
 * @param seed of the first stream; the next ones count on.
 * @returns false when something did not hold.
 */
export async function fuzz({ minutes, seed }: { minutes: number; seed: number }): Promise<boolean> {
  const end = Date.now() + minutes * 60_000;
  let isInterrupted = false;
  process.once("SIGINT", () => {
    isInterrupted = true;
  });
  const total: Counts = { commands: 0, succeeded: 0, storesFailed: 0, powerCycles: 0, cancelled: 0, resumed: 0 };
  const names = new Set<string>();
  const say = (what: string) =>
    console.log(
      `${what}: ${total.commands} commands, ${total.succeeded} succeeded (${names.size} different ones), ` +
        `${total.storesFailed} refused by the store, ${total.cancelled} cancelled, ` +
        `${total.powerCycles} power cycles, ${total.resumed} resumed`,
    );
  let said = Date.now();
  for (let current = seed; Date.now() < end && !isInterrupted; current++) {
    const stream = new Stream(current);
    for (let step = 0; step < STREAM && Date.now() < end && !isInterrupted; step++) {
      try {
        stream.next();
      } catch (error) {
        console.error(`seed ${current}, step ${step}:`, error);
        console.error(`Again: npm run fuzz -- --minutes 1 --seed ${current}`);
        return false;
      }
      if (step % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += stream.counts[key];
    for (const name of stream.succeeded) names.add(name);
    if (Date.now() - said >= PROGRESS_SECONDS * 1000) {
      said = Date.now();
      say(`seeds ${seed} to ${current}`);
    }
  }
  say(isInterrupted ? "interrupted" : "nothing found");
  return true;
}
