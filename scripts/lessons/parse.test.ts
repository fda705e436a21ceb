import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { marked } from "marked";
import { describe, expect, it } from "vitest";
import type { Prose } from "../../src/lessons/index.ts";
import { root } from "../root.mjs";
import { LessonError } from "./lessonError.ts";
import { parseLesson } from "./parse.ts";

const read = (source: string, file = "web/lessons/example.md") => parseLesson(source, file);
const GOOD = `---
course: keys
number: 2
title: An example
minutes: 5
clauses: ["Part 3, 16.1 TPM2_GetRandom"]
start: tpm2_getcap properties-fixed > caps
---
What and why.

## Ask

Ask for octets.

\`\`\`run
tpm2_getrandom --hex 8
\`\`\`
\`\`\`watch
- commands: [GetRandom, SelfTest]
- pcr: 16
- console
\`\`\`
\`\`\`check
- command: { name: GetRandom, succeeded: true }
\`\`\`
\`\`\`wrong
run: tpm2_getrandom --hex 100000
told: refused
undo: [rm -f a, "echo b: c"]
\`\`\`

## Read

Nothing to do here.

## Again

Boot again and answer.

\`\`\`act
append: quiet
\`\`\`
\`\`\`ask
question: How many?
found: echo 24
\`\`\`
\`\`\`check
- answer: { is: 24 }
\`\`\`

## On a real machine

It is slower.
`;

describe("a lesson's file", () => {
  it("becomes data", () => {
    const { lesson, walks } = read(GOOD);
    expect(lesson).toMatchObject({
      id: "example",
      course: "keys",
      number: 2,
      title: "An example",
      minutes: 5,
      clauses: ["Part 3, 16.1 TPM2_GetRandom"],
      certificates: false,
      start: ["tpm2_getcap properties-fixed > caps"],
      introduction: [{ tag: "p", children: ["What and why."] }],
      realMachine: [{ tag: "p", children: ["It is slower."] }],
    });
    expect(lesson.steps.map(({ title }) => title)).toEqual(["Ask", "Read", "Again"]);
    const [ask, reading, again] = lesson.steps;
    expect(ask).toEqual({
      title: "Ask",
      blocks: [
        { kind: "prose", prose: [{ tag: "p", children: ["Ask for octets."] }] },
        { kind: "run", lines: ["tpm2_getrandom --hex 8"], fails: false },
      ],
      watch: [
        { kind: "commands", name: "GetRandom" },
        { kind: "commands", name: "SelfTest" },
        { kind: "pcr", index: 16 },
        { kind: "console" },
      ],
      checks: [{ check: "command", parameters: { name: "GetRandom", succeeded: true } }],
    });
    expect(reading?.checks).toEqual([]);
    expect(again?.blocks.slice(1)).toEqual([
      { kind: "act", act: { kind: "boot", append: "quiet" } },
      { kind: "ask", question: "How many?" },
    ]);
    expect(walks.map(({ found }) => found)).toEqual([null, null, "echo 24"]);
    expect(walks[0]?.wrong).toEqual([
      {
        run: ["tpm2_getrandom --hex 100000"],
        act: null,
        answer: null,
        told: "refused",
        undo: ["rm -f a", "echo b: c"],
        line: 27,
      },
    ]);
    // It goes over the wire as it is.
    expect(JSON.parse(JSON.stringify(lesson))).toEqual(lesson);
  });

  it("may say what a boot takes away", () => {
    const told = GOOD.replace("start: ", "after-boot: [echo one, '[ ! -e a ] || cat a']\nstart: ");
    expect(read(told).lesson.afterBoot).toEqual(["echo one", "[ ! -e a ] || cat a"]);
    expect(read(GOOD).lesson.afterBoot).toEqual([]);
  });

  it("is the same with the line ends of Windows", () => {
    expect(read(GOOD.replaceAll("\n", "\r\n"))).toEqual(read(GOOD));
  });

  it("is what the author's guide shows", () => {
    const guide = readFileSync(join(root, "docs/lessons.md"), "utf8");
    const [, example] = /````markdown\n([\s\S]*?)````/.exec(guide)!;
    expect(read(example!).lesson.title).toBe("Load and use a key");
  });
});

describe("a mistake", () => {
  it.each([
    ["course: keys", "course: locks", 2, "course must be one of first-contact, keys"],
    ["number: 2", "number: 0", 3, "number must be a number from 1 on"],
    ["title: An example", "titel: An example", 4, "titel is unknown: there are course, number"],
    ["minutes: 5\n", "", 2, "minutes is missing"],
    ["minutes: 5", "minutes: 5\nminutes: 6", 6, "this is no YAML: Map keys must be unique"],
    ['"Part 3, 16.1 TPM2_GetRandom"', '"16.1"', 6, "clauses must be a list of clauses such as"],
    ["What and why.\n", "", 9, "a lesson begins with a paragraph"],
    ["What and why.", "What <b>and</b> why.", 9, "HTML (<b>) can't stand in a lesson's text"],
    ["What and why.", "What &amp; why.", 9, "write the character itself, not &amp;"],
    ["What and why.", "![a](b.png)", 9, "this image (![a](b.png)) can't stand"],
    ["What and why.", "[a](javascript:b)", 9, "the link javascript:b must begin with https:// or docs/"],
    ["What and why.", "| a |\n|---|\n| b |", 9, "this table (| a |"],
    ["## Ask", "### Ask", 11, "headings of the second level only: ## Ask"],
    ["## Ask", "## `Ask`", 11, "a heading is plain text"],
    ["Ask for octets.\n", "", 11, "a step begins with a few sentences"],
    ["```run\n", "```runs\n", 15, "there is no block “runs”"],
    ["--hex 8", "--hex 8 \\", 16, "goes on in the next one"],
    ["tpm2_getrandom --hex 8", " tpm2_getrandom", 16, "begins or ends with a blank"],
    ["tpm2_getrandom --hex 8", "# a comment", 16, "is a comment: say it above the block"],
    ["tpm2_getrandom --hex 8", "x".repeat(401), 16, "is longer than 400 characters"],
    ["tpm2_getrandom --hex 8\n", "", 16, "this block runs nothing"],
    ["SelfTest]", "SelfTests]", 19, 'there is no command "SelfTests"'],
    ["- pcr: 16", "- pcr: 24", 19, "there is no PCR 24: they are 0 to 23"],
    ["- console", "- screen", 19, "watch commands: NAME"],
    [
      "name: GetRandom, succeeded",
      "names: GetRandom, succeeded",
      24,
      "command.names is unknown: there are name, succeeded",
    ],
    [
      "name: GetRandom, succeeded",
      "name: Random, succeeded",
      24,
      "command.name must be a command's name without TPM2_",
    ],
    ["- command:", "- comand:", 24, "check.comand is no check: there are command"],
    ["- command: {", "command: {", 24, "write checks as a list: - NAME: { ... }"],
    ["told: refused\n", "", 27, "told is missing"],
    ["run: tpm2_getrandom --hex 100000\n", "", 27, "a wrong turn has run, act or answer"],
    ["undo: [rm -f a", "undo: [{ a: b }", 27, "undo must be a line, or a list of lines"],
    ["append: quiet", "halt", 41, "an act is reset, power-cut, power-cycle, failure-mode or append"],
    ["found: echo 24\n", "", 44, "found is missing"],
    ["- answer: { is: 24 }", "- rebooted: {}", 36, "a question needs the check “answer”"],
    ["- answer: { is: 24 }", "- rebooted: { orderly: maybe }", 48, "rebooted.orderly must be true or false"],
    ["## On a real machine", "## Elsewhere", 51, "the last section must be “## On a real machine”"],
    ["It is slower.\n", "", 51, "this section is empty"],
    ["It is slower.", "```run\nls\n```", 53, "a “run” block belongs into a step"],
  ])("%j instead of %j is said in line %i", (right, mistaken, line, problem) => {
    expect(GOOD).toContain(right);
    const source = GOOD.replace(right, () => mistaken);
    expect(() => read(source)).toThrow(LessonError);
    expect(() => read(source)).toThrow(problem);
    expect(() => read(source)).toThrow(`web/lessons/example.md:${line}: `);
  });

  it("in the whole is said, too", () => {
    const without = (block: RegExp) => GOOD.replace(block, "");
    expect(() => read(without(/```wrong[\s\S]*?```\n/))).toThrow("at least one wrong turn");
    expect(() => read(without(/```check[\s\S]*?```\n/))).toThrow("has something to do and no check");
    expect(() => read(without(/```run[\s\S]*?```\n/))).toThrow("has a check and nothing to do");
    expect(() => read(without(/## Ask[\s\S]*(?=## On)/))).toThrow("a lesson has at least one step");
    expect(() => read(without(/---\n/))).toThrow("begins with --- and its front matter");
    expect(() => read(GOOD, "web/lessons/An Example.md")).toThrow("the file's name must be lower-case words");
  });

  it("of any kind is one that says where", () => {
    const pieces = GOOD.split(/(\n+|[:{}[\]`-])/);
    const mutated = fc
      .array(
        fc.tuple(
          fc.nat(pieces.length - 1),
          fc.oneof(fc.constantFrom(...pieces, "```", "- ", ": ", "&a", "*a"), fc.string()),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((changes) => changes.reduce((all, [at, piece]) => all.with(at, piece), pieces).join(""));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string()), (source) => {
        try {
          read(source);
        } catch (error) {
          if (!(error instanceof LessonError)) throw error;
          expect(error.line).toBeGreaterThan(0);
          expect(error.line).toBeLessThanOrEqual(source.split("\n").length + 1);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe("prose", () => {
  /** As a page may write it. */
  const html = (prose: Prose): string =>
    prose
      .map((part) =>
        typeof part === "string"
          ? part
              .replaceAll("&", "&amp;")
              .replaceAll("<", "&lt;")
              .replaceAll(">", "&gt;")
              .replaceAll('"', "&quot;")
              .replaceAll("'", "&#39;")
          : `<${part.tag}${part.href === undefined ? "" : ` href="${part.href}"`}>${html(part.children)}</${part.tag}>`,
      )
      .join("");
  const flat = (text: string) =>
    text
      .replace(/<pre><code>/g, "<pre>")
      .replace(/<\/code><\/pre>/g, "</pre>")
      .replace(/\s+/g, " ")
      .replace(/> </g, "><")
      .replace(/ </g, "<")
      .replace(/> /g, ">");

  it.each([
    'A paragraph of `code`, *emphasis* and **strength**, with [a link](https://example.org/a?b#c) & "quotes".',
    "Two lines\nof one paragraph.\n\nAnother, with 1 < 2, it's \\*not\\* emphasised, and `a < b & c`.",
    "- one\n- two `three`\n  - below *two*\n- four",
    "1. one\n2. two\n\n   of two paragraphs",
    "> quoted **strongly**\n>\n> twice",
    '```\n# as it stands: <b> & "c"\n```',
    "A [link to **the** guide](docs/boot.md).",
  ])("%j is what marked makes of it", (text) => {
    const { introduction } = read(GOOD.replace("What and why.", () => text)).lesson;
    expect(flat(html(introduction))).toBe(flat(marked.parse(text, { async: false })));
  });
});
