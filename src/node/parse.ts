/** What the commands' options have in common. */
import { parseArgs } from "node:util";
import type { TpmProfile } from "../public.ts";
import { UsageError } from "./errors.ts";
import type { TableOption } from "./optionRow.ts";
import { printable } from "./printable.ts";

const PROFILES: readonly string[] = ["full", "libtpms-0.9"] satisfies TpmProfile[];

interface OptionSpec {
  type: "string" | "boolean";
  short?: string;
  default?: string;
  /** It may be given several times. */
  multiple?: boolean;
}

/** What an option's value is: a string, strings, or whether it was there. */
type ValueOf<O extends OptionSpec> = O extends { type: "boolean" }
  ? boolean | undefined
  : O extends { multiple: true }
    ? string[] | undefined
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

/** What was given for the options of a table. */
export interface TableValues<Name extends string> {
  /** @throws UsageError for an empty one */
  text(name: Name): string | undefined;
  isGiven(name: Name): boolean;
}

/** @param empty options whose value may be empty. @throws UsageError */
export function parseTable<Name extends string>(
  command: string,
  argv: readonly string[],
  rows: readonly (readonly [Name, TableOption])[],
  empty: readonly Name[] = [],
): TableValues<Name> {
  const options = Object.fromEntries(
    rows.map(([name, { value, short }]) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  const values: Readonly<Record<string, string | boolean | undefined>> = parseOptions(command, argv, options);
  return {
    text(name) {
      const value = values[name];
      if (value === "" && !empty.includes(name))
        throw new UsageError(`--${name} needs a value. See tabtpm ${command} --help.`);
      return typeof value === "string" ? value : undefined;
    },
    isGiven: (name) => values[name] !== undefined,
  };
}

/** @param most octets; any number where it is left out. @throws UsageError */
export function parseHex(option: string, hex: string, most?: number): Uint8Array {
  if (/^(?:[0-9a-fA-F]{2})+$/.test(hex) && hex.length <= 2 * (most ?? hex.length))
    return new Uint8Array(Buffer.from(hex, "hex"));
  const octets = most === undefined ? "octets" : `1 to ${most} octets`;
  throw new UsageError(`--${option} needs ${octets} in hexadecimal; "${printable(hex)}" is none.`);
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
