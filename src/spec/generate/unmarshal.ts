/**
 * asm/generated/unmarshal.ts: one function for each type that a command can reach. A function checks the octets at the
 * reader's cursor and passes them; it returns 0 or the response code without handle or parameter number.
 */
import type { Limits } from "../limits.ts";
import type { ConstantsType, Field, InterfaceType, TypeRow } from "../rows.ts";
import { integerOf, resolveAlias, typeNamed } from "../types.ts";
import type { Values } from "./sizes.ts";
import { HEADER, hex, Imports } from "./text.ts";

/** All types that have to be unmarshalled for these, in a stable order. */
export function reachableTypes(roots: Iterable<string>): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const type = resolveAlias(name);
    if (found.has(type)) return;
    found.add(type);
    for (const child of childrenOf(typeNamed(type))) visit(child);
  };
  for (const root of roots) visit(root);
  return [...found].sort();
}

function childrenOf(row: TypeRow): readonly string[] {
  switch (row.kind) {
    case "structure":
      return row.fields.filter(({ count }) => count === undefined).map(({ type }) => type);
    case "union":
      return row.members.flatMap(({ type, count, selector }) =>
        type === undefined || count !== undefined || selector === undefined ? [] : [type],
      );
    case "sized":
    case "list":
      return [row.field.type];
    case "interface":
      return checksValues(row.base) ? [row.base] : [];
    default:
      return [];
  }
}

/** Whether a base type refuses values by itself, before the interface type does. */
function checksValues(base: string): boolean {
  const row = typeNamed(resolveAlias(base));
  return row.kind === "constants" && row.error !== undefined;
}

/** Whether the function of a type has the argument allowNull. */
export function takesNull(name: string): boolean {
  const row = typeNamed(resolveAlias(name));
  switch (row.kind) {
    case "interface":
      return row.null !== undefined;
    case "structure":
      return row.fields.some(({ allowNull }) => allowNull === "inherit");
    case "sized":
    case "list":
      return row.field.allowNull === "inherit";
    default:
      return false;
  }
}

/** The function that unmarshals a type. */
export function functionOf(type: string): string {
  return `unmarshal_${resolveAlias(type)}`;
}
/** A call of it, for a field or parameter. */
export function callOf({ type, allowNull }: Pick<Field, "type" | "allowNull">): string {
  const argument = allowNull === "inherit" ? "allowNull" : String(allowNull === "always");
  return `${functionOf(type)}(${takesNull(type) ? argument : ""})`;
}
/** The expression that loads an integer from the wire. */
export function loadOf(type: string, address: string, imports: Imports): string {
  const integer = integerOf(type);
  if (integer === null) throw new Error(`${type} is not an integer`);
  if (integer.bytes === 1) return `load<${integer.signed ? "i" : "u"}8>(${address})`;
  const loaded = `${imports.from("../base/bytes", `get${integer.bytes * 8}`)}(${address})`;
  return integer.signed ? `(${loaded} as i${integer.bytes * 8})` : loaded;
}

interface Numbers {
  /** Of the profile full. */
  readonly values: Values;
  /** Of the profile libtpms-0.9. */
  readonly libtpms: Values;
  readonly limits: Limits;
}

export function generateUnmarshal(types: readonly string[], numbers: Numbers): string {
  const imports = new Imports();
  const writer = new UnmarshalWriter(imports, numbers);
  const functions = types.map((type) => writer.functionFor(type));
  return [HEADER, imports.toString(), "", HELPERS, ...functions].join("\n");
}

const HELPERS = `/** \`size\` octets of any value. */
function octets(size: u32): u32 {
  return take(size) == 0 ? TPM_RC_INSUFFICIENT : 0;
}

/** A TPM2B of at most \`max\` octets. */
function buffer(max: u32): u32 {
  const at = take(2);
  if (at == 0) return TPM_RC_INSUFFICIENT;
  const size = get16(at);
  return size > max ? TPM_RC_SIZE : octets(size);
}
`;

class UnmarshalWriter {
  readonly #imports: Imports;
  readonly #values: Values;
  readonly #libtpms: Values;
  readonly #limits: Limits;

  constructor(imports: Imports, { values, libtpms, limits }: Numbers) {
    this.#imports = imports;
    this.#values = values;
    this.#libtpms = libtpms;
    this.#limits = limits;
    for (const name of ["TPM_RC_INSUFFICIENT", "TPM_RC_SIZE"]) this.#constant(name);
    imports.from("../base/reader", "take");
    imports.from("../base/bytes", "get16");
  }

  functionFor(type: string): string {
    const row = typeNamed(type);
    const argument = row.kind === "union" ? "selector: u32" : takesNull(type) ? "allowNull: bool" : "";
    const body = this.#body(type, row);
    const section = "section" in row ? `// Part 2, ${row.section}.\n` : "";
    return `${section}export function ${functionOf(type)}(${argument}): u32 {\n${body.map((line) => `  ${line}\n`).join("")}}\n`;
  }

  #body(type: string, row: TypeRow): string[] {
    switch (row.kind) {
      case "integer":
        return [`return octets(${row.bytes});`];
      case "constants":
        return this.#constants(type, row);
      case "attributes":
        if (row.error === undefined) return [`return octets(${this.#integer(type).bytes});`];
        return [
          ...this.#takeInteger(type),
          `return (value & ${hex(row.reserved)}) == 0 ? 0 : ${this.#constant(row.error)};`,
        ];
      case "interface":
        return this.#interface(row);
      case "buffer":
        return [`return buffer(${this.#number(row.accept ?? row.max)});`];
      case "list":
        return [
          ...this.#takeInteger("UINT32", "count"),
          `if (${this.#outOfRange("count", row.min, row.max)}) return TPM_RC_SIZE;`,
          "for (let i: u32 = 0; i < count; i++) {",
          `  const result = ${callOf(row.field)};`,
          "  if (result != 0) return result;",
          "}",
          "return 0;",
        ];
      case "sized":
        this.#imports.from("../base/reader", "readerPosition");
        return [
          ...this.#takeInteger("UINT16", "size"),
          `if (size == 0) return ${row.empty ? "0" : "TPM_RC_SIZE"};`,
          "const start = readerPosition();",
          `const result = ${callOf(row.field)};`,
          "if (result != 0) return result;",
          "return readerPosition() - start == size ? 0 : TPM_RC_SIZE;",
        ];
      case "union":
        return this.#union(row.members);
      case "structure":
        return this.#structure(row.fields);
      case "alias":
        throw new Error(`${type} is an alias: it has no function of its own`);
    }
  }

  #constants(type: string, row: ConstantsType): string[] {
    if (row.error === undefined) return [`return octets(${this.#integer(type).bytes});`];
    const accepted = Object.entries(row.values).filter(([name]) => !row.refused?.includes(name));
    const cases = new Map(accepted.map(([name, value]) => [this.#values.evaluate(value), name]));
    return [
      ...this.#takeInteger(type),
      "switch (value) {",
      ...[...cases.values()].map((name) => `  case ${this.#constant(name)}:`),
      "    return 0;",
      "}",
      `return ${this.#constant(row.error)};`,
    ];
  }

  #interface(row: InterfaceType): string[] {
    const lines: string[] = [];
    if (checksValues(row.base)) {
      this.#imports.from("../base/reader", "readerPosition");
      lines.push(
        "const at = readerPosition();",
        `const result = ${functionOf(row.base)}();`,
        "if (result != 0) return result;",
        `const value = ${loadOf(row.base, "at", this.#imports)};`,
      );
    } else lines.push(...this.#takeInteger(row.base));
    if (row.null !== undefined) lines.push(`if (allowNull && value == ${this.#constant(row.null)}) return 0;`);

    const error = this.#constant(row.error);
    const single: string[] = [];
    for (const accepted of row.accepts) {
      const [first = "", last] = accepted.split("..");
      const keyBits = /^KEY_BITS\((\w+)\)$/.exec(accepted)?.[1];
      if (last !== undefined) lines.push(`if (${this.#inRange(first, last)}) return 0;`);
      else if (keyBits !== undefined)
        lines.push(`if (${this.#implemented("keyBits")}(${this.#constant(keyBits)}, value)) return 0;`);
      else if (accepted === "CURVES") lines.push(`if (${this.#implemented("curve")}(value)) return 0;`);
      else single.push(/^0x/.test(accepted) ? accepted : this.#constant(accepted));
    }
    if (single.length === 0) return [...lines, `return ${error};`];
    const algorithms = resolveAlias(row.base) === "TPM_ALG_ID";
    return [
      ...lines,
      "switch (value) {",
      ...single.map((name) => `  case ${name}:`),
      algorithms ? `    return ${this.#implemented("algorithm")}(value) ? 0 : ${error};` : "    return 0;",
      "}",
      `return ${error};`,
    ];
  }

  #union(members: readonly { type?: string; count?: string; allowNull: boolean; selector?: string }[]): string[] {
    const lines = ["switch (selector) {"];
    for (const { type, count, allowNull, selector } of members) {
      if (selector === undefined) continue;
      const content =
        type === undefined
          ? "0"
          : count !== undefined
            ? `octets(${this.#number(count)})`
            : callOf({ type, allowNull: allowNull ? "always" : "never" });
      lines.push(`  case ${this.#constant(selector)}:`, `    return ${content};`);
    }
    return [...lines, "}", `return ${this.#constant("TPM_RC_SELECTOR")};`];
  }

  #structure(fields: readonly Field[]): string[] {
    if (fields.length === 0) return ["return 0;"];
    const lines: string[] = ["let result: u32;"];
    fields.forEach((field, index) => {
      const later = fields.slice(index + 1);
      const isRead = later.some(({ selector, count }) => selector === field.name || count === field.name);
      const isChecked = field.min !== undefined || field.max !== undefined || field.allowed !== undefined;
      if (isRead || isChecked) {
        this.#imports.from("../base/reader", "readerPosition");
        lines.push(`const ${field.name}At = readerPosition();`);
      }
      const check = index === fields.length - 1 && !isChecked;
      const call = this.#fieldCall(field, fields);
      if (check) lines.push(`return ${call};`);
      else lines.push(`result = ${call};`, "if (result != 0) return result;");
      if (isRead || isChecked)
        lines.push(`const ${field.name}: u32 = ${loadOf(field.type, `${field.name}At`, this.#imports)};`);
      if (isChecked) {
        const wrong =
          field.allowed === undefined
            ? this.#outOfRange(field.name, field.min, field.max)
            : field.allowed.map((value) => `${field.name} != ${this.#constant(value)}`).join(" && ");
        lines.push(`if (${wrong}) return ${this.#constant(field.error ?? "TPM_RC_VALUE")};`);
        if (index === fields.length - 1) lines.push("return 0;");
      }
    });
    return lines;
  }

  #fieldCall(field: Field, fields: readonly Field[]): string {
    if (field.count !== undefined) {
      const isField = fields.some(({ name }) => name === field.count);
      return `octets(${isField ? field.count : this.#number(field.count)})`;
    }
    if (field.selector !== undefined) return `${functionOf(field.type)}(${field.selector})`;
    return callOf(field);
  }

  #takeInteger(type: string, name = "value"): string[] {
    const { bytes } = this.#integer(type);
    return [
      `const ${name}At = take(${bytes});`,
      `if (${name}At == 0) return TPM_RC_INSUFFICIENT;`,
      `const ${name} = ${loadOf(type, `${name}At`, this.#imports)};`,
    ];
  }
  #integer(type: string): { bytes: number } {
    const integer = integerOf(type);
    if (integer === null) throw new Error(`${type} is not an integer`);
    return integer;
  }
  #inRange(first: string, last: string): string {
    const above = this.#values.evaluate(first) === 0 ? "" : `value >= ${this.#constant(first)} && `;
    return `${above}value <= ${this.#constant(last)}`;
  }
  #outOfRange(name: string, min: string | undefined, max: string | undefined): string {
    const checks: string[] = [];
    if (min !== undefined) checks.push(`${name} < ${this.#number(min)}`);
    if (max !== undefined) checks.push(`${name} > ${this.#number(max)}`);
    return checks.join(" || ");
  }
  #implemented(what: "algorithm" | "curve" | "keyBits"): string {
    return this.#imports.from("../tpm/algorithms/implemented", `${what}Implemented`);
  }
  #constant(name: string): string {
    return this.#imports.from("./constants", name);
  }
  /** A limit by its name, anything else as the number it comes to; two numbers where it depends on the profile. */
  #number(expression: string): string {
    const [full, libtpms] = [this.#values.evaluate(expression), this.#libtpms.evaluate(expression)];
    if (full !== libtpms)
      return `${this.#imports.from("../tpm/algorithms/implemented", "byProfile")}(${full}, ${libtpms}) /* ${expression} */`;
    if (this.#limits.has(expression)) return this.#imports.from("./limits", expression);
    const value = String(this.#values.evaluate(expression));
    return value === expression ? value : `${value} /* ${expression} */`;
  }
}
