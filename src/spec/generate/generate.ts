/** From the tables to the files of asm/generated. Pure: reading and writing files is main.ts's. */
import { type Command, commands } from "../commands.ts";
import { type LimitRows, limitRows, limitsOf } from "../limits.ts";
import { generateAlgorithms } from "./algorithms.ts";
import { generateCommands, generateCommandTable, generateParameters, type Implemented } from "./commands.ts";
import { generateConstants } from "./constants.ts";
import { importedFrom } from "./imports.ts";
import { generateLimits } from "./limits.ts";
import { generateRefusals } from "./refusals.ts";
import { valuesWith } from "./sizes.ts";
import { generateUnmarshal, reachableTypes } from "./unmarshal.ts";

export interface GenerateOptions {
  /** Names of the commands that have a handler, with the module of the handler relative to asm/generated. */
  readonly handlers: ReadonlyMap<string, string>;
  /** Types that get an unmarshalling function whether a command needs it or not. */
  readonly alsoTypes?: readonly string[];
  /** Texts of the modules written by hand: what they don't import is left out. Without them everything is generated. */
  readonly sources?: Iterable<string>;
  readonly limits?: LimitRows;
}

/** @returns file names and their contents. @throws when a handler is for no command or a limit is missing. */
export function generate({
  handlers,
  alsoTypes = [],
  sources,
  limits: rows = limitRows,
}: GenerateOptions): Map<string, string> {
  const limits = limitsOf("full", rows);
  const values = valuesWith(limits);
  const libtpms = valuesWith(limitsOf("libtpms-0.9", rows));
  const implemented = implementedCommands(handlers);
  const roots = implemented.flatMap(({ command }) =>
    [...command.handles, ...command.parameters].map(({ type }) => type),
  );
  const code = new Map([
    ["algorithms.ts", generateAlgorithms()],
    ["unmarshal.ts", generateUnmarshal(reachableTypes([...roots, ...alsoTypes]), { values, libtpms, limits })],
    ["parameters.ts", generateParameters(implemented)],
    ["commandTable.ts", generateCommandTable(implemented)],
    ["commands.ts", generateCommands(implemented)],
  ]);
  const texts = sources === undefined ? undefined : [...sources, ...code.values()];
  const limitNames = texts === undefined ? new Set(limits.keys()) : importedFrom(/\/(limits|base\/index)$/, texts);
  const constantNames = texts === undefined ? undefined : importedFrom(/\/constants$/, texts);
  return new Map([
    ["constants.ts", generateConstants(values, constantNames)],
    ["limits.ts", generateLimits(rows, limits, limitNames)],
    ["refusals.ts", generateRefusals()],
    ...code,
  ]);
}

function implementedCommands(handlers: ReadonlyMap<string, string>): readonly Implemented[] {
  for (const name of handlers.keys())
    if (!commands.some((command) => command.name === name))
      throw new Error(`asm/commands has a handler "${name}", but src/spec/commands has no such command`);
  const byCode = new Map<number, Implemented>();
  for (const command of commands) {
    const module = handlers.get(command.name);
    // A code with two names (HMAC and MAC) belongs to the later one when both have a handler: MAC takes what HMAC takes.
    if (module !== undefined) byCode.set(command.code, { command, module });
  }
  return [...byCode.values()].sort((a, b) => codeOf(a.command) - codeOf(b.command));
}
function codeOf(command: Command): number {
  return command.code;
}
