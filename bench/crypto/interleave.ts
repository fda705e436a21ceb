/**
 * The runner. Benchmark libraries run one task after the other to its end; on a shared machine whose speed drifts by
 * tens of percent within seconds, that drift then looks like a difference between the tasks. Here all subjects of an
 * operation take turns in short batches, in an order that changes from round to round, and two subjects are compared
 * within a round only: the ratio is the median of the rounds' ratios. What is counted is the CPU time of the process,
 * so that a neighbour's time slice does not count.
 */

export interface Subject {
  name: string;
  run: () => unknown;
}

export interface Timing {
  name: string;
  /** Microseconds of CPU time for a call: the median of the rounds, or their mean. */
  time: number;
  /** The same in the round that was least disturbed. */
  best: number;
  /** Time for a call divided by that of the first subject. */
  ratio: number;
}

export interface Options {
  rounds: number;
  /** Microseconds that a batch should take at least; 0 = one call to a batch. */
  batch: number;
  /** For operations whose time is a matter of luck (key generation): means instead of medians. */
  mean?: boolean;
  /** Microseconds of CPU time since some moment. */
  clock?: () => number;
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whose turn it is in a round, by their numbers: each goes first as often as the others. */
export const turnsOf = (subjects: number, round: number): number[] =>
  Array.from({ length: subjects }, (_, turn) => (round + turn) % subjects);

/** Times the subjects in turns. The first is the one that the others are compared with. */
export function interleave(subjects: readonly Subject[], options: Options): Timing[] {
  const clock = options.clock ?? cpuTime;
  const timed = (run: () => unknown, calls: number) => {
    const start = clock();
    for (let i = 0; i < calls; i++) run();
    return clock() - start;
  };
  const calls = subjects.map(({ run }) => {
    if (options.batch === 0) return 1;
    // Twice, so that compilers have done their work before the second count.
    let count = callsFor(run, options.batch, timed);
    count = callsFor(run, options.batch, timed, count);
    return count;
  });
  const times: number[][] = subjects.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const i of turnsOf(subjects.length, round)) {
      const count = calls[i] as number;
      (times[i] as number[]).push(timed((subjects[i] as Subject).run, count) / count);
    }
  }
  const average = options.mean ? mean : median;
  const first = times[0] as number[];
  return subjects.map(({ name }, i) => {
    const own = times[i] as number[];
    const ratio = options.mean ? mean(own) / mean(first) : median(own.map((time, k) => time / (first[k] as number)));
    return { name, time: average(own), best: Math.min(...own), ratio };
  });
}

function callsFor(
  run: () => unknown,
  batch: number,
  timed: (run: () => unknown, calls: number) => number,
  first = 1,
): number {
  for (let count = first; ; ) {
    const time = timed(run, count);
    if (time >= batch / 2) return Math.max(1, Math.ceil((count * batch) / Math.max(time, 1)));
    count = time * 10 > batch ? Math.ceil((count * batch) / time) : count * 8;
  }
}
