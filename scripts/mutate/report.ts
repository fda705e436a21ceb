/** What became of the mutants, for the terminal and for docs/mutation.md. */
import type { Area } from "./areas/area.ts";
import type { Mutant } from "./mutants.ts";
import type { Verdict } from "./results.ts";

export interface Judged extends Verdict {
  mutant: Mutant;
  /** The line before the change. */
  text: string;
}

/** Longer ones are shown by their beginning. */
const SHOWN = 60;

const shown = (text: string) => {
  const oneLine = text.replace(/\s+/g, " ");
  return oneLine.length > SHOWN ? `${oneLine.slice(0, SHOWN)}…` : oneLine;
};

function change({ before, after }: Mutant): string {
  if (after === ";" || after === "") return `${shown(before)} -> (nothing)`;
  return after === `!(${before})` ? `${shown(before)} -> its negation` : `${before} -> ${after}`;
}

export function line({ mutant, killedBy, seconds }: Judged): string {
  const what = `${mutant.file}:${mutant.line}  ${change(mutant)}`;
  return `${killedBy === undefined ? "SURVIVED" : "killed  "} ${what}  (${killedBy ?? "every test passes"}, ${seconds.toFixed(0)} s)`;
}

/** Names a mutant whatever its line number is. */
export const keyOf = ({ mutant, text }: Pick<Judged, "mutant" | "text">) =>
  `${mutant.file} | ${text} | ${change(mutant)}`;

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

/**
 * The section of an area in docs/mutation.md.
 * @param reasons why a mutant may survive, by {@link keyOf}
 */
export function section(
  area: Pick<Area, "name" | "title" | "about" | "groupOf">,
  judged: readonly Judged[],
  discarded: { same: number; broken: number },
  { seed, date }: { seed: number; date: string },
  reasons: Readonly<Record<string, string>>,
): string {
  const survivors = judged.filter(({ killedBy }) => killedBy === undefined);
  const killed = judged.length - survivors.length;
  const groups = new Map<string, { killed: number; all: number }>();
  for (const { mutant, killedBy } of judged) {
    const group = area.groupOf(mutant.file);
    const entry = groups.get(group) ?? { killed: 0, all: 0 };
    entry.all++;
    if (killedBy !== undefined) entry.killed++;
    groups.set(group, entry);
  }
  return [
    `## ${area.title}`,
    "",
    ...area.about,
    "",
    `\`npm run mutate -- --area ${area.name} --count ${judged.length} --seed ${seed}\`, ${date}: ` +
      `**${killed} of ${judged.length} killed (${((100 * killed) / judged.length).toFixed(1)} %)**, ` +
      `${judged.filter(({ killedBy }) => killedBy === "no end").length} of them because they never end.`,
    `Not counted: ${discarded.same} that are the same code, ${discarded.broken} that don't compile.`,
    "",
    "| where | killed | mutants |",
    "| --- | ---: | ---: |",
    ...[...groups].sort().map(([group, { killed: dead, all }]) => `| ${group} | ${dead} | ${all} |`),
    "",
    "| survivor | change | why no test can or does tell |",
    "| --- | --- | --- |",
    ...survivors.map(
      (survivor) =>
        `| ${survivor.mutant.file}:${survivor.mutant.line} ${code(survivor.text)} | ${code(change(survivor.mutant))} | ${reasons[keyOf(survivor)] ?? "(not looked into yet)"} |`,
    ),
    "",
  ].join("\n");
}

const INTRODUCTION = [
  "# Mutation",
  "",
  "Written by `npm run mutate`; do not edit. A run changes one place of one source at a time, at random, and runs the tests",
  "that concern the file, the nearest first, until one fails. A table is one place. A mutant that does not compile, or that",
  "compiles to the very same code, is none. Of the two builds of the core the plain one is tried first; a mutant that is the",
  "same code there, or that no test tells there, is tried in the one with relaxed SIMD. The reasons of survivors lie in",
  "`scripts/mutate/survivors.json`.",
  "",
];

/** The page with this section in place of the one with the same title; the others stay as they are. */
export function withSection(page: string, title: string, text: string): string {
  const sections = page.split(/^(?=## )/m).filter((part) => part.startsWith("## "));
  const at = sections.findIndex((part) => part.startsWith(`## ${title}\n`));
  const kept = sections.map((part) => `${part.trimEnd()}\n`);
  if (at < 0) kept.push(text);
  else kept[at] = text;
  return [INTRODUCTION.join("\n"), ...kept].join("\n");
}
