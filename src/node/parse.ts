/** What the commands' options have in common. */
import { parseArgs } from "node:util";
import type { TpmProfile } from "../public.ts";
import { UsageError } from "./errors.ts";

const PROFILES: readonly string[] = ["full", "libtpms-0.9"] satisfies TpmProfile[];

interface OptionSpec {
  type: "string" | "boolean";
  short?: string;
  default?: string;
}

/** What an option's value is: a string, or whether it was there. */
type ValueOf<O extends OptionSpec> = O extends { type: "boolean" }
  ? boolean | undefined
  : O extends { default: string }
    ? string
    : string | undefined;

/** @throws UsageError */
export function parseOptions<const T extends Record<string, OptionSpec>>(
  command: string,
  argv: readonly string[],
  options: T,
): { [Name in keyof T]: ValueOf<T[Name]> } {
  try {
    const values: unknown = parseArgs({ args: [...argv], strict: true, allowPositionals: false, options }).values;
    return values as { [Name in keyof T]: ValueOf<T[Name]> };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.replace(/[.]?$/, ".")} See tabtpm ${command} --help.`);
  }
}

export function parseProfile(name: string | undefined): TpmProfile | undefined {
  if (name === undefined || PROFILES.includes(name)) return name as TpmProfile | undefined;
  throw new UsageError(`--profile is one of ${PROFILES.join(", ")}; there is no "${name}".`);
}

export function parseState(dir: string | undefined): string | undefined {
  if (dir === "") throw new UsageError("--state needs the name of a folder.");
  return dir;
}

/** @throws UsageError naming the option */
export function parsePort(text: string, option: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`${option} needs a port, 0 to 65535; "${text}" is none.`);
}
