import { beforeEach, describe, expect, it } from "vitest";
import { Ledger } from "./ledger.ts";
import { roundOf } from "./plan.ts";

const count = (value: number) => ({ what: "count", count: value }) as const;
const key = (name: string | null) => ({ what: "key", slot: 0, name }) as const;
const holds = (value: number, name: string | null = "a") => ({ holds: { count: value, keys: [name] } });
const refuses = (name: string) => ({ refuses: name });

/** One that has counted to 5 and has the key "a", all of it acknowledged. */
let ledger: Ledger;
const judge = (
  places: Record<string, Parameters<Ledger["judge"]>[0] extends ReadonlyMap<string, infer P> ? P : never>,
) => ledger.judge(new Map(Object.entries(places)));

beforeEach(() => {
  ledger = new Ledger();
  for (const told of [count(4), key("a"), count(5)]) {
    ledger.asked(told);
    expect(ledger.acknowledge(told)).toBeNull();
  }
});

describe("what is found after a kill", () => {
  it("is well where one tab has all, and the others say who has it", () => {
    expect(judge({ a: holds(5), b: refuses("StoreLockedError"), c: refuses("StoreGivenUpError") })).toEqual([]);
  });

  it("is broken where an acknowledged count is lost, seen by its reader and by the guest that goes on", () => {
    ledger.asked(count(6));
    expect(ledger.acknowledge(count(6))).toBeNull();
    ledger.asked(count(6));
    expect(ledger.acknowledge(count(6))).toBe("6 was acknowledged, and the counter is 5.");
    expect(judge({ a: holds(4) })).toEqual(["a: 6 was acknowledged, and the counter is 4."]);
  });

  it("may have a count that was asked for and not acknowledged, and no more", () => {
    ledger.asked(count(6));
    expect(judge({ a: holds(6) })).toEqual([]);
    expect(judge({ a: holds(7) })).toEqual(["a: The counter is 7, and nobody asked for more than 6."]);
  });

  it("is broken where two tabs answer, where none does, and where a tab does not know why it does not", () => {
    expect(judge({ a: holds(5), b: holds(5) })).toEqual(["The TPM is there 2 times: in a and b."]);
    expect(judge({ a: refuses("StoreGivenUpError") })).toEqual(["The TPM is lost: no tab has it."]);
    expect(judge({ a: holds(5), b: refuses("TypeError") })).toHaveLength(1);
  });

  it("is broken where a key is lost or is another one, and not where its removal was asked for", () => {
    expect(judge({ a: holds(5, null) })).toEqual(["a: key 0 is not there, and was to be a."]);
    ledger.asked(key("b"));
    expect(judge({ a: holds(5, "c") })).toHaveLength(1);
    ledger.asked(key(null));
    expect(judge({ a: holds(5, null) })).toEqual([]);
  });

  it("is broken where two tabs were acknowledged the same count", () => {
    ledger.asked(count(6));
    ledger.asked(count(6));
    expect(ledger.acknowledge(count(6))).toBeNull();
    expect(ledger.acknowledge(count(6))).not.toBeNull();
  });
});

it("a round follows from the seed and its number, and all kinds of them come", () => {
  const rounds = Array.from({ length: 300 }, (_, at) => roundOf(1, at));
  expect(Array.from({ length: 300 }, (_, at) => roundOf(1, at))).toEqual(rounds);
  expect(roundOf(2, 0)).not.toEqual(roundOf(1, 0));
  expect(new Set(rounds.map(({ victim }) => victim))).toEqual(new Set(["source", "target", "both", "browser"]));
  expect(new Set(rounds.map(({ act }) => act))).toEqual(new Set(["move", "file", "snapshot"]));
  expect(rounds.every(({ act, victim }) => act === "move" || victim === "source" || victim === "browser")).toBe(true);
});
