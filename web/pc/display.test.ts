import fc from "fast-check";
import { expect, test } from "vitest";
import { plainText } from "./display.ts";

test("what a console has shown is a text: no colours, titles, cursors, and lines that end in LF", () => {
  expect(plainText("\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07grün\x1b[6n\ttab\r\r\nend\x07")).toBe(
    "red\ngrün\ttab\nend",
  );
  expect(plainText("\x1b(Bplain\x1b7\x1b8\x1bc")).toBe("plain");
});

test("of any output nothing but text is left, and of text nothing goes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (shown) => {
      expect([...plainText(shown)].filter((each) => /[\p{Cc}]/u.test(each) && !"\t\n".includes(each))).toEqual([]);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (shown) => {
      expect(plainText(shown)).toBe(shown);
    }),
  );
});
