import { describe, expect, it } from "vitest";
import { excuses } from "./differential/excuses.ts";
import { Grammar } from "./differential/grammar.ts";
import { listing, Pair, shrink } from "./differential/pair.ts";
import { Random } from "./differential/random.ts";
import type { Step } from "./differential/step.ts";
import { swtpmIsInstalled } from "./swtpm.ts";

/** DIFFERENTIAL_SEED=n starts from another stream, _STREAMS=n runs more of them, _LENGTH=n longer ones, _REPORT=1 counts. */
const { DIFFERENTIAL_SEED, DIFFERENTIAL_STREAMS, DIFFERENTIAL_LENGTH, DIFFERENTIAL_REPORT } = process.env;
const seed = Number(DIFFERENTIAL_SEED ?? 1);
const streams = Number(DIFFERENTIAL_STREAMS ?? 14);
const LENGTH = Number(DIFFERENTIAL_LENGTH ?? 1200);

describe.runIf(swtpmIsInstalled())("the same commands on libtpms", () => {
  for (let i = 0; i < streams; i++) {
    it(`get the same answers: stream ${seed + i}`, { timeout: 120_000 }, async () => {
      expect(await differs(seed + i)).toBe("");
    });
  }
});

/** @returns the first difference of a stream, with the fewest steps that show it; "" for none. */
async function differs(streamSeed: number): Promise<string> {
  const steps: Step[] = [];
  const pair = await Pair.start(excuses);
  const random = new Random(streamSeed);
  const grammar = new Grammar(random, pair.model);
  let found: string | null = null;
  try {
    while (steps.length < LENGTH && found === null) {
      const step = grammar.next();
      steps.push(step);
      found = await pair.run(step);
    }
  } finally {
    await pair.stop();
  }
  if (DIFFERENTIAL_REPORT) {
    for (const [what, count] of [...pair.seen].sort()) console.log(count, what);
    for (const [what, count] of pair.excused) console.log(count, what);
  }
  if (found === null) return "";
  const small = await shrink(steps, excuses);
  return small ? `\n${listing(small.steps)}\n${small.text}` : `\n(not seen again)\n${found}`;
}
