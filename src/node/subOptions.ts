/** The parts of an option's value: `type=tcp,port=2322,disconnect`. */
import { UsageError } from "./errors.ts";

/**
 * What a value may be: any text; nothing, or true or false (`flag`); a number of some kind; permissions, octal (`mode`);
 * bits, decimal or with 0x in hexadecimal; one of several words.
 */
export type Kind = "text" | "flag" | NumberKind | "mode" | "bits" | readonly string[];

/** One part, or the one value that an option has without parts. */
export interface SubOption {
  readonly is: Kind;
  /** How the value looks, for the help, where its kind does not say enough: "PATH". */
  readonly looks?: string;
  /** The smallest that a number may be; 0 by default. */
  readonly from?: number;
  readonly help?: string;
  /** At most one part with the same word here may be given. */
  readonly group?: string;
  /** It is taken and does nothing: why. */
  readonly idle?: string;
  /** Why there is no such thing here, and what to do instead. */
  readonly refused?: string;
}
export type SubOptions = Readonly<Record<string, SubOption>>;

/** The value of a {@link SubOption}. */
export type ValueOf<T extends SubOption> = T["is"] extends readonly (infer Word)[]
  ? Word
  : T["is"] extends "text"
    ? string
    : T["is"] extends "flag"
      ? boolean
      : number;

/** The values of parts that were given. */
export type SubValues<T extends SubOptions> = {
  [Name in keyof T]?: T[Name] extends { readonly refused: string } ? never : ValueOf<T[Name]>;
};

/** Numbers, from 0 on. */
const LARGEST = { port: 65535, descriptor: 999_999_999, number: 999_999_999 };
export type NumberKind = keyof typeof LARGEST;
const LARGEST_MODE = 0o777;
const LARGEST_BITS = 0xffffffff;

/**
 * @param needed one part of this group must be there.
 * @throws UsageError naming the option, for what it does not have, what excludes each other, and what is missing.
 */
export function parseSubOptions<const T extends SubOptions>(
  option: string,
  text: string,
  parts: T,
  needed?: string,
): SubValues<T> {
  const values: Record<string, string | number | boolean> = {};
  for (const part of splitParts(text)) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(part) ?? [];
    const known = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (known === undefined) throw new UsageError(`${option} has no "${name}"; it has ${list(namesOf(parts))}.`);
    values[name] = parseValue(`${option} ${name}`, known, value);
  }
  checkGroups(option, parts, Object.keys(values), needed);
  return values as SubValues<T>;
}

/** At commas; but `name={...}` is one part up to its last brace, whatever it holds. */
function splitParts(text: string): string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const end = /^[^=,]*=\{/.test(rest) ? endOfMap(rest) : rest.indexOf(",");
    const part = end < 0 ? rest : rest.slice(0, end);
    if (part !== "") parts.push(part);
    rest = end < 0 ? "" : rest.slice(end).replace(/^,/, "");
  }
  return parts;
}

/** @returns where the map that begins in `text` is over; -1 for the end of the text. */
function endOfMap(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i + 1;
  }
  return -1;
}

function checkGroups(option: string, parts: SubOptions, given: string[], needed: string | undefined): void {
  const groups = new Set(Object.values(parts).flatMap(({ group, refused }) => (group && !refused ? [group] : [])));
  for (const group of groups) {
    const members = namesOf(parts).filter((name) => parts[name]?.group === group);
    const here = members.filter((name) => given.includes(name));
    if (here.length > 1)
      throw new UsageError(`${option}: ${list(here, "and")} exclude each other; give one of ${list(members, "and")}.`);
    if (here.length === 0 && group === needed) throw new UsageError(`${option} needs one of ${list(members, "and")}.`);
  }
}

/** @param where what messages begin with: the option and its part. @throws UsageError */
export function parseValue(
  where: string,
  { is, from, refused }: SubOption,
  value: string | undefined,
): string | number | boolean {
  if (refused !== undefined) throw new UsageError(`${where}: ${refused}.`);
  if (is === "flag") {
    if (value === undefined || value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    throw new UsageError(`${where}=${value}: it stands alone, or is true or false.`);
  }
  if (!value) throw new UsageError(`${where}= needs a value.`);
  if (is === "text") return value;
  if (is === "mode") return parseMode(where, value);
  if (is === "bits") return parseBits(where, value);
  if (typeof is === "string") return parseNumber(`${where}=${value}`, value, is, from);
  if (is.includes(value)) return value;
  throw new UsageError(`${where}=${value}: there are ${list(is)}.`);
}

function parseMode(where: string, value: string): number {
  const mode = /^[0-7]+$/.test(value) ? Number.parseInt(value, 8) : Number.NaN;
  if (mode <= LARGEST_MODE) return mode;
  throw new UsageError(`${where}=${value}: permissions are octal, 0 to 0777, such as 0640.`);
}

function parseBits(where: string, value: string): number {
  const bits = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN;
  if (bits <= LARGEST_BITS) return bits;
  throw new UsageError(`${where}=${value}: it is a number of 32 bits, such as 3 or 0x40.`);
}

/** @param where what the message begins with. @throws UsageError */
export function parseNumber(where: string, text: string, kind: NumberKind, smallest = 0): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= smallest && number <= LARGEST[kind]) return number;
  throw new UsageError(`${where}: give a ${kind} from ${smallest} to ${LARGEST[kind]}.`);
}

/** Of the parts that there are here. */
const namesOf = (parts: SubOptions) => Object.keys(parts).filter((name) => parts[name]?.refused === undefined);

/** "a, b", or with a word before the last: "a, b and c". */
function list(names: readonly string[], last?: string): string {
  if (last === undefined || names.length < 2) return names.join(", ");
  return `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
}
