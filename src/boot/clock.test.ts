import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockNotice, durationInWords, setClockCommand } from "./clock.ts";

describe("a duration in words", () => {
  it.each([
    [0, "0 s"],
    [-5, "0 s"],
    [45_999, "45 s"],
    [60_000, "1 min"],
    [200_000, "3 min 20 s"],
    [3_600_000, "1 h"],
    [3_780_000, "1 h 3 min"],
    [3_605_000, "1 h"],
    [90_000_000, "1 d 1 h"],
  ])("%i ms: %s", (milliseconds, words) => {
    expect(durationInWords(milliseconds)).toBe(words);
  });

  it("has one unit or two, and is short by less than one of the smaller", () => {
    const sizes: Record<string, number> = { d: 86_400, h: 3600, min: 60, s: 1 };
    fc.assert(
      fc.property(fc.nat(1e9), (seconds) => {
        const parts = durationInWords(seconds * 1000).match(/\d+ \w+/g)!;
        expect(parts.length).toBeLessThanOrEqual(2);
        const said = parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * sizes[part.split(" ")[1]!]!, 0);
        expect(said).toBeLessThanOrEqual(seconds);
        expect(said).toBeGreaterThan(seconds / 2 - 1);
      }),
    );
  });
});

it("the clock is set in seconds since 1970", () => {
  expect(setClockCommand(1_790_000_000_499)).toBe("date -s @1790000000");
});

it("a clock that falls behind is news at first, when that has doubled, and anew after a reset", () => {
  const notice = new ClockNotice();
  expect([0, 31_000, 61_000, 62_000, 100_000, 0, 31_000].map((behind) => notice.isNews(behind))).toEqual([
    false,
    true,
    false,
    true,
    false,
    false,
    true,
  ]);
});
