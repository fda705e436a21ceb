/**
 * How the core lays out its memory, as rows. The constants of AssemblyScript and the fingerprint of the layout both come
 * from them (place.ts, generate/layout.ts), so that no offset can move without another fingerprint.
 */

/** How the bytes of a field are read: integers in the machine's order, TPM2Bs and what ends with `be` in the wire's. */
export type Form =
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "u32be"
  | "u64be"
  | "f64be"
  | "TPM2B"
  | "policy"
  | "bytes"
  | "group"
  | "oneOf"
  | "end";

/** A number, or an expression over limits, sizes, and the sizes of groups. */
export type Size = number | string;

/** A name for a value of a field: a number, or an expression of AssemblyScript. */
export interface ValueRow {
  readonly name: string;
  readonly value: number | string;
  readonly meaning?: string;
}

/** A place with a name, after the one before it, at the next multiple of `align`. */
export interface LayoutRow {
  readonly name: string;
  readonly form: Form;
  /** How many of them lie here in a row. */
  readonly count?: Size;
  /** Bytes of one of them; 0 where `rows` say it. A group's are a multiple of its `align`. */
  readonly size: Size;
  readonly align: number;
  readonly meaning: string;
  /** What a field can hold, or its bits. */
  readonly values?: readonly ValueRow[];
  /** What lies in a group; for `oneOf`, each of the alternatives in that place. */
  readonly rows?: readonly (readonly LayoutRow[])[];
}

/** A size with a name, for rows and for the code that works on them. */
export interface SizeRow {
  readonly size: Size;
  readonly meaning: string;
}

export interface LayoutTable {
  /** Name of the generated file, below asm/generated/layout. */
  readonly file: string;
  readonly meaning: string;
  /** A region of static memory that this table lays out: its rows are addresses. Without it they are offsets. */
  readonly region?: string;
  readonly sizes?: Readonly<Record<string, SizeRow>>;
  readonly rows: readonly LayoutRow[];
}

type Extra = Partial<Pick<LayoutRow, "align" | "count" | "values">>;

function integer(form: Form, size: number) {
  return (name: string, meaning: string, extra: Extra = {}): LayoutRow => ({
    name,
    form,
    size,
    align: size,
    meaning,
    ...extra,
  });
}
export const u8 = integer("u8", 1);
export const u16 = integer("u16", 2);
export const u32 = integer("u32", 4);
export const u64 = integer("u64", 8);

/** Names for the bits of a field, from bit 0 on. */
export function bits(...rows: readonly (readonly [name: string, meaning?: string])[]): ValueRow[] {
  return rows.map(([name, meaning], bit) => ({ name, value: 2 ** bit, ...(meaning === undefined ? {} : { meaning }) }));
}

/** As on the wire, without gaps. */
function wire(form: Form, size: number) {
  return (name: string, meaning: string): LayoutRow => ({ name, form, size, align: 1, meaning });
}
export const u32be = wire("u32be", 4);
export const u64be = wire("u64be", 8);
export const f64be = wire("f64be", 8);

/** A TPM2B in wire form: a digest, an authValue, a nonce, a seed or a proof, where no other size is given. */
export function tpm2b(name: string, meaning: string, extra: Extra & { readonly size?: Size } = {}): LayoutRow {
  return { name, form: "TPM2B", size: "DIGEST_2B", align: 2, meaning, ...extra };
}

/** u16 TPMI_ALG_HASH, then the TPM2B of an authPolicy. */
export function policy(name: string, meaning: string, extra: Extra = {}): LayoutRow {
  return { name, form: "policy", size: "POLICY", align: 2, meaning, ...extra };
}

export function bytes(name: string, size: Size, meaning: string, extra: Extra = {}): LayoutRow {
  return { name, form: "bytes", size, align: 1, meaning, ...extra };
}

/** Fields that are saved, restored or wiped together. Beside its place, a group gets a constant NAME_SIZE. */
export function group(name: string, meaning: string, rows: readonly LayoutRow[], align = 1): LayoutRow {
  return { name, form: "group", size: 0, align, meaning, rows: [rows] };
}

/** No field, but the place where the ones before it end. */
export function end(name: string, meaning: string, align = 1): LayoutRow {
  return { name, form: "end", size: 0, align, meaning };
}

/** Different uses of the same bytes. */
export function oneOf(name: string, meaning: string, ...rows: readonly (readonly LayoutRow[])[]): LayoutRow {
  return { name, form: "oneOf", size: 0, align: 1, meaning, rows };
}
