import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { partNames } from "./main.ts";
import { number, partsOf, percent, table, withPart } from "./page.ts";

const PAGE = "words\n<!-- printed: a -->\nold\n<!-- end -->\nmore\n<!-- printed: b -->\n<!-- end -->\n";

describe("the page with printed parts", () => {
  it("gets other lines between the marks of a part, and keeps everything else", () => {
    const once = withPart(PAGE, "a", ["new", "lines"]);
    expect(once).toBe(PAGE.replace("old\n", "\nnew\nlines\n\n"));
    expect(withPart(withPart(PAGE, "b", ["else"]), "a", ["new", "lines"])).toBe(withPart(once, "b", ["else"]));
  });

  it("is the same when the same is printed again", () => {
    const once = withPart(PAGE, "b", ["x"]);
    expect(withPart(once, "b", ["x"])).toBe(once);
  });

  it("says which place it lacks", () => {
    expect(() => withPart(PAGE, "c", [])).toThrow("<!-- printed: c -->");
  });

  it("has a place for each part in docs/where-the-time-goes.md", () => {
    const page = readFileSync(new URL("../../docs/where-the-time-goes.md", import.meta.url), "utf8");
    expect(partsOf(page)).toEqual(partNames);
  });

  it("has tables of words and numbers", () => {
    expect(table(["what", "us"], [["a", "1"]])).toEqual(["| what | us |", "| --- | ---: |", "| a | 1 |"]);
    expect([percent(0.0123), percent(0.25), number(1234.5), number(1.23456)]).toEqual([
      "1.2 %",
      "25 %",
      "1,235",
      "1.23",
    ]);
  });
});
