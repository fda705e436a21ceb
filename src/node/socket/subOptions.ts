/** The parts of an option's value: `type=tcp,port=2322,disconnect`. */
import { UsageError } from "../errors.ts";

/**
 * What a part may be: `name=text`; `name` alone, or true or false; `name=123` of some kind; `name=0640`, octal; one of
 * several words; or nothing that there is here, with the reason.
 */
export type SubOption = "text" | "flag" | NumberKind | "mode" | readonly string[] | { readonly refused: string };
export type SubOptions = Readonly<Record<string, SubOption>>;

/** The values of parts that were given. */
export type SubValues<T extends SubOptions> = {
  [Name in keyof T]?: T[Name] extends readonly (infer Word)[]
    ? Word
    : T[Name] extends "text"
      ? string
      : T[Name] extends "flag"
        ? boolean
        : T[Name] extends { readonly refused: string }
          ? never
          : number;
};

/** Numbers, from 0 on. */
const LARGEST = { port: 65535, descriptor: 999_999_999, number: 999_999_999 };
type NumberKind = keyof typeof LARGEST;
const LARGEST_MODE = 0o777;

/** @throws UsageError naming the option, for what it does not have. */
export function parseSubOptions<const T extends SubOptions>(option: string, text: string, parts: T): SubValues<T> {
  const values: Record<string, string | number | boolean> = {};
  for (const part of text.split(",").filter(Boolean)) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(part) ?? [];
    const kind = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (kind === undefined) throw new UsageError(`${option} has no "${name}"; it has ${known(parts)}.`);
    values[name] = parseValue(`${option} ${name}`, kind, value);
  }
  return values as SubValues<T>;
}

function parseValue(where: string, kind: SubOption, value: string | undefined): string | number | boolean {
  if (isRefused(kind)) throw new UsageError(`${where}: ${kind.refused}.`);
  if (kind === "flag") {
    if (value === undefined || value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    throw new UsageError(`${where}=${value}: it stands alone, or is true or false.`);
  }
  if (!value) throw new UsageError(`${where}= needs a value.`);
  if (kind === "text") return value;
  if (kind === "mode") return parseMode(where, value);
  if (typeof kind === "string") return parseNumber(`${where}=${value}`, value, kind);
  if (kind.includes(value)) return value;
  throw new UsageError(`${where}=${value}: there are ${kind.join(", ")}.`);
}

function parseMode(where: string, value: string): number {
  const mode = /^[0-7]+$/.test(value) ? Number.parseInt(value, 8) : Number.NaN;
  if (mode <= LARGEST_MODE) return mode;
  throw new UsageError(`${where}=${value}: permissions are octal, 0 to 0777, such as 0640.`);
}

/** @param where what the message begins with. @throws UsageError */
export function parseNumber(where: string, text: string, kind: NumberKind, smallest = 0): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= smallest && number <= LARGEST[kind]) return number;
  throw new UsageError(`${where}: give a ${kind} from ${smallest} to ${LARGEST[kind]}.`);
}

const isRefused = (kind: SubOption): kind is { readonly refused: string } =>
  typeof kind === "object" && "refused" in kind;
const known = (parts: SubOptions) =>
  Object.entries(parts)
    .filter(([, kind]) => !isRefused(kind))
    .map(([name]) => name)
    .join(", ");
