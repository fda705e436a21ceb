/** What docs/lessons.md says of the checks and of the lessons, printed from them. */
import type { Check } from "../../src/lessons/check.ts";
import { type Course, courses, describeCall } from "../../src/lessons/index.ts";
import type { ParsedLesson } from "../../src/lessons/testkit/turns.ts";

const BEGIN = (name: string) => `<!-- ${name}: printed by the test -->`;
const END = (name: string) => `<!-- end of ${name} -->`;

/** @returns the document with what stands between the marks of `name` replaced @throws Error where it has no such marks */
export function withSection(document: string, name: string, content: string): string {
  const [begin, end] = [document.indexOf(BEGIN(name)), document.indexOf(END(name))];
  if (begin < 0 || end < begin) throw new Error(`docs/lessons.md has no ${BEGIN(name)} before ${END(name)}`);
  return `${document.slice(0, begin + BEGIN(name).length)}\n\n${content}\n\n${document.slice(end)}`;
}

/** In a table's cell. */
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("{{", "{ {");

/** Each check with its parameters. */
export function checksInWords(checks: readonly Check[]): string {
  return checks
    .map(({ name, words, parameters }) => {
      const rows = Object.entries(parameters).map(
        ([parameter, { words: asks, shape, isOptional }]) =>
          `| \`${parameter}\`${isOptional ? "" : " (needed)"} | ${cell(shape.words)} | ${cell(asks)} |`,
      );
      const table =
        rows.length === 0 ? ["It takes `{}`."] : ["| parameter | is | asks for |", "|---|---|---|", ...rows];
      return [`### ${name}`, "", words, "", ...table].join("\n");
    })
    .join("\n\n");
}

const TITLES: Readonly<Record<Course, string>> = {
  "first-contact": "First contact",
  keys: "Keys",
  secrets: "Secrets and policies",
  "measured-boot": "Measured boot and attestation",
};

/** Each lesson's steps, with what their checks look at. */
export function lessonsInWords(lessons: readonly ParsedLesson[]): string {
  return courses
    .flatMap((course) => {
      const of = lessons.filter(({ lesson }) => lesson.course === course);
      if (of.length === 0) return [];
      const rows = of.flatMap(({ lesson: { number, title, id, steps } }) =>
        steps.map(({ title: step, checks }, at) => {
          const looks = checks.map((call) => cell(describeCall(call))).join("; ") || "to be read";
          return `| ${at === 0 ? `${number}. ${title} (\`${id}\`)` : ""} | ${cell(step)} | ${looks} |`;
        }),
      );
      return [
        [`### ${TITLES[course]}`, "", "| lesson | step | its check looks at |", "|---|---|---|", ...rows].join("\n"),
      ];
    })
    .join("\n\n");
}
