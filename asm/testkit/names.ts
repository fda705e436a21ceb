/** The specification's names for the numbers in commands and responses; the table in src/spec has the numbers. */
import { TPM_ALG, TPM_ECC } from "../../src/spec/algorithms.ts";
import { type AttributeName, type AttributesName, attributeBits, attributeTypes } from "../../src/spec/attributes.ts";
import { type CommandName, commands } from "../../src/spec/commands.ts";
import { TPM_CAP, TPM_SE, TPM_ST } from "../../src/spec/constants.ts";
import { TPM_HC, TPM_RH } from "../../src/spec/handles.ts";
import { TPM_PT, TPM_PT_PCR } from "../../src/spec/properties.ts";
import type { BitField } from "../../src/spec/rows.ts";

export { rc } from "../../src/spec/testkit/responseCode.ts";

type Without<Prefix extends string, Table> = {
  readonly [Name in keyof Table as Name extends `${Prefix}${infer Rest}` ? Rest : never]: Table[Name];
};
/** The rows of a table that begin with `prefix`, by what follows it. */
function without<const Prefix extends string, Table extends object>(
  prefix: Prefix,
  table: Table,
): Without<Prefix, Table> {
  const rows = Object.entries(table).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(rows.map(([name, value]) => [name.slice(prefix.length), value])) as Without<Prefix, Table>;
}
/** Each field of an attributes structure with all its bits SET. */
export function bitsOf<Type extends AttributesName>(type: Type): Readonly<Record<AttributeName<Type>, number>> {
  const fields: readonly BitField<AttributeName<Type>>[] = attributeTypes[type].fields;
  return Object.fromEntries(fields.map(({ name }) => [name, attributeBits(type, name)])) as Readonly<
    Record<AttributeName<Type>, number>
  >;
}

/** TPM_CC by the names of Part 3, without TPM2_. */
export const CC = Object.fromEntries(commands.map(({ name, code }) => [name, code])) as Readonly<
  Record<CommandName, number>
>;
export const ALG = without("TPM_ALG_", TPM_ALG);
export const CURVE = without("TPM_ECC_", TPM_ECC);
export const RH = without("TPM_RH_", TPM_RH);
export const RS_PW = TPM_RH.TPM_RS_PW;
export const ST = without("TPM_ST_", TPM_ST);
export const SE = without("TPM_SE_", TPM_SE);
export const CAP = without("TPM_CAP_", TPM_CAP);
/** Handles at the ends of ranges (Part 2, 7.5), but for those that depend on a limit. */
export const HC = TPM_HC;
export const PT = without("TPM_PT_", TPM_PT);
export const PT_PCR = without("TPM_PT_PCR_", TPM_PT_PCR);
