/**
 * The types of Part 2 as TypeScript's, read from the strings of the tables: `Value<"TPMT_PUBLIC", "in">`. A field that does not
 * exist, or a name that its type does not have, does not compile. Nothing here is there at run time.
 */
import type { TPM_ALG, TPM_ECC } from "../spec/algorithms.ts";
import type { TPM_CC } from "../spec/commands.ts";
import type { TPM_CAP, TPM_CLOCK_ADJUST, TPM_EO, TPM_GENERATED, TPM_SE, TPM_ST, TPM_SU } from "../spec/constants.ts";
import type { TPM_HC, TPM_RH } from "../spec/handles.ts";
import type { TPM_PT } from "../spec/properties.ts";
import type { Written } from "../spec/rows.ts";
import type { WrittenTypes } from "../spec/types.ts";

/** `in`: what the client takes; names besides numbers, and counts may be left out. `out`: what it gives. */
export type Direction = "in" | "out";

/** Named numbers, by the name of their type. */
interface Named {
  TPM_ALG_ID: typeof TPM_ALG;
  TPM_ECC_CURVE: typeof TPM_ECC;
  TPM_CC: typeof TPM_CC;
  TPM_GENERATED: typeof TPM_GENERATED;
  TPM_CLOCK_ADJUST: typeof TPM_CLOCK_ADJUST;
  TPM_EO: typeof TPM_EO;
  TPM_ST: typeof TPM_ST;
  TPM_SU: typeof TPM_SU;
  TPM_SE: typeof TPM_SE;
  TPM_CAP: typeof TPM_CAP;
  TPM_PT: typeof TPM_PT;
  TPM_HANDLE: typeof TPM_RH & typeof TPM_HC;
  // The property of TPM2_GetCapability is any of several types.
  UINT32: typeof TPM_PT;
  BYTE: unknown;
}
/** Numbers of every table by their names: what selects the member of a union. */
type Selectors = typeof TPM_ALG & typeof TPM_CAP & typeof TPM_ST;

type Number<Base extends string, D extends Direction> = D extends "in"
  ? Base extends Exclude<keyof Named, "BYTE">
    ? number | keyof Named[Base]
    : number
  : number;

/** A type without what stands around it in a field: `+TPMI_ALG_HASH`, `TPM2B_DIGEST #TPM_RC_SIZE`, `UINT16{:MAX}`. */
type Bare<Text extends string> = Text extends `+${infer Rest}`
  ? Bare<Rest>
  : Text extends `${infer Rest} ${string}`
    ? Bare<Rest>
    : Text extends `${infer Rest}+${string}`
      ? Bare<Rest>
      : Text extends `${infer Rest}[${string}`
        ? Bare<Rest>
        : Text extends `${infer Rest}{${string}`
          ? Bare<Rest>
          : Text;
/** A field without its secrecy or role. */
type Undecorated<Text extends string> =
  Text extends `${"@USER" | "@ADMIN" | "@DUP" | "secret" | "public"} ${infer Rest}` ? Rest : Text;
/** The name of a field. */
export type FieldName<Text extends string> = Undecorated<Text> extends `${infer Name}: ${string}` ? Name : never;
/** What a field holds. */
export type FieldValue<Text extends string, D extends Direction> =
  Undecorated<Text> extends `${string}: ${infer Type}`
    ? Type extends `BYTE[${string}`
      ? Uint8Array
      : Value<Bare<Type>, D>
    : never;

/** A value of a type of Part 2. */
export type Value<Type extends string, D extends Direction> = Type extends "UINT64" | "INT64"
  ? D extends "in"
    ? bigint | number
    : bigint
  : Type extends keyof WrittenTypes
    ? RowValue<WrittenTypes[Type], D>
    : Number<Type, D>;

type RowValue<Row, D extends Direction> = Row extends { readonly kind: "alias"; readonly of: infer Of extends string }
  ? Value<Of, D>
  : Row extends { readonly kind: "buffer" }
    ? Uint8Array
    : Row extends { readonly kind: "interface"; readonly base: infer Base extends string }
      ? Base extends "BYTE"
        ? D extends "in"
          ? number | "YES" | "NO"
          : number
        : Number<Base, D>
      : Row extends { readonly kind: "attributes" }
        ? number
        : Row extends { readonly kind: infer Kind } & Written<infer Text extends string>
          ? Kind extends "sized"
            ? FieldValue<Text, D> | null
            : Kind extends "list"
              ? readonly FieldValue<Text, D>[]
              : Kind extends "structure"
                ? Structure<Text, D>
                : never
          : never;

/** A field that selects a union's member: of "details: TPMU_SIG_SCHEME[scheme]" the "scheme". */
type SelectorOf<Text extends string> = Text extends `${string}: TPMU_${string}[${infer Field}]${string}`
  ? Field
  : never;
type UnionField<Text extends string> = Text extends `${string}: TPMU_${string}` ? Text : never;
/** Fields that may be left out: the count of octets, and what has one value only. */
type Counts<Text extends string> = Text extends `${string}: BYTE[${infer Count}]${string}` ? Count : never;
type Fixed<Text extends string> = Text extends `${infer Name}: ${string}{${infer Only}}${string}`
  ? Only extends `${string}${":" | "|"}${string}`
    ? never
    : Name
  : never;
type LeftOut<Text extends string, D extends Direction> = D extends "in" ? Counts<Text> | Fixed<Text> : never;

type PlainFields<Text extends string, Without extends string, D extends Direction> = {
  readonly [T in Text as Exclude<FieldName<T>, Without>]: FieldValue<T, D>;
};
type OptionalFields<Text extends string, Only extends string, D extends Direction> = {
  readonly [T in Text as Extract<FieldName<T>, Only>]?: FieldValue<T, D>;
};

/** The text of a union's members. */
type Members<Type extends string> = Type extends keyof WrittenTypes
  ? WrittenTypes[Type] extends Written<infer Text extends string>
    ? Text
    : never
  : never;
type SelectorsIn<Text extends string> = Text extends `${string} <${infer Selector}>` ? Selector : never;
/** What a member holds; undefined when it has no content, or the union has no such member. */
type MemberFor<Text extends string, Selector extends string, D extends Direction> = [
  Extract<Text, `${string} <${Selector}>`>,
] extends [never]
  ? undefined
  : Extract<Text, `${string} <${Selector}>`> extends `${infer Member} <${string}>`
    ? Member extends `${string}: ${string}`
      ? FieldValue<Member, D>
      : undefined
    : undefined;

type UnionTypeOf<Text extends string> = Undecorated<Text> extends `${string}: ${infer Type}` ? Bare<Type> : never;
type SelectorValue<Name extends string, D extends Direction> = Name extends keyof Selectors
  ? D extends "in"
    ? Name | Selectors[Name]
    : Selectors[Name]
  : never;

/** The unions of a structure, where their selector has one value. */
type Selected<Text extends string, Selector extends string, D extends Direction> = {
  readonly [T in UnionField<Text> as undefined extends MemberFor<Members<UnionTypeOf<T>>, Selector, D>
    ? never
    : FieldName<T>]: MemberFor<Members<UnionTypeOf<T>>, Selector, D>;
} & {
  readonly [T in UnionField<Text> as undefined extends MemberFor<Members<UnionTypeOf<T>>, Selector, D>
    ? FieldName<T>
    : never]?: MemberFor<Members<UnionTypeOf<T>>, Selector, D>;
};
type Variants<
  Text extends string,
  Field extends string,
  Selector extends string,
  D extends Direction,
> = Selector extends string
  ? { readonly [F in Field]: SelectorValue<Selector, D> } & Selected<Text, Selector, D>
  : never;
/** Where the selector is a number that is not known before: any of the members. */
type AnyVariant<
  Text extends string,
  Field extends string,
  Selector extends string,
  D extends Direction,
> = D extends "in"
  ? { readonly [F in Field]: number } & {
      readonly [T in UnionField<Text> as FieldName<T>]?: MemberFor<Members<UnionTypeOf<T>>, Selector, D>;
    }
  : never;
type AllVariants<Text extends string, Field extends string, Selector extends string, D extends Direction> =
  | Variants<Text, Field, Selector, D>
  | AnyVariant<Text, Field, Selector, D>;

/** One object type instead of several that are joined: what an editor shows is what there is. */
type Flat<T> = T extends unknown ? { readonly [Key in keyof T]: T[Key] } : never;

type Structure<Text extends string, D extends Direction> = [SelectorOf<Text>] extends [never]
  ? Flat<PlainFields<Text, LeftOut<Text, D>, D> & OptionalFields<Text, LeftOut<Text, D>, D>>
  : Flat<
      PlainFields<Text, SelectorOf<Text> | FieldName<UnionField<Text>> | LeftOut<Text, D>, D> &
        OptionalFields<Text, LeftOut<Text, D>, D> &
        AllVariants<Text, SelectorOf<Text>, SelectorsIn<Members<UnionTypeOf<UnionField<Text>>>>, D>
    >;
