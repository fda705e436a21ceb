/** asm/generated/constants.ts: the named values of Part 2 and 3. */
import { LOGIC } from "../constants.ts";
import { responseCodeParts } from "../responseCodes.ts";
import { integerOf, types } from "../types.ts";
import type { Values } from "./sizes.ts";
import { HEADER, hex } from "./text.ts";

export function generateConstants(values: Values): string {
  const lines: string[] = [HEADER];
  for (const [name, value] of Object.entries(LOGIC)) lines.push(`export const ${name}: u8 = ${value};`);
  for (const [name, value] of Object.entries(responseCodeParts))
    lines.push(`export const ${name}: u32 = ${hex(value)};`);
  for (const [type, row] of Object.entries(types)) {
    const integer = integerOf(type);
    if (integer === null) continue;
    const width = integer.bytes * 8;
    if (row.kind === "constants") {
      lines.push("", `// ${type}: Part 2, ${row.section}.`);
      for (const [name, expression] of Object.entries(row.values)) {
        const value = values.evaluate(expression);
        lines.push(
          `export const ${name}: ${integer.signed ? "i" : "u"}${width} = ${integer.signed ? value : hex(value)};`,
        );
      }
    }
    if (row.kind === "attributes") {
      lines.push("", `// ${type}: Part 2, ${row.section}.`);
      for (const { name, low, high } of row.fields) {
        const constant = `${type}_${name.toUpperCase()}`;
        lines.push(`export const ${constant}: u${width} = ${hex(2 ** (high + 1) - 2 ** low)};`);
        if (high > low) lines.push(`export const ${constant}_SHIFT: u32 = ${low};`);
      }
      lines.push(`export const ${type}_RESERVED: u${width} = ${hex(row.reserved)};`);
    }
  }
  return `${lines.join("\n")}\n`;
}
