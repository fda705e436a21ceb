/** From the tables to the files of asm/generated. Pure: reading and writing files is main.ts's. */
import { type Command, commands } from "../commands.ts";
import { generateCommands, generateCommandTable, generateParameters, type Implemented } from "./commands.ts";
import { generateConstants } from "./constants.ts";
import { limitsOfLibtpms, parseLimits } from "./limits.ts";
import { valuesWith } from "./sizes.ts";
import { generateUnmarshal, reachableTypes } from "./unmarshal.ts";

export interface GenerateOptions {
  /** Text of asm/base/limits.ts. */
  readonly limits: string;
  /** Names of the commands that have a handler, with the module of the handler relative to asm/generated. */
  readonly handlers: ReadonlyMap<string, string>;
  /** Types that get an unmarshalling function whether a command needs it or not. */
  readonly alsoTypes?: readonly string[];
}

/** @returns file names and their contents. @throws when a handler is for no command or a limit is missing. */
export function generate({ limits: limitsSource, handlers, alsoTypes = [] }: GenerateOptions): Map<string, string> {
  const limits = parseLimits(limitsSource);
  const values = valuesWith(limits);
  const libtpms = valuesWith(limitsOfLibtpms(limits));
  const implemented = implementedCommands(handlers);
  const roots = implemented.flatMap(({ command }) =>
    [...command.handles, ...command.parameters].map(({ type }) => type),
  );
  return new Map([
    ["constants.ts", generateConstants(values)],
    ["unmarshal.ts", generateUnmarshal(reachableTypes([...roots, ...alsoTypes]), { values, libtpms, limits })],
    ["parameters.ts", generateParameters(implemented)],
    ["commandTable.ts", generateCommandTable(implemented)],
    ["commands.ts", generateCommands(implemented)],
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
