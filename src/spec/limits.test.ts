import { describe, expect, it } from "vitest";
import { commands } from "./commands.ts";
import { readSources } from "./generate/sources.ts";
import { repository } from "./generate/testkit/compile.ts";
import { limitRows, limitsOf } from "./limits.ts";
import { types } from "./types.ts";

describe("limits", () => {
  it("may be made of others that stand before them", () => {
    const rows = { A: { value: 8, libtpms: 6 }, B: { value: "(A - 4) / 2" } };
    expect([...limitsOf("full", rows)]).toEqual([
      ["A", 8],
      ["B", 2],
    ]);
    expect(limitsOf("libtpms-0.9", rows).get("B")).toBe(1);
  });

  it("of libtpms are the same where a row has no number for it", () => {
    const [full, libtpms] = [limitsOf("full"), limitsOf("libtpms-0.9")];
    const different = [...full].filter(([name, value]) => libtpms.get(name) !== value).map(([name]) => name);
    expect(different).toEqual(Object.keys(limitRows).filter((name) => limitRows[name]?.libtpms !== undefined));
    expect([...libtpms.keys()]).toEqual([...full.keys()]);
  });

  it("of the profile full are the larger ones: buffers are sized by them", () => {
    const full = limitsOf("full");
    for (const [name, value] of limitsOf("libtpms-0.9")) expect(full.get(name), name).toBeGreaterThanOrEqual(value);
  });

  it("can't be made of what is no limit before them", () => {
    expect(() => limitsOf("full", { A: { value: "B" }, B: { value: 1 } })).toThrow("A uses B");
    expect(() => limitsOf("full", { A: { value: "sizeof(TPMT_HA)" } })).toThrow("A calls sizeof");
  });

  it("are all read: by the core, by a table or by another limit", () => {
    const texts = [
      ...readSources(repository).values(),
      JSON.stringify([types, commands.map(({ handles, parameters }) => [handles, parameters])]),
      JSON.stringify(Object.values(limitRows).map(({ value }) => value)),
    ];
    const isRead = (name: string) => texts.some((text) => new RegExp(`\\b${name}\\b`).test(text));
    expect(Object.keys(limitRows).filter((name) => !isRead(name))).toEqual([]);
  });
});
