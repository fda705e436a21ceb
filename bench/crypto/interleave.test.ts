import { describe, expect, it } from "vitest";
import { interleave, median } from "./interleave.ts";

/** Subjects on a clock of their own: each call takes as long as it says, slowed down as the machine drifts. */
function world(costs: Record<string, number>, drift: (now: number) => number) {
  let now = 0;
  const order: string[] = [];
  const subjects = Object.entries(costs).map(([name, cost]) => ({
    name,
    run: () => {
      order.push(name);
      now += cost * drift(now);
    },
  }));
  return { subjects, order, clock: () => now };
}

describe("the interleaved runner", () => {
  it("finds the ratio although the machine gets slower and slower", () => {
    const { subjects, clock } = world({ a: 10, b: 25 }, (now) => 1 + now / 1e6);
    const [a, b] = interleave(subjects, { rounds: 51, batch: 1000, clock });
    expect(a?.ratio).toBe(1);
    expect(b?.ratio).toBeGreaterThan(2.49);
    expect(b?.ratio).toBeLessThan(2.51);
  });

  it("lets each subject go first as often as the others", () => {
    const { subjects, order, clock } = world({ a: 1, b: 1, c: 1 }, () => 1);
    interleave(subjects, { rounds: 3, batch: 0, clock });
    expect(order.join("")).toBe("abcbcacab");
  });

  it("makes batches that take as long as asked, whatever a call costs", () => {
    const { subjects, order, clock } = world({ fast: 0.5, slow: 4000 }, () => 1);
    const [fast, slow] = interleave(subjects, { rounds: 1, batch: 1000, clock });
    expect([fast?.time, slow?.time]).toEqual([0.5, 4000]);
    const last = order.lastIndexOf("fast") - order.indexOf("slow");
    expect(last).toBeGreaterThanOrEqual(2000);
  });

  it("takes means where asked", () => {
    let calls = 0;
    const subject = { name: "a", run: () => calls++ };
    let now = 0;
    const clock = () => {
      now += calls === 3 ? 70 : 10;
      return now;
    };
    const [timing] = interleave([subject], { rounds: 3, batch: 0, mean: true, clock });
    expect(timing?.time).toBe((10 + 10 + 70) / 3);
  });

  it("knows medians", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
