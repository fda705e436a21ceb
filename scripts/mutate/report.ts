/** What became of the mutants, for the terminal and for docs/mutation.md. */
import type { Mutant } from "./mutants.ts";
import type { Verdict } from "./results.ts";

export interface Judged extends Verdict {
  mutant: Mutant;
  /** The line before the change. */
  text: string;
}

const change = ({ before, after }: Mutant) => `${before} -> ${after || "(nothing)"}`;

export function line({ mutant, killedBy, seconds }: Judged): string {
  const what = `${mutant.file}:${mutant.line}  ${change(mutant)}`;
  return `${killedBy === undefined ? "SURVIVED" : "killed  "} ${what}  (${killedBy ?? "every test passes"}, ${seconds.toFixed(0)} s)`;
}

/** Names a mutant whatever its line number is. */
export const keyOf = ({ mutant, text }: Judged) => `${mutant.file} | ${text} | ${change(mutant)}`;

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

/** @param reasons why a mutant may survive, by {@link keyOf} */
export function markdown(
  judged: readonly Judged[],
  discarded: { same: number; broken: number },
  seed: number,
  reasons: Readonly<Record<string, string>>,
): string {
  const survivors = judged.filter(({ killedBy }) => killedBy === undefined);
  const killed = judged.length - survivors.length;
  const folders = new Map<string, { killed: number; all: number }>();
  for (const { mutant, killedBy } of judged) {
    const parts = mutant.file.split("/");
    const folder = parts.length > 3 ? parts.slice(0, 3).join("/") : "asm/crypto (hash, MAC, KDF, cipher, DRBG)";
    const entry = folders.get(folder) ?? { killed: 0, all: 0 };
    entry.all++;
    if (killedBy !== undefined) entry.killed++;
    folders.set(folder, entry);
  }
  return [
    "# Mutation of the kernels",
    "",
    "Written by `npm run mutate`; do not edit. The run changes operators and constants of the kernels in `asm/crypto`, one at a",
    "time, at random places; compiles; and runs the tests that concern the file, until one fails. Places are drawn from the",
    "files in proportion to the square root of how many they have, so that unrolled rounds don't crowd out the rest; a",
    "table is one place. A mutant that does not compile, or compiles to the very same code, is none.",
    "",
    `Seed ${seed}, ${judged.length} mutants: **${killed} of ${judged.length} killed (${((100 * killed) / judged.length).toFixed(1)} %)**, ${judged.filter(({ killedBy }) => killedBy === "no end").length} of them because they never end.`,
    `Not counted: ${discarded.same} that are the same code, ${discarded.broken} that don't compile.`,
    "",
    "| kernels | killed | mutants |",
    "| --- | ---: | ---: |",
    ...[...folders].sort().map(([folder, { killed: dead, all }]) => `| ${folder} | ${dead} | ${all} |`),
    "",
    "## Survivors",
    "",
    "| place | change | why no test can or does tell |",
    "| --- | --- | --- |",
    ...survivors.map(
      (survivor) =>
        `| ${survivor.mutant.file}:${survivor.mutant.line} ${code(survivor.text)} | ${code(change(survivor.mutant))} | ${reasons[keyOf(survivor)] ?? "(not looked into yet)"} |`,
    ),
    "",
  ].join("\n");
}
