/** The blocks of a step: what is typed, done, asked, watched and checked, and the wrong turns that only the tests take. */

import { PCR_COUNT } from "../../src/firmware/eventLog.ts";
import { readCall } from "../../src/lessons/checks/index.ts";
import type { Act, CheckCall, Watch } from "../../src/lessons/index.ts";
import { ParameterError } from "../../src/lessons/schema.ts";
import type { WrongTurn } from "../../src/lessons/testkit/turns.ts";
import { commandNamed } from "../../src/spec/commands.ts";
import { type Place, refuse } from "./lessonError.ts";
import { readYaml } from "./yaml.ts";

/** BusyBox reads longer lines; a learner does not. */
const LONGEST_LINE = 400;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The lines of a `run` block. */
export function readLines(text: string, place: Place): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) refuse(place, "this block runs nothing: write the line that is typed, or take it out");
  for (const line of lines) {
    if (/^\s|\s$/.test(line)) refuse(place, `the line “${line}” begins or ends with a blank: take it away`);
    if (line.endsWith("\\")) refuse(place, `the line “${line}” goes on in the next one: write it as one line`);
    if (line.startsWith("#")) refuse(place, `the line “${line}” is a comment: say it above the block`);
    if (line.length > LONGEST_LINE)
      refuse(place, `the line “${line.slice(0, 40)}…” is longer than ${LONGEST_LINE} characters`);
  }
  return lines;
}

/** Lines that stand in YAML, as one text or a list of texts. */
export function linesIn(value: unknown, name: string, place: Place): string[] {
  const values = Array.isArray(value) ? value : [value];
  if (!values.every((each) => typeof each === "string"))
    refuse(place, `${name} must be a line, or a list of lines; put quotes around one with a colon and a blank in it`);
  return readLines((values as string[]).join("\n"), place);
}

const SIMPLE_ACTS = ["reset", "power-cut", "power-cycle", "failure-mode"] as const;

export function readAct(value: unknown, place: Place): Act {
  const simple = SIMPLE_ACTS.find((kind) => kind === value);
  if (simple !== undefined) return { kind: simple };
  if (isMapping(value) && Object.keys(value).length === 1 && typeof value["append"] === "string")
    return { kind: "boot", append: value["append"] };
  return refuse(
    place,
    `an act is ${SIMPLE_ACTS.join(", ")} or append: "kernel arguments", not ${JSON.stringify(value)}`,
  );
}

export function readWatch(text: string, place: Place): Watch[] {
  const { value } = readYaml(text, place);
  const items = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (item === "explorer" || item === "log" || item === "console" || item === "files") return [{ kind: item }];
    if (!isMapping(item)) return refuse(place, `watch ${WATCHES}, not ${JSON.stringify(item)}`);
    return Object.entries(item).flatMap(([key, wanted]): Watch[] => {
      const each = Array.isArray(wanted) ? wanted : [wanted];
      if (key === "commands") return each.map((name) => ({ kind: "commands", name: commandOf(name, place) }));
      if (key === "pcr") return each.map((index) => ({ kind: "pcr", index: pcrOf(index, place) }));
      return refuse(place, `watch ${WATCHES}, not ${key}`);
    });
  });
}

const WATCHES = "commands: NAME, pcr: NUMBER, explorer, log, console or files";

function commandOf(name: unknown, place: Place): string {
  try {
    return commandNamed(name as never).name;
  } catch {
    return refuse(place, `there is no command ${JSON.stringify(name)}: write it without TPM2_, as PCR_Extend`);
  }
}

const pcrOf = (index: unknown, place: Place): number =>
  Number.isInteger(index) && (index as number) >= 0 && (index as number) < PCR_COUNT
    ? (index as number)
    : refuse(place, `there is no PCR ${JSON.stringify(index)}: they are 0 to ${PCR_COUNT - 1}`);

/** A `check` block: a list of checks, all of which must hold. */
export function readChecks(text: string, place: Place): CheckCall[] {
  const { value, parts } = readYaml(text, place);
  if (!Array.isArray(value) || value.length === 0) refuse(place, "write checks as a list: - NAME: { ... }");
  return value.map((each, at) => {
    try {
      return readCall(each, "check").call;
    } catch (error) {
      if (!(error instanceof ParameterError)) throw error;
      return refuse(parts.get(at) ?? place, error.message);
    }
  });
}

export interface Ask {
  readonly question: string;
  /** A command of the guest's whose output is the answer: how the tests find it. */
  readonly found: string;
}

export function readAsk(text: string, place: Place): Ask {
  const { question, found } = readMapping(text, place, ["question", "found"], []);
  if (typeof question !== "string") refuse(place, "question must be a text");
  const [line, ...more] = linesIn(found, "found", place);
  if (more.length > 0) refuse(place, "found must be one line");
  return { question, found: line! };
}

export function readWrong(text: string, place: Place): WrongTurn {
  const { run, act, answer, told, undo } = readMapping(text, place, ["told"], ["run", "act", "answer", "undo"]);
  if (typeof told !== "string") refuse(place, "told must be a text: a part of what the learner must be told");
  if (run === undefined && act === undefined && answer === undefined)
    refuse(place, "a wrong turn has run, act or answer: what is done instead");
  if (answer !== undefined && typeof answer !== "string" && typeof answer !== "number")
    refuse(place, "answer must be a text");
  return {
    run: run === undefined ? [] : linesIn(run, "run", place),
    act: act === undefined ? null : readAct(act, place),
    answer: answer === undefined ? null : String(answer),
    told,
    undo: undo === undefined ? [] : linesIn(undo, "undo", place),
    line: place.line,
  };
}

/** A mapping of these names and no others. */
export function readMapping<Name extends string>(
  text: string,
  place: Place,
  needed: readonly Name[],
  optional: readonly Name[],
): Record<Name, unknown> {
  const { value, parts } = readYaml(text, place);
  const known = [...needed, ...optional];
  if (!isMapping(value)) return refuse(place, `this must be a mapping of ${known.join(", ")}`);
  for (const name of Object.keys(value)) {
    if (!known.includes(name as Name))
      refuse(parts.get(name) ?? place, `${name} is unknown: there are ${known.join(", ")}`);
  }
  for (const name of needed) if (value[name] === undefined) refuse(place, `${name} is missing`);
  return value as Record<Name, unknown>;
}
