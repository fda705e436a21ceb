/** What there is for each command: its handler, tests that name it, and answers of libtpms on record. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type Command, commands, commandWithCode } from "../commands.ts";
import { findHandlers } from "../generate/handlers.ts";

export interface CommandCoverage {
  readonly command: Command;
  /** Path of the handler in the repository, or null. */
  readonly handler: string | null;
  /** Test files of the core and of the client that send the command or name it. */
  readonly tests: readonly string[];
  /** Answers of libtpms to this command in the transcript that the core is compared with. */
  readonly recorded: number;
  /** Clauses in which it differs from libtpms, as docs/decisions.md lists them: "Part 3, 14.2". */
  readonly differences: readonly string[];
}

const TRANSCRIPT = "asm/testkit/libtpms.transcript.txt";

/** Tests, and what several of them share (but not what merely runs a TPM). */
const TEST_FILE = /\.test\.ts$|^asm\/testkit\/(?!harness\.ts)\w+\.ts$|^src\/.*\/testkit\/\w+\.ts$/;

/** Test files below a folder of the repository, in a stable order. */
function testFiles(root: string, folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => relative(root, join(path, name)).split(sep).join("/"))
    .filter((name) => TEST_FILE.test(name))
    .sort();
}

/** True when a test sends a command, by name or by code. */
export function mentions(text: string, { name, code }: Pick<Command, "name" | "code">): boolean {
  const number = code.toString(16);
  return new RegExp(
    `\\bTPM2_${name}\\b|\\b(?:CC|command)[.(]\\s*(?:${name}\\b|0x0*${number}\\b)|\\bcall\\(\\s*"${name}"`,
    "i",
  ).test(text);
}

const DECISIONS = "docs/decisions.md";
const DIFFERENCES = "## Where the specification and libtpms differ\n";
/** Names that are words, too, need their TPM2_ in front to be meant. */
const isWord = (name: string) => /^[A-Z][a-z]+$/.test(name);

/** The clauses of the differences that name a command, from the list in docs/decisions.md; "yes" where it gives none. */
export function differencesOf(decisions: string, { name }: Pick<Command, "name">): string[] {
  const [list = ""] = (decisions.split(DIFFERENCES)[1] ?? "").split("\n## ");
  const named = new RegExp(isWord(name) ? `\\bTPM2_${name}\\b` : `\\b(?:TPM2_)?${name}\\b`);
  const items = list.split(/^- /m).slice(1);
  const clauses = items.filter((item) => named.test(item)).map((item) => /Part \d, [\d.]*\d/.exec(item)?.[0] ?? "yes");
  return [...new Set(clauses)];
}

/** Recorded commands by their codes: name, command and response in hex, separated by tabs. */
export function countRecorded(transcript: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const line of transcript.split("\n")) {
    const command = line.startsWith("#") ? undefined : line.split("\t")[1];
    if (command === undefined || command.length < 20) continue;
    const code = Number.parseInt(command.slice(12, 20), 16);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

/** @param root the repository. */
export function collectCoverage(root: string): CommandCoverage[] {
  const handlers = findHandlers(root);
  const tests = ["asm", "src/client"]
    .flatMap((folder) => testFiles(root, folder))
    .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
  const transcript = join(root, TRANSCRIPT);
  const recorded = countRecorded(existsSync(transcript) ? readFileSync(transcript, "utf8") : "");
  const decisions = join(root, DECISIONS);
  const differing = existsSync(decisions) ? readFileSync(decisions, "utf8") : "";
  return commands.map((command) => {
    const module = handlers.get(command.name);
    const counts = commandWithCode(command.code) === command ? (recorded.get(command.code) ?? 0) : 0;
    return {
      command,
      handler: module === undefined ? null : `${module.replace("..", "asm")}.ts`,
      tests: tests.filter(({ text }) => mentions(text, command)).map(({ file }) => file),
      recorded: counts,
      differences: differencesOf(differing, command),
    };
  });
}
