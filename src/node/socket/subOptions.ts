import { UsageError } from "../errors.ts";

/** What a part of an option's value may be: `name=text`, `name=123`, `name=0640` (octal), or `name` alone. */
export type SubOption = "text" | "number" | "mode" | "flag";

type SubValues<T extends Record<string, SubOption>> = {
  [Name in keyof T]?: T[Name] extends "text" ? string : T[Name] extends "flag" ? boolean : number;
};

/**
 * Takes a value such as `type=tcp,port=2322,disconnect` apart.
 * @throws UsageError naming the option, for what it does not have.
 */
export function parseSubOptions<const T extends Record<string, SubOption>>(
  option: string,
  text: string,
  spec: T,
): SubValues<T> {
  const values: Record<string, string | number | boolean> = {};
  for (const part of text.split(",").filter(Boolean)) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(part) ?? [];
    const kind = Object.hasOwn(spec, name) ? spec[name] : undefined;
    if (kind === undefined) throw new UsageError(`${option} has no "${name}"; it has ${Object.keys(spec).join(", ")}.`);
    values[name] = parseValue(`${option} ${name}`, kind, value);
  }
  return values as SubValues<T>;
}

function parseValue(where: string, kind: SubOption, value: string | undefined): string | number | boolean {
  if (kind === "flag") {
    if (value === undefined || value === "true" || value === "1") return true;
    if (value === "false" || value === "0") return false;
    throw new UsageError(`${where} stands alone, or is true or false; not "${value}".`);
  }
  if (!value) throw new UsageError(`${where}= needs a value.`);
  if (kind === "text") return value;
  if (kind === "mode") {
    if (/^0?[0-7]{1,3}$/.test(value)) return Number.parseInt(value, 8);
    throw new UsageError(`${where}= is octal, such as 0770; not "${value}".`);
  }
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${where}= is a number; not "${value}".`);
}
