import { describe, expect, it } from "vitest";
import { figureOf, ratioOf, takeTurns } from "./turns.ts";

/** Takers on a clock of their own, which runs faster and faster. */
function world(costs: Record<string, number>) {
  let now = 0;
  const order: string[] = [];
  const takers = Object.entries(costs).map(
    ([name, cost]) =>
      [
        name,
        async () => {
          order.push(name);
          const cpu = cost * (1 + now / 1e4);
          now += cpu;
          return { cpu };
        },
      ] as const,
  );
  return { takers: new Map(takers), order };
}

describe("taking turns", () => {
  it("gives each a turn in each round, and lets each go first as often as the others", async () => {
    const { takers, order } = world({ a: 1, b: 1, c: 1 });
    const rounds = await takeTurns(takers, 3);
    expect(order.join("")).toBe("abcbcacab");
    expect([...rounds.values()].map(({ length }) => length)).toEqual([3, 3, 3]);
  });

  it("waits for a turn's end before the next one begins", async () => {
    let running = 0;
    const turn = async () => {
      running++;
      const cpu = running;
      await Promise.resolve();
      running--;
      return { cpu };
    };
    const rounds = await takeTurns(
      new Map([
        ["a", turn],
        ["b", turn],
      ]),
      4,
    );
    expect([...rounds.values()].flat().every(({ cpu }) => cpu === 1)).toBe(true);
  });

  it("finds the ratio although the machine gets slower and slower", async () => {
    const { takers } = world({ a: 10, b: 25 });
    const rounds = await takeTurns(takers, 50);
    const ratio = ratioOf(rounds, ["b", "cpu"], ["a", "cpu"]);
    expect(ratio).toBeGreaterThan(2.45);
    expect(ratio).toBeLessThan(2.55);
  });

  it("takes medians, or means where asked", () => {
    const rounds = new Map([
      ["a", [{ cpu: 1 }, { cpu: 2 }, { cpu: 9 }]],
      ["b", [{ cpu: 2 }, { cpu: 2 }, { cpu: 2 }]],
    ]);
    expect([figureOf(rounds, "a", "cpu"), figureOf(rounds, "a", "cpu", true)]).toEqual([2, 4]);
    expect(ratioOf(rounds, ["a", "cpu"], ["b", "cpu"])).toBe(1);
    expect(ratioOf(rounds, ["a", "cpu"], ["b", "cpu"], true)).toBe(2);
  });

  it("says nothing of who was not there or has no such figure", () => {
    const rounds = new Map([["a", [{ cpu: 1 }]]]);
    expect([figureOf(rounds, "b", "cpu"), figureOf(rounds, "a", "wall")]).toEqual([undefined, undefined]);
    expect(ratioOf(rounds, ["a", "cpu"], ["b", "cpu"])).toBeUndefined();
  });
});
