import { describe, expect, it } from "vitest";
import { STREAM } from "./fuzz/main.ts";
import { Stream } from "./fuzz/stream.ts";

/** About a minute together. `npm run fuzz` goes on from other seeds. */
const STREAMS = 40;
/** Commands that succeed in such a minute: most of them, or the grammar does not get deep. */
const DIFFERENT = 95;

describe("streams of commands by the grammar", () => {
  const succeeded = new Set<string>();
  for (let seed = 1; seed <= STREAMS; seed++) {
    it(`never trap, hang, grow the memory or leave a failed command's traces: stream ${seed}`, () => {
      const stream = new Stream(seed);
      for (let step = 0; step < STREAM; step++) stream.next();
      expect(stream.counts.succeeded).toBeGreaterThan(30);
      for (const name of stream.succeeded) succeeded.add(name);
    });
  }
  it("make most commands succeed", () => {
    expect(succeeded.size).toBeGreaterThan(DIFFERENT);
  });
});
