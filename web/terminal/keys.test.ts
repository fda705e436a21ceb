import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPromptLine, keySequence, pasted, withControl } from "./keys.ts";

test("keys are what a VT100 sends, arrows in both of its modes", () => {
  expect((["escape", "tab", "up", "left"] as const).map((key) => keySequence(key, false))).toEqual([
    "\x1b",
    "\t",
    "\x1b[A",
    "\x1b[D",
  ]);
  expect((["down", "right"] as const).map((key) => keySequence(key, true))).toEqual(["\x1bOB", "\x1bOC"]);
});

describe("Ctrl", () => {
  test.each([
    ["c", "\x03"],
    ["C", "\x03"],
    ["[", "\x1b"],
    ["]", "\x1d"],
    ["_", "\x1f"],
    [" ", "\0"],
    ["?", "\x7f"],
    ["1", "1"],
    ["é", "é"],
    ["ls", "ls"],
  ])("of %j is %j", (character, expected) => {
    expect(withControl(character)).toBe(expected);
  });

  test("never makes more than a character, and a control character of every letter", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(withControl(text)).toHaveLength(text.length);
      }),
    );
    for (const letter of "abcdefghijklmnopqrstuvwxyz") expect(withControl(letter).charCodeAt(0)).toBeLessThan(27);
  });
});

describe("pasted text", () => {
  const cooked = { bracketed: false, editsLine: false };
  const atPrompt = { bracketed: false, editsLine: true };

  test("ends its lines with Enter, whatever ended them", () => {
    expect(pasted("a\nb\r\nc\rd", cooked)).toBe("a\rb\rc\rd");
  });

  test("keeps tabs for a program that reads them", () => {
    expect(pasted("a\tb\n\tc", cooked)).toBe("a\tb\r\tc");
  });

  test("has spaces up to the next tab stop where the shell would complete", () => {
    expect(pasted("a\tb\n\tc\té\t", atPrompt)).toBe("a       b\r        c       é       ");
  });

  test("is put into brackets for a program that asks for them, and can't end them itself", () => {
    expect(pasted("a\tb\x1b[201~\nrm", { bracketed: true, editsLine: true })).toBe("\x1b[200~a\tb\rrm\x1b[201~");
  });

  test("loses nothing but what ended its lines and was a tab", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.boolean(), (text, editsLine) => {
        const sent = pasted(text, { bracketed: false, editsLine });
        const bare = (words: string) => words.replaceAll(/[\s]/g, "");
        expect(bare(sent)).toBe(bare(text));
        if (editsLine) expect(sent).not.toContain("\t");
      }),
    );
  });
});

test.each([
  ["tabtpm# ls", true],
  ["tabtpm# ", true],
  ["> and so on", true],
  ["$ id", true],
  ["line of a file", false],
  ["", false],
  ["a > b", false],
])("%j is a line with a prompt: %j", (line, expected) => {
  expect(isPromptLine(line)).toBe(expected);
});
