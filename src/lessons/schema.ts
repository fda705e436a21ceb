/** What a check's parameters must look like: strict, with the place and what to do in every error, and in words for the author's guide. */

/** A parameter is not what it must be. */
export class ParameterError extends Error {
  override name = "ParameterError";
  /** From the check's name on: "command.parent". */
  readonly path: string;
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
  }
}

export interface Shape<Value> {
  /** "a number from 0 to 23" */
  readonly words: string;
  /** @throws ParameterError */
  parse(value: unknown, path: string): Value;
}

export interface Parameter<Value> {
  readonly shape: Shape<unknown>;
  readonly isOptional: boolean;
  /** What it asks for. */
  readonly words: string;
  /** Only for its type. */
  readonly value?: Value;
}
export type Parameters = Readonly<Record<string, Parameter<unknown>>>;
export type ValuesOf<Of extends Parameters> = {
  readonly [Name in keyof Of]: Of[Name] extends Parameter<infer Value> ? Value : never;
};

export const required = <Value>(shape: Shape<Value>, words: string): Parameter<Value> => ({
  shape,
  isOptional: false,
  words,
});
export const optional = <Value>(shape: Shape<Value>, words: string): Parameter<Value | undefined> => ({
  shape,
  isOptional: true,
  words,
});

const show = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));

export function shape<Value>(words: string, accept: (value: unknown) => Value | undefined): Shape<Value> {
  return {
    words,
    parse(value, path) {
      const accepted = accept(value);
      if (accepted === undefined) throw new ParameterError(path, `must be ${words}, not ${show(value)}`);
      return accepted;
    },
  };
}

export const text = shape("a text", (value) => (typeof value === "string" && value !== "" ? value : undefined));
/** As a text. */
export const textOrNumber = shape("a text or number", (value) =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined,
);
export const flag = shape("true or false", (value) => (typeof value === "boolean" ? value : undefined));
export const only = <const Value extends boolean>(value: Value): Shape<Value> =>
  shape(String(value), (given) => (given === value ? value : undefined));

export const integer = (least: number, most: number): Shape<number> =>
  shape(
    most === Number.MAX_SAFE_INTEGER ? `a number from ${least} on` : `a number from ${least} to ${most}`,
    (value) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
        ? (value as number)
        : undefined,
  );
export const count = (least = 0): Shape<number> => integer(least, Number.MAX_SAFE_INTEGER);

export const oneOf = <const Name extends string>(names: readonly Name[], words?: string): Shape<Name> =>
  shape(words ?? `one of ${names.join(", ")}`, (value) => names.find((name) => name === value));

/** A handle: a number, or hex in quotes or without ("0x81000001"). */
export const handle: Shape<number> = shape("a handle such as 0x81000001", (value) => {
  const number = typeof value === "string" && /^0x[0-9a-fA-F]{1,8}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && (number as number) >= 0 && (number as number) <= 0xffff_ffff
    ? (number as number)
    : undefined;
});

export const hex: Shape<string> = shape("octets in hex", (value) =>
  typeof value === "string" && /^([0-9a-fA-F]{2})+$/.test(value) ? value.toLowerCase() : undefined,
);

/** A list with at least one element; one element may stand without the list. */
export function list<Value>(of: Shape<Value>): Shape<readonly Value[]> {
  return {
    words: `${of.words}, or a list of such`,
    parse(value, path) {
      const values = Array.isArray(value) ? value : [value];
      if (values.length === 0) throw new ParameterError(path, "must not be empty");
      return values.map((each, at) => of.parse(each, Array.isArray(value) ? `${path}[${at}]` : path));
    },
  };
}

/** A mapping of any names. */
export function mapping<Value>(of: Shape<Value>): Shape<Readonly<Record<string, Value>>> {
  return {
    words: `a mapping of names to ${of.words}`,
    parse(value, path) {
      if (!isMapping(value)) throw new ParameterError(path, `must be a mapping, not ${show(value)}`);
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, of.parse(each, `${path}.${name}`)]));
    },
  };
}

/** A mapping of these names and no others. */
export function parseParameters<Of extends Parameters>(parameters: Of, value: unknown, path: string): ValuesOf<Of> {
  const names = Object.keys(parameters);
  const known = names.length === 0 ? "it takes none" : `there are ${names.join(", ")}`;
  const given = value === null && names.length === 0 ? {} : value;
  if (!isMapping(given)) throw new ParameterError(path, `must be a mapping (${known}), not ${show(value)}`);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(parameters, name)) throw new ParameterError(`${path}.${name}`, `is unknown: ${known}`);
  }
  const values = Object.entries(parameters).map(([name, { shape: of, isOptional, words }]) => {
    const has = Object.hasOwn(given, name);
    if (!has && !isOptional) throw new ParameterError(`${path}.${name}`, `is missing: ${words}, ${of.words}`);
    return [name, has ? of.parse(given[name], `${path}.${name}`) : undefined];
  });
  return Object.fromEntries(values) as ValuesOf<Of>;
}

export const parameters = <Of extends Parameters>(of: Of, words = "a mapping"): Shape<ValuesOf<Of>> => ({
  words: `${words} (${Object.keys(of).join(", ")})`,
  parse: (value, path) => parseParameters(of, value, path),
});

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
