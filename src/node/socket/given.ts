/** What a command line gives, by the table of the options. */
import { UsageError } from "../errors.ts";
import { parseSubOptions, parseValue, type SubOptions, type SubValues, type ValueOf } from "../subOptions.ts";
import {
  OPTIONS,
  type OptionName,
  type OptionRow,
  type OptionWithParts,
  type OptionWithValue,
  rows,
} from "./optionTable.ts";

/** The parts that were given of an option's value. */
export type Parts<Name extends OptionWithParts> = SubValues<(typeof OPTIONS)[Name]["parts"]>;
type Value<Name extends OptionWithValue> = ValueOf<(typeof OPTIONS)[Name]["value"]>;

/** Each option once, the last one counting, as getopt_long reads them. */
export class Given {
  readonly #texts = new Map<OptionName, string>();

  /** @throws UsageError for what is no option, or has no value where it needs one. */
  constructor(argv: readonly string[]) {
    for (let i = 0; i < argv.length; i++) {
      const argument = argv[i] ?? "";
      const [, long, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
      const [, short, attached] = /^-([a-zA-Z])(.*)$/s.exec(argument) ?? [];
      const [name, row] = rows.find(([name, row]) => name === long || (short && row.short === short)) ?? [];
      if (name === undefined || row === undefined) {
        throw new UsageError(`tabtpm socket has no option "${argument}"; tabtpm socket --help lists those it has.`);
      }
      const here = inline ?? (attached || undefined);
      const form = formOf(row);
      if (form === "" && here !== undefined) {
        throw new UsageError(`--${name} takes no value; leave "${here}" out.`);
      }
      const text = form === "" ? "" : (here ?? argv[++i]);
      if (text === undefined) throw new UsageError(`--${name} needs a value: --${name} ${form}.`);
      this.#texts.set(name, text);
    }
  }

  has(name: OptionName): boolean {
    return this.#texts.has(name);
  }

  /** @throws UsageError */
  value<Name extends OptionWithValue>(name: Name): Value<Name> | undefined {
    const text = this.#texts.get(name);
    return text === undefined ? undefined : (parseValue(`--${name}`, OPTIONS[name].value, text) as Value<Name>);
  }

  /** None for an option that was not given. @throws UsageError */
  parts<Name extends OptionWithParts>(name: Name): Parts<Name> {
    const text = this.#texts.get(name);
    if (text === undefined) return {} as Parts<Name>;
    const { parts, needs, bare } = OPTIONS[name] as OptionRow & { parts: SubOptions };
    const whole = bare === undefined || text.includes("=") ? text : `${bare}=${text}`;
    return parseSubOptions(`--${name}`, whole, parts, needs) as Parts<Name>;
  }

  /** @throws UsageError for the first option of the table that there is not here. */
  refuse(): void {
    for (const [name, { refused }] of rows) {
      if (refused !== undefined && this.has(name)) throw new UsageError(`--${name} is not supported: ${refused}.`);
    }
  }

  /** Why options and parts that were given do nothing, a line each. */
  get idle(): string[] {
    return this.#given().flatMap(([name, row, parts]) => [
      ...(row.idle === undefined ? [] : [`--${name}: ${row.idle}`]),
      ...Object.keys(parts).flatMap((part) => {
        const { idle } = row.parts?.[part] ?? {};
        return idle === undefined ? [] : [`--${name} ${part}: ${idle}`];
      }),
    ]);
  }

  /** All file descriptors that are handed over. */
  get descriptors(): number[] {
    return this.#given().flatMap(([name, row, parts]) => [
      ...(row.value?.is === "descriptor" ? [Number(this.value(name as OptionWithValue))] : []),
      ...Object.entries(parts).flatMap(([part, value]) =>
        row.parts?.[part]?.is === "descriptor" ? [Number(value)] : [],
      ),
    ]);
  }

  #given(): [OptionName, OptionRow, Readonly<Record<string, unknown>>][] {
    return rows
      .filter(([name]) => this.has(name))
      .map(([name, row]) => [name, row, row.parts ? this.parts(name as OptionWithParts) : {}]);
  }
}

/** How an option's value looks, in short; empty for one that has none. */
export function formOf({ value, parts }: OptionRow): string {
  if (value !== undefined) return value.looks ?? "TEXT";
  return parts === undefined ? "" : `${partsOf(parts).map(([, form]) => form)[0]}[,...]`;
}

/** The parts that there are here, and how each looks: "mode=0600". */
export function partsOf(parts: SubOptions): [SubOptions[string], string][] {
  return Object.entries(parts)
    .filter(([, { refused }]) => refused === undefined)
    .map(([name, part]) => [part, partForm(name, part)]);
}

function partForm(name: string, { is, looks }: SubOptions[string]): string {
  if (is === "flag") return name;
  return `${name}=${looks ?? (typeof is === "string" ? is.toUpperCase() : is.join("|"))}`;
}
