/**
 * The shapes of the rows of the specification's tables, and the notation in which structures and commands are written.
 *
 * A field is one string: `name: TYPE`, after the decorations of Part 2 and Part 3:
 *
 * | written | means |
 * |---|---|
 * | `hashAlg: TPMI_ALG_HASH+` | the null value of the type (TPM_ALG_NULL, TPM_RH_NULL, TPM_RS_PW) is allowed |
 * | `hashAlg: +TPMI_ALG_HASH` | it is allowed where the containing structure is written with a trailing `+` |
 * | `digest: TPMU_HA[hashAlg]` | a union selected by the field hashAlg |
 * | `pcrSelect: BYTE[sizeofSelect]` | as many octets as the field, number or expression in the brackets says |
 * | `dataSize: UINT16{:MAX_NV_INDEX_SIZE} #TPM_RC_SIZE` | a range (either end may be missing) and the error outside of it |
 * | `tag: TPM_ST{TPM_ST_CREATION} #TPM_RC_TAG` | the allowed values, separated by `\|`, and the error for any other |
 * | `@USER keyHandle: TPMI_DH_OBJECT` | a handle of a command that needs an authorisation session with this role |
 * | `secret newAuth: TPM2B_AUTH` | its content is nobody's business: not shown in a log or trace unless asked ({@link Parameter}) |
 * | `public hashAlg: TPMI_ALG_HASH` | it may be shown; a structure in it may have members that are `secret` all the same |
 * | `rsa: TPMS_RSA_PARMS <TPM_ALG_RSA>` | a member of a union and its selector; `null <TPM_ALG_NULL>` has no content |
 */

/** A number on the wire. `bytes` is its size. */
export interface IntegerType {
  readonly kind: "integer";
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}
/** Another name of a type. */
export interface AliasType {
  readonly kind: "alias";
  readonly section: string;
  readonly of: string;
}
/** Named values of an integer type. Values that are not in the table are refused with `error`, where there is one. */
export interface ConstantsType {
  readonly kind: "constants";
  readonly section: string;
  readonly base: string;
  readonly values: Readonly<Record<string, number | string>>;
  readonly error?: string;
  /** Names in the table that unmarshalling refuses all the same. */
  readonly refused?: readonly string[];
}
export interface BitField<Name extends string = string> {
  readonly name: Name;
  readonly low: number;
  readonly high: number;
}
/** A bit field. `reserved` has the bits that no field covers; when one is SET, unmarshalling says `error`, where there is one. */
export interface AttributesType<Name extends string = string> {
  readonly kind: "attributes";
  readonly section: string;
  readonly base: string;
  readonly fields: readonly BitField<Name>[];
  readonly reserved: number;
  readonly error?: string;
}
/** Values (names, numbers, `FIRST..LAST`, `CURVES`, `KEY_BITS(alg)`) of a base type that an interface accepts. */
export interface InterfaceType {
  readonly kind: "interface";
  readonly section: string;
  readonly base: string;
  readonly accepts: readonly string[];
  readonly null?: string;
  readonly error: string;
}
export interface Field {
  readonly name: string;
  readonly type: string;
  /** Written `secret`: whoever prints it says only how many octets it has. */
  readonly secret: boolean;
  /** `always`: written `TYPE+`. `inherit`: written `+TYPE`. */
  readonly allowNull: "never" | "always" | "inherit";
  /** Name of the field that selects the member of a union. */
  readonly selector?: string;
  /** Number of octets of a BYTE array: a field of the same structure, a number or an expression. */
  readonly count?: string;
  readonly min?: string;
  readonly max?: string;
  readonly allowed?: readonly string[];
  readonly error?: string;
}
export interface StructureType {
  readonly kind: "structure";
  readonly section: string;
  readonly fields: readonly Field[];
}
export interface UnionMember {
  readonly name: string;
  /** Absent: the member has no content. */
  readonly type?: string;
  readonly count?: string;
  readonly allowNull: boolean;
  /** As {@link Field.secret}. */
  readonly secret: boolean;
  /** Absent: a second view of the union's octets; never unmarshalled, but it counts for the union's size. */
  readonly selector?: string;
}
export interface UnionType {
  readonly kind: "union";
  readonly section: string;
  readonly members: readonly UnionMember[];
}
/** A TPM2B of opaque octets. `max` is the size of its buffer; `accept` what unmarshalling accepts, where that is less. */
export interface BufferType {
  readonly kind: "buffer";
  readonly section: string;
  readonly field: string;
  readonly max: string;
  readonly accept?: string;
}
/** A TPM2B around a structure: its size has to be the structure's exactly. `empty`: a size of zero is allowed. */
export interface SizedType {
  readonly kind: "sized";
  readonly section: string;
  readonly field: Field;
  readonly empty: boolean;
}
export interface ListType {
  readonly kind: "list";
  readonly section: string;
  readonly field: Field;
  readonly min?: string;
  readonly max: string;
}
export type TypeRow =
  | IntegerType
  | AliasType
  | ConstantsType
  | AttributesType
  | InterfaceType
  | StructureType
  | UnionType
  | BufferType
  | SizedType
  | ListType;
export type TypeRows = Readonly<Record<string, TypeRow>>;

/**
 * A parameter of a command or response. Each says whether it is secret, so that none is public by oversight. Secret are:
 *
 * - authorization values, sensitive areas, keys and shared secrets, in the clear or where they may be;
 * - what a TPM is given to hash, MAC, encrypt, stir in, store or compare with what it stores, and what it gives back of it;
 * - random numbers, and what passes for an authorization: tickets of policies, signatures of PolicySigned.
 *
 * Public are names, public areas, digests that the caller has computed, nonces, signatures, and what is encrypted or bound to
 * the TPM whatever the caller says: TPM2B_ENCRYPTED_SECRET, contexts, and TPM2B_PRIVATE where no inner or outer wrapper can be
 * left out.
 */
export type Parameter = `${"secret" | "public"} ${string}: ${string}`;

/** A command as it is written in `commands/`. */
export interface CommandRow {
  readonly code: number;
  /** Section of Part 3; its first number is the chapter. */
  readonly section: string;
  /** The decoration of the command code: NV (may write NV), E (extensive), F (flushes its transient handles). */
  readonly attributes?: "NV" | "E" | "F" | "NV E" | "NV F";
  /** What Part 3 says of the tag: TPM_ST_SESSIONS, TPM_ST_NO_SESSIONS, or either. */
  readonly sessions: "required" | "forbidden" | "optional";
  /** With platform authorisation: Physical Presence is required, or may be required through TPM2_PP_Commands. */
  readonly physicalPresence?: "required" | "allowed";
  readonly handles?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly responseHandles?: readonly string[];
  readonly response?: readonly Parameter[];
}
export type CommandRows = Readonly<Record<string, CommandRow>>;
export type Role = "USER" | "ADMIN" | "DUP";

const FIELD =
  /^(?:@(?<role>USER|ADMIN|DUP) |(?<secrecy>secret|public) )?(?<name>\w+): (?<inherit>\+)?(?<type>\w+)(?<always>\+)?(?:\[(?<bracket>[^\]]+)\])?(?:\{(?<range>[^}]*)\})?(?: #(?<error>TPM_RC_\w+))?$/;
const MEMBER =
  /^(?:(?<secrecy>secret) )?(?<name>\w+)(?:: (?<type>\w+)(?<always>\+)?(?:\[(?<count>[^\]]+)\])?)?(?: <(?<selector>TPM_\w+)>)?$/;

/** Reads a field. @throws when the string is not in the notation above. */
export function parseField(text: string): Field {
  const groups = FIELD.exec(text)?.groups;
  const { name, type, secrecy, inherit, always, bracket, range, error } = groups ?? {};
  if (name === undefined || type === undefined) throw new Error(`specification table: cannot read the field "${text}"`);
  const inBrackets = bracket === undefined ? {} : type === "BYTE" ? { count: bracket } : { selector: bracket };
  return {
    name,
    type,
    secret: secrecy === "secret",
    allowNull: always ? "always" : inherit ? "inherit" : "never",
    ...inBrackets,
    ...(range === undefined ? {} : parseRange(range)),
    ...(error === undefined ? {} : { error }),
  };
}

function parseRange(range: string): Pick<Field, "min" | "max" | "allowed"> {
  if (!range.includes(":")) return { allowed: range.split("|") };
  const [min = "", max = ""] = range.split(":");
  return { ...(min === "" ? {} : { min }), ...(max === "" ? {} : { max }) };
}

/** The role of a handle that needs authorisation, or null. */
export function roleOf(handle: string): Role | null {
  const { role } = FIELD.exec(handle)?.groups ?? {};
  return (role as Role | undefined) ?? null;
}

function parseMember(text: string): UnionMember {
  const groups = MEMBER.exec(text)?.groups;
  const { name, type, secrecy, always, count, selector } = groups ?? {};
  if (name === undefined) throw new Error(`specification table: cannot read the union member "${text}"`);
  return {
    name,
    secret: secrecy === "secret",
    allowNull: always !== undefined,
    ...(type === undefined ? {} : { type }),
    ...(count === undefined ? {} : { count }),
    ...(selector === undefined ? {} : { selector }),
  };
}

declare const WRITTEN: unique symbol;
/** The strings that a row was written with, for types that read them. No value has such a property. */
export interface Written<Text extends string> {
  readonly [WRITTEN]?: Text;
}

export function alias<const Of extends string>(section: string, of: Of): AliasType & { readonly of: Of } {
  return { kind: "alias", section, of };
}
export function structure<const Text extends string = never>(
  section: string,
  ...fields: readonly Text[]
): StructureType & Written<Text> {
  return { kind: "structure", section, fields: fields.map(parseField) };
}
export function union<const Text extends string>(
  section: string,
  ...members: readonly Text[]
): UnionType & Written<Text> {
  return { kind: "union", section, members: members.map(parseMember) };
}
export function buffer(section: string, max: string, more: { field?: string; accept?: string } = {}): BufferType {
  return { kind: "buffer", section, field: "buffer", max, ...more };
}
export function sized<const Text extends string>(
  section: string,
  field: Text,
  empty: "may be empty" | "not empty" = "not empty",
): SizedType & Written<Text> {
  return { kind: "sized", section, field: parseField(field), empty: empty === "may be empty" };
}
/** `range` is `:MAX` or `MIN:MAX`. */
export function list<const Text extends string>(section: string, field: Text, range: string): ListType & Written<Text> {
  const { min, max } = parseRange(range);
  if (max === undefined) throw new Error(`specification table: the list "${field}" has no maximum`);
  return { kind: "list", section, field: parseField(field), max, ...(min === undefined ? {} : { min }) };
}
type BitFieldName<Text extends string> = Text extends `${infer Name}: ${string}` ? Name : never;
/** Fields are `name: bit` or `name: high..low`. */
export function attributes<const Text extends string>(
  section: string,
  base: string,
  error: string | null,
  ...fields: readonly Text[]
): AttributesType<BitFieldName<Text>> {
  const bits = fields.map((text): BitField<BitFieldName<Text>> => {
    const match = /^(\w+): (\d+)(?:\.\.(\d+))?$/.exec(text);
    if (match === null) throw new Error(`specification table: cannot read the bit field "${text}"`);
    const high = Number(match[2]);
    return { name: match[1] as BitFieldName<Text>, high, low: match[3] === undefined ? high : Number(match[3]) };
  });
  const width = base === "UINT8" ? 8 : 32;
  let reserved = 2 ** width - 1;
  for (const { low, high } of bits) reserved -= 2 ** (high + 1) - 2 ** low;
  return { kind: "attributes", section, base, fields: bits, reserved, ...(error === null ? {} : { error }) };
}
/** An interface type: the last argument names its null value, where it has one. */
export function accepts<const Base extends string>(
  section: string,
  base: Base,
  error: string,
  values: string,
  nullValue?: string,
): InterfaceType & { readonly base: Base } {
  const names = values.split(" ");
  return { kind: "interface", section, base, accepts: names, error, ...(nullValue ? { null: nullValue } : {}) };
}
