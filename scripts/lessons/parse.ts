/** A lesson's file (docs/lessons.md says how one is written) to its data. Whatever is wrong with it is an error that says where. */
import { lexer, type Token, type Tokens } from "marked";
import {
  type CheckCall,
  type Course,
  courses,
  type ProseElement,
  type Step,
  type StepBlock,
  type Watch,
} from "../../src/lessons/index.ts";
import type { ParsedLesson, StepWalk, WrongTurn } from "../../src/lessons/testkit/turns.ts";
import { linesIn, readAct, readAsk, readChecks, readLines, readMapping, readWatch, readWrong } from "./blocks.ts";
import { type Place, refuse } from "./lessonError.ts";
import { proseOf } from "./prose.ts";
import { readYaml } from "./yaml.ts";

export const REAL_MACHINE = "On a real machine";
const FRONT_MATTER = /^---\n([\s\S]*?)\n---\n/;
const FILE_NAME = /(?:^|\/)([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\.md$/;
const CLAUSE = /^Part [1-4], (clause )?[A-C]?\d+(\.\d+)*( \S.*)?$/;

/** @param file its path, as errors say it; its last name is the lesson's own @throws LessonError */
export function parseLesson(source: string, file: string): ParsedLesson {
  const text = source.replaceAll("\r\n", "\n");
  const id =
    FILE_NAME.exec(file)?.[1] ??
    refuse({ file, line: 1 }, "the file's name must be lower-case words joined by - and end in .md");
  const front = FRONT_MATTER.exec(text);
  if (front === null)
    return refuse({ file, line: 1 }, "a lesson begins with --- and its front matter, which ends with ---");
  const head = readFront(front[1]!, { file, line: 2 });
  const line = front[0].split("\n").length;
  const sections = sectionsOf(lexer(text.slice(front[0].length)), { file, line });
  const [opening, ...others] = sections;
  if (opening === undefined || opening.title !== null || opening.tokens.length === 0)
    return refuse({ file, line }, "a lesson begins with a paragraph that says what and why, before its first heading");
  const last = others.at(-1);
  if (last?.title !== REAL_MACHINE)
    return refuse(last?.place ?? { file, line }, `the last section must be “## ${REAL_MACHINE}”`);
  const steps = others.slice(0, -1).map(readStep);
  if (steps.length === 0) return refuse({ file, line }, "a lesson has at least one step: ## Title");
  if (steps.every(({ walk }) => walk.wrong.length === 0))
    return refuse({ file, line }, "a lesson has at least one wrong turn: a block “wrong” in one of its steps");
  return {
    file,
    lesson: {
      id,
      ...head,
      introduction: proseOnly(opening),
      steps: steps.map(({ step }) => step),
      realMachine: proseOnly(last),
    },
    walks: steps.map(({ walk }) => walk),
  };
}

function readFront(text: string, place: Place) {
  const names = ["course", "number", "title", "minutes", "clauses"] as const;
  const more = ["start", "after-boot", "certificates"] as const;
  const front = readMapping<(typeof names)[number] | (typeof more)[number]>(text, place, names, more);
  const { parts } = readYaml(text, place);
  const wrong = (name: string, problem: string): never => refuse(parts.get(name) ?? place, `${name} ${problem}`);
  const positive = (name: "number" | "minutes"): number =>
    Number.isInteger(front[name]) && (front[name] as number) > 0
      ? (front[name] as number)
      : wrong(name, "must be a number from 1 on");
  const { course, title, clauses, certificates = false } = front;
  if (!courses.includes(course as Course)) wrong("course", `must be one of ${courses.join(", ")}`);
  if (typeof title !== "string" || title === "") wrong("title", "must be a text");
  const areClauses = Array.isArray(clauses) && clauses.length > 0 && clauses.every((each) => CLAUSE.test(String(each)));
  if (!areClauses) wrong("clauses", 'must be a list of clauses such as "Part 3, 22.2 TPM2_PCR_Extend"');
  if (typeof certificates !== "boolean") wrong("certificates", "must be true or false");
  const lines = (name: "start" | "after-boot") =>
    front[name] === undefined || front[name] === null ? [] : linesIn(front[name], name, parts.get(name) ?? place);
  return {
    course: course as Course,
    number: positive("number"),
    title: title as string,
    minutes: positive("minutes"),
    clauses: clauses as string[],
    certificates: certificates as boolean,
    start: lines("start"),
    afterBoot: lines("after-boot"),
  };
}

interface Section {
  /** Null for what stands before the first heading. */
  readonly title: string | null;
  readonly place: Place;
  readonly tokens: { readonly token: Token; readonly place: Place }[];
}

function sectionsOf(tokens: readonly Token[], start: Place): Section[] {
  const sections: Section[] = [{ title: null, place: start, tokens: [] }];
  let { line } = start;
  for (const token of tokens) {
    // Blank lines before it belong to it in some cases.
    const lead = /^\n*/.exec(token.raw)![0].length;
    const place = { file: start.file, line: line + lead };
    line += token.raw.split("\n").length - 1;
    if (token.type === "space") continue;
    if (token.type === "heading") {
      const { depth, text } = token as Tokens.Heading;
      if (depth !== 2) refuse(place, `a lesson has headings of the second level only: ## ${text}`);
      if (/[`*_[\]<&]/.test(text)) refuse(place, "a heading is plain text, without code or emphasis");
      sections.push({ title: text, place, tokens: [] });
    } else sections.at(-1)!.tokens.push({ token, place });
  }
  return sections;
}

const isBlock = (token: Token): token is Tokens.Code =>
  token.type === "code" && ((token as Tokens.Code).lang ?? "") !== "";

function proseOnly({ tokens, place: start }: Section): ProseElement[] {
  if (tokens.length === 0) refuse(start, "this section is empty");
  return tokens.map(({ token, place }) => {
    if (isBlock(token)) refuse(place, `a “${token.lang}” block belongs into a step, not here`);
    return proseOf(token, place);
  });
}

function readStep({ title, tokens, place: start }: Section): { step: Step; walk: StepWalk } {
  const blocks: StepBlock[] = [];
  const watch: Watch[] = [];
  const checks: CheckCall[] = [];
  const wrong: WrongTurn[] = [];
  let found: string | null = null;
  for (const { token, place } of tokens) {
    if (!isBlock(token)) {
      blocks.push({ kind: "prose", prose: [proseOf(token, place)] });
      continue;
    }
    const { text, lang } = token;
    // Its first line is that of the fence.
    const inside = { ...place, line: place.line + 1 };
    if (lang === "run" || lang === "run fails")
      blocks.push({ kind: "run", lines: readLines(text, inside), fails: lang === "run fails" });
    else if (lang === "act") blocks.push({ kind: "act", act: readAct(readYaml(text, inside).value, inside) });
    else if (lang === "ask") {
      if (found !== null) refuse(place, "a step has one question at most");
      const ask = readAsk(text, inside);
      found = ask.found;
      blocks.push({ kind: "ask", question: ask.question });
    } else if (lang === "watch") watch.push(...readWatch(text, inside));
    else if (lang === "check") checks.push(...readChecks(text, inside));
    else if (lang === "wrong") wrong.push(readWrong(text, inside));
    else refuse(place, `there is no block “${lang}”: there are run, run fails, act, ask, watch, check and wrong`);
  }
  const does = blocks.some(({ kind }) => kind !== "prose");
  if (!blocks.some(({ kind }) => kind === "prose")) refuse(start, "a step begins with a few sentences");
  if (does && checks.length === 0) refuse(start, "this step has something to do and no check: write one");
  if (!does && checks.length > 0)
    refuse(start, "this step has a check and nothing to do: write a run, act or ask block");
  if (checks.length === 0 && wrong.length > 0) refuse(start, "a wrong turn needs a check that tells it");
  if ((found !== null) !== checks.some(({ check }) => check === "answer"))
    refuse(start, "a question needs the check “answer”, and that check a question: an ask block");
  return { step: { title: title!, blocks: joined(blocks), watch, checks }, walk: { wrong, found } };
}

/** Paragraphs that follow each other are one block. */
function joined(blocks: readonly StepBlock[]): StepBlock[] {
  const all: StepBlock[] = [];
  for (const block of blocks) {
    const last = all.at(-1);
    if (block.kind === "prose" && last?.kind === "prose")
      all[all.length - 1] = { kind: "prose", prose: [...last.prose, ...block.prose] };
    else all.push(block);
  }
  return all;
}
