/**
 * What the types of Part 2 are in JavaScript, and the types of the commands' arguments, read from the same rows that
 * drive everything else.
 *
 * | Part 2 | JavaScript |
 * |---|---|
 * | integers, handles, algorithms, attributes | number; a name of the tables ("TPM_ALG_SHA256") where one is given |
 * | UINT64 | bigint; a number is taken too |
 * | TPM2B of octets | Uint8Array |
 * | TPM2B around a structure | that structure; null for an empty one |
 * | TPML | array |
 * | TPMS, TPMT | object of its fields. A union is what its selector says; counts may be left out |
 */
import type { CommandName, commandRows } from "../spec/commands.ts";
import type { WrittenTypes } from "../spec/types.ts";
import type { FieldName, FieldValue, Value } from "./types.ts";

export type TpmValue = number | bigint | string | Uint8Array | null | TpmStructure | readonly TpmValue[];
export interface TpmStructure {
  readonly [field: string]: TpmValue | undefined;
}

type Rows = typeof commandRows;
type Fields<Name extends CommandName, Part extends string> = Rows[Name] extends { readonly [P in Part]: infer List }
  ? List extends readonly string[]
    ? List[number]
    : never
  : never;

type Inputs<Texts extends string> = { readonly [Text in Texts as FieldName<Text>]: FieldValue<Text, "in"> };
type Outputs<Texts extends string> = { readonly [Text in Texts as FieldName<Text>]: FieldValue<Text, "out"> };
/** A property that is left out where it would be empty. */
type Property<Name extends string, Texts extends string> = [Texts] extends [never]
  ? { readonly [N in Name]?: Record<string, never> }
  : { readonly [N in Name]: Inputs<Texts> };

/** A value of a type of Part 2 as the client takes it: `InputOf<"TPMT_PUBLIC">`. */
export type InputOf<Type extends keyof WrittenTypes> = Value<Type, "in">;
/** A value of a type of Part 2 as the client gives it. */
export type OutputOf<Type extends keyof WrittenTypes> = Value<Type, "out">;

/** Handles and parameters of a command by their names in Part 3. */
export type CommandInput<Name extends CommandName> = Property<"handles", Fields<Name, "handles">> &
  Property<"parameters", Fields<Name, "parameters">>;
/** Handles and parameters of its response. */
export interface CommandOutput<Name extends CommandName> {
  readonly handles: Outputs<Fields<Name, "responseHandles">>;
  readonly parameters: Outputs<Fields<Name, "response">>;
}
