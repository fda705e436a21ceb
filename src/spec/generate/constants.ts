/** asm/generated/constants.ts: the named values of Part 2 and 3. */
import { ACT_TIMEOUTS, FAILURE_LOCATIONS, LOGIC } from "../constants.ts";
import { IDENTITY_INDICES } from "../reservedHandles.ts";
import { responseCodeParts } from "../responseCodes.ts";
import type { AttributesType } from "../rows.ts";
import { integerOf, types } from "../types.ts";
import type { Values } from "./sizes.ts";
import { HEADER, hex } from "./text.ts";

export interface Constant {
  readonly name: string;
  readonly value: number;
  readonly signed: boolean;
  /** Octets of the type on the wire. */
  readonly bytes: number;
}
export interface ConstantGroup {
  /** What stands above the constants. */
  readonly title: string;
  readonly constants: readonly Constant[];
}

/** Every constant there can be: named values, and the masks of bit fields, with a _SHIFT for those of several bits. */
export function allConstants(values: Values): readonly ConstantGroup[] {
  const unsigned = (bytes: number, entries: readonly (readonly [string, number])[]) =>
    entries.map(([name, value]) => ({ name, value, signed: false, bytes }));
  const groups: ConstantGroup[] = [
    { title: "Part 2, 5.1.", constants: unsigned(1, Object.entries(LOGIC)) },
    { title: "Part 3, 33.2.", constants: unsigned(4, Object.entries(ACT_TIMEOUTS)) },
    { title: "Ours.", constants: unsigned(4, Object.entries(FAILURE_LOCATIONS)) },
    {
      title: "EK Credential Profile, 2.2.1; Registry of Reserved TPM 2.0 Handles, 2.2.2.",
      constants: unsigned(4, Object.entries(IDENTITY_INDICES)),
    },
    { title: "TPM_RC: Part 2, 6.6.", constants: unsigned(4, Object.entries(responseCodeParts)) },
  ];
  for (const [type, row] of Object.entries(types)) {
    const integer = integerOf(type);
    if (integer === null) continue;
    const { bytes, signed } = integer;
    if (row.kind === "constants") {
      const entries = Object.entries(row.values);
      const constants = entries.map(([name, value]) => ({ name, value: values.evaluate(value), signed, bytes }));
      groups.push({ title: `${type}: Part 2, ${row.section}.`, constants });
    }
    if (row.kind === "attributes")
      groups.push({ title: `${type}: Part 2, ${row.section}.`, constants: maskConstants(type, row, bytes) });
  }
  return groups;
}

function maskConstants(type: string, row: AttributesType, bytes: number): Constant[] {
  const fields = row.fields.flatMap(({ name, low, high }): Constant[] => {
    const mask = { name: `${type}_${name.toUpperCase()}`, value: 2 ** (high + 1) - 2 ** low, signed: false, bytes };
    return high > low ? [mask, { name: `${mask.name}_SHIFT`, value: low, signed: false, bytes: 4 }] : [mask];
  });
  return [...fields, { name: `${type}_RESERVED`, value: row.reserved, signed: false, bytes }];
}

/**
 * @param names those that are imported; the others are left out. Without it all are there.
 * @throws when the specification has no constant of such a name.
 */
export function generateConstants(values: Values, names?: ReadonlySet<string>): string {
  const groups = allConstants(values);
  const known = new Set(groups.flatMap(({ constants }) => constants.map(({ name }) => name)));
  for (const name of names ?? [])
    if (!known.has(name)) throw new Error(`asm imports ${name} from generated/constants: src/spec has no such name`);
  const lines: string[] = [HEADER];
  for (const { title, constants } of groups) {
    const used = constants.filter(({ name }) => names?.has(name) ?? true);
    if (used.length > 0) lines.push("", `// ${title}`);
    for (const { name, value, signed, bytes } of used)
      lines.push(`export const ${name}: ${signed ? "i" : "u"}${8 * bytes} = ${signed ? value : hex(value)};`);
  }
  return `${lines.join("\n")}\n`;
}
