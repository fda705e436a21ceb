import { describe, expect, it } from "vitest";
import { type Judged, keyOf, section, withSection } from "./report.ts";

const area = {
  name: "src",
  title: "The device",
  about: ["What it is."],
  groupOf: (file: string) => file.split("/")[0] as string,
};
const at = { line: 7, start: 10, end: 11 };
const killed: Judged = {
  mutant: { ...at, file: "tis/a.ts", before: "+", after: "-" },
  text: "x + 1",
  killedBy: "a test",
  seconds: 1,
};
const survivor: Judged = {
  mutant: { ...at, file: "store/b.ts", before: "await  f(\n  x)", after: ";" },
  text: "await f(",
  seconds: 2,
};
const text = (...judged: Judged[]) =>
  section(area, judged, { same: 0, broken: 3 }, { seed: 4, date: "2030-01-02" }, { [keyOf(survivor)]: "because" });

describe("the page", () => {
  it("says how the run is repeated, how many were killed, and why one survived", () => {
    const page = text(killed, survivor);
    expect(page).toContain("`npm run mutate -- --area src --count 2 --seed 4`, 2030-01-02: **1 of 2 killed (50.0 %)**");
    expect(page).toContain("| store | 0 | 1 |\n| tis | 1 | 1 |");
    expect(page).toContain("| store/b.ts:7 `await f(` | `await f( x) -> (nothing)` | because |");
    expect(page).not.toContain("tis/a.ts:7");
  });

  it("keeps the sections of other areas, and has each once", () => {
    const other = withSection("", "The kernels", "## The kernels\n\nOld.\n");
    const both = withSection(other, area.title, text(killed));
    const again = withSection(both, area.title, text(survivor));
    expect(again.match(/^#+ .*$/gm)).toEqual(["# Mutation", "## The kernels", "## The device"]);
    expect(again).toContain("0 of 1 killed");
    expect(again).not.toContain("1 of 1 killed");
    expect(again).toContain("Old.");
    expect(withSection(again, area.title, text(survivor))).toBe(again);
  });
});
