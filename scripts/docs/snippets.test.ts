import { describe, expect, it } from "vitest";
import { patternOf, snippetsOf } from "./snippets.ts";

const fence = "```";

describe("examples", () => {
  it("have a place, a line, and the text behind them as output", () => {
    const page = `# Words\n\n${fence}js\none();\n${fence}\n\n${fence}text\n1\n${fence}\n\n${fence}sh guest\nls\n${fence}\n\nwords\n\n${fence}text\nno output\n${fence}\n`;
    expect(snippetsOf("a.md", page)).toEqual([
      { where: "a.md:3", place: "js", code: "one();\n", output: "1" },
      { where: "a.md:11", place: "sh guest", code: "ls\n", output: null },
    ]);
  });

  it("that nobody runs are refused", () => {
    expect(() => snippetsOf("a.md", `${fence}ts\nlet x;\n${fence}\n`)).toThrow('a.md:1: nobody runs "ts"');
  });
});

describe("an output", () => {
  it.each([
    ["a.b", "a.b", true],
    ["a.b", "axb", false],
    ["a …", "a 17", true],
    ["a …", "a 17\nb", false],
    ["a\n…\nz", "a\nb\nc\nz", true],
    ["a", "a\nb", false],
  ])("%j fits %j: %j", (output, text, fits) => {
    expect(patternOf(output).test(text)).toBe(fits);
  });
});
