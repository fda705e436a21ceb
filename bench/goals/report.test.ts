import { describe, expect, it } from "vitest";
import { groups } from "./groups.ts";
import { type Line, lines } from "./lines.ts";
import { callsIn } from "./outside.ts";
import { CALIBRATION, type Measured, page, REFERENCE_SIGN, resultOf, table } from "./report.ts";
import type { Sample } from "./tasks.ts";

const cpu = (...values: number[]): Sample[] => values.map((value) => ({ cpu: value }));
/** Three rounds on a machine that is twice as slow as the reference, and in the last one four times. */
const measured = (more: Record<string, Sample[]> = {}): Measured => ({
  isMean: false,
  rounds: new Map(
    Object.entries({
      [CALIBRATION]: [2, 2, 4].map((slower) => ({ sign: slower * REFERENCE_SIGN, hash: slower * 500 })),
      "probe tabtpm": cpu(2000, 2000, 4000),
      "probe against": cpu(4000, 4000, 8000),
      "probe swtpm": cpu(1000, 1000, 2000),
      "probe node:crypto": cpu(500, 500, 1000),
      ...more,
    }),
  ),
});
const line = (more: Partial<Line> = {}): Line => ({
  group: "group",
  what: "what",
  figure: { probe: "probe", field: "cpu" },
  unit: "us",
  ...more,
});

describe("a line of the goals", () => {
  it("says what the figure would be on the reference machine, by the calibration of the same round", () => {
    const { own, scaled, sign, hash } = resultOf(line(), measured());
    expect({ own, scaled, sign, hash }).toEqual({ own: 2000, scaled: 1000, sign: 2 * REFERENCE_SIGN, hash: 1000 });
  });

  it("compares with the others round by round", () => {
    const { against, toAgainst, swtpm, toSwtpm, other } = resultOf(line(), measured());
    expect({ against, toAgainst, swtpm, toSwtpm, other }).toEqual({
      against: 4000,
      toAgainst: 0.5,
      swtpm: 1000,
      toSwtpm: 2,
      other: 500,
    });
  });

  it("holds where the converted figure does", () => {
    const at = (goal: number, more: Partial<Line> = {}) => resultOf(line({ goal, ...more }), measured()).holds;
    expect([at(1000), at(999), resultOf(line(), measured()).holds]).toEqual([true, false, undefined]);
    // 1,000 octets in 1,000 us there.
    expect([at(1, { unit: "MB/s", per: 1000 }), at(1.01, { unit: "MB/s", per: 1000 })]).toEqual([true, false]);
    expect([at(2000, { isFixed: true }), at(1999, { isFixed: true })]).toEqual([true, false]);
  });

  it("holds where it is at least as fast as the other checkout, if that is the goal", () => {
    const slower = { "probe against": cpu(1000, 1000, 2000) };
    const holds = (more?: Record<string, Sample[]>) => resultOf(line({ isAsFast: true }), measured(more)).holds;
    expect([holds(), holds(slower), holds({ "probe against": [] })]).toEqual([true, false, undefined]);
  });

  it("shows a figure for one of several commands, and in its unit", () => {
    expect(resultOf(line({ unit: "ms", per: 2 }), measured()).own).toBe(1);
  });

  it("is a ratio to another figure where it says so, which is not converted", () => {
    const toSign = line({ unit: "times", to: { probe: CALIBRATION, field: "sign", of: "" }, goal: 4 });
    const { own, scaled, toSwtpm, holds } = resultOf(toSign, measured());
    expect(own).toBeCloseTo(2000 / 650);
    expect(scaled).toBe(own);
    expect([toSwtpm, holds]).toEqual([undefined, true]);
    const bare = { "bare tabtpm": cpu(100, 100, 200) };
    const toBare = line({ unit: "times", to: { probe: "bare", field: "cpu", times: 16 } });
    expect(resultOf(toBare, measured(bare)).own).toBe(20 / 16);
  });

  it("is converted by another's figure in the same round where it says so", () => {
    const by = { probe: "probe", field: "cpu", of: "node:crypto", there: 250 };
    expect(resultOf(line({ by }), measured()).scaled).toBe(1000);
    expect(resultOf(line({ by: { ...by, there: 100 }, goal: 400 }), measured())).toMatchObject({
      scaled: 400,
      holds: true,
    });
    expect(resultOf(line({ by: { ...by, of: "nobody" }, goal: 1 }), measured())).toMatchObject({
      scaled: undefined,
      holds: undefined,
    });
  });

  it("leaves empty what was not measured", () => {
    const result = resultOf(line({ figure: { probe: "other", field: "cpu" }, goal: 1 }), measured());
    expect(Object.values(result).filter((value) => value !== undefined)).toEqual([
      result.line,
      result.sign,
      result.hash,
    ]);
  });
});

describe("the lines", () => {
  it.each(lines.map((each) => [each.what, each] as const))("%s: is of a probe that there is", (_what, each) => {
    const probes = groups.find(({ name }) => name === each.group)?.probes ?? {};
    const others = [each.to, each.by].flatMap((other) => (other && other.probe !== CALIBRATION ? [other] : []));
    for (const { probe } of [each.figure, ...others]) expect(Object.keys(probes)).toContain(probe);
  });

  it("show something of each probe", () => {
    const shown = new Set(lines.map(({ group, figure }) => `${group} ${figure.probe}`));
    const all = groups.flatMap(({ name, probes }) => Object.keys(probes).map((probe) => `${name} ${probe}`));
    expect(all.filter((each) => !shown.has(each))).toEqual([]);
  });
});

describe("the table", () => {
  const results = [resultOf(line({ goal: 1000, before: 3000 }), measured())];

  it("has all columns filled", () => {
    const [head, , row] = table(results, true);
    expect(head).toContain("| this to other |");
    expect(row).toBe(
      "| what | 3,000 us | ≤ 1,000 us | 1,000 us | yes | 2,000 us | 4,000 us | 0.50 | 1,000 us | 2.00 | 500 us | 650 us | 1,000 us |",
    );
  });

  it("has no columns of another checkout where there is none", () => {
    expect(table(results, false).join("\n")).not.toContain("other");
  });

  it("is in a page that says on what it was measured", () => {
    const about = {
      machine: "a CPU, 2 cores",
      node: "24.0.0",
      date: "2026-11-29",
      load: 1,
      own: "abc",
      notes: ["a note"],
    };
    const text = page(results, about);
    for (const part of ["a CPU, 2 cores", "load 1.0", "Node 24.0.0", "abc", "- a note"]) expect(text).toContain(part);
  });
});

describe("strace's table of counts", () => {
  const TABLE = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 75.25    0.041683         771        54         3 futex
 18.70    0.010357        2589         4           epoll_pwait
  0.45    0.000252           4        62           fsync
  0.38    0.000212          11        18         2 openat
  0.31    0.000212          11        10           fdatasync
  0.00    0.000000           0         6           clone3
------ ----------- ----------- --------- --------- ------------------
100.00    0.055390          81       144         5 total
`;
  it("is counted without waits and without its sum", () => {
    expect(callsIn(TABLE)).toEqual({ calls: 62 + 18 + 10 + 6, flushes: 72 });
  });
});
