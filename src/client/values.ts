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

/** A field without what stands before its name: the role of a handle, the secrecy of a parameter. */
type Bare<Text extends string> = Text extends `${"@USER" | "@ADMIN" | "@DUP" | "secret" | "public"} ${infer Rest}`
  ? Rest
  : Text;
type FieldName<Text extends string> = Bare<Text> extends `${infer Name}: ${string}` ? Name : never;
type FieldType<Text extends string> = Bare<Text> extends `${string}: ${infer Type}` ? WithoutPlus<Type> : never;
type WithoutPlus<Type extends string> = Type extends `${infer Bare}+` ? Bare : Type;

/** TPM2Bs around a structure. */
type Sized = `TPM2B_${"PUBLIC" | "SENSITIVE" | "SENSITIVE_CREATE" | "ECC_POINT" | "NV_PUBLIC" | "CREATION_DATA"}`;
type Input<Type extends string> = Type extends "UINT64" | "INT64"
  ? bigint | number
  : Type extends Sized
    ? TpmStructure | null
    : Type extends `TPM2B_${string}`
      ? Uint8Array
      : Type extends `TPML_${string}`
        ? readonly TpmValue[]
        : Type extends `TPM${"S" | "T"}_${string}`
          ? TpmStructure
          : number | string;
type Output<Type extends string> = Type extends "UINT64" | "INT64" ? bigint : Exclude<Input<Type>, string>;

type Inputs<Texts extends string> = { readonly [Text in Texts as FieldName<Text>]: Input<FieldType<Text>> };
type Outputs<Texts extends string> = { readonly [Text in Texts as FieldName<Text>]: Output<FieldType<Text>> };
/** A property that is left out where it would be empty. */
type Property<Name extends string, Texts extends string> = [Texts] extends [never]
  ? { readonly [N in Name]?: Record<string, never> }
  : { readonly [N in Name]: Inputs<Texts> };

/** Handles and parameters of a command by their names in Part 3. */
export type CommandInput<Name extends CommandName> = Property<"handles", Fields<Name, "handles">> &
  Property<"parameters", Fields<Name, "parameters">>;
/** Handles and parameters of its response. */
export interface CommandOutput<Name extends CommandName> {
  readonly handles: Outputs<Fields<Name, "responseHandles">>;
  readonly parameters: Outputs<Fields<Name, "response">>;
}
