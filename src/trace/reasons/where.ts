/**
 * Which field of a command the TPM's unmarshalling refused. The core notes where it stood; the tables say what lies there.
 * What is encrypted is not looked into, and values of secret fields are not shown.
 */
import { hasAttribute } from "../../spec/attributes.ts";
import { type Command, commandWithCode } from "../../spec/commands.ts";
import { evaluate } from "../../spec/expression.ts";
import { codeOf, HEADER_SIZE, TPM_ST_SESSIONS } from "../../spec/header.ts";
import { limitsOf } from "../../spec/limits.ts";
import type { Field } from "../../spec/rows.ts";
import { constantValues, integerOf, resolveAlias, typeNamed } from "../../spec/types.ts";
import { decodeCommand } from "../message.ts";
import { nameNumber } from "../names.ts";
import type { RefusedField } from "./words.ts";

const INSUFFICIENT = "TPM_RC_INSUFFICIENT";
const SIZE = "TPM_RC_SIZE";
/** More values than this are no help. */
const MANY = 16;

interface Step {
  readonly path: string;
  readonly type: string;
  readonly field: Field;
  readonly start: number;
  readonly end: number;
  /** A value; the size or count before content; the end of content whose size was said before. */
  readonly kind: "value" | "size" | "end";
  readonly value: number;
  readonly secret: boolean;
}

/** The walk is over: the octets are, or the place is reached. */
class Stop extends Error {}

class Walk {
  readonly steps: Step[] = [];
  /** The field that octets are missing for. */
  missing: Step | null = null;
  readonly #octets: Uint8Array;
  readonly #until: number;
  #at = 0;

  constructor(octets: Uint8Array, until: number) {
    this.#octets = octets;
    this.#until = until;
  }

  get at(): number {
    return this.#at;
  }
  set at(position: number) {
    this.#at = position;
  }

  fields(fields: readonly Field[], path: string, secret: boolean): void {
    const numbers = new Map<string, number>();
    for (const field of fields) this.#field(field, path === "" ? field.name : `${path}.${field.name}`, numbers, secret);
  }

  /** A TPM2B of which only the size is in clear. */
  opaque(field: Field): void {
    const size = this.#number(field, field.name, "size", field.type, 2, false);
    this.#skip(field, field.name, size, true);
    this.#note({
      path: field.name,
      type: field.type,
      field,
      start: this.#at - size,
      kind: "value",
      value: 0,
      secret: true,
    });
  }

  #field(field: Field, path: string, numbers: Map<string, number>, outer: boolean): void {
    const secret = outer || field.secret;
    if (field.count !== undefined) {
      this.#skip(field, path, numbers.get(field.count) ?? numberOf(field.count) ?? 0, secret);
      return;
    }
    const selector = field.selector === undefined ? 0 : (numbers.get(field.selector) ?? 0);
    this.#typed(field, field.type, path, selector, secret, numbers);
  }

  #typed(
    field: Field,
    type: string,
    path: string,
    selector: number,
    secret: boolean,
    numbers?: Map<string, number>,
  ): void {
    const integer = integerOf(type);
    if (integer !== null) {
      numbers?.set(field.name, this.#number(field, path, "value", type, integer.bytes, secret));
      return;
    }
    const row = typeNamed(resolveAlias(type));
    switch (row.kind) {
      case "buffer": {
        this.#skip(field, path, this.#number(field, path, "size", type, 2, secret), secret);
        return;
      }
      case "sized": {
        const size = this.#number(field, path, "size", type, 2, secret);
        if (size === 0) return;
        const start = this.#at;
        this.fields([row.field], path, secret);
        if (this.#at - start !== size) this.#note({ path, type, field, start, kind: "end", value: size, secret });
        return;
      }
      case "list": {
        const count = this.#number(field, path, "size", type, 4, secret);
        for (let i = 0; i < count; i++) this.fields([{ ...row.field, name: `${row.field.name}[${i}]` }], path, secret);
        return;
      }
      case "structure":
        this.fields(row.fields, path, secret);
        return;
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && numberOf(m.selector) === selector);
        if (member === undefined) throw new Stop();
        const inner = secret || member.secret;
        if (member.count !== undefined) this.#skip(field, path, numberOf(member.count) ?? 0, inner);
        else if (member.type !== undefined) this.#typed(field, member.type, path, 0, inner);
        return;
      }
      default:
        throw new Stop();
    }
  }

  #number(field: Field, path: string, kind: "value" | "size", type: string, bytes: number, secret: boolean): number {
    const start = this.#at;
    this.#require(field, path, type, bytes, secret);
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + (this.#octets[start + i] ?? 0);
    this.#at += bytes;
    this.#note({ path, type, field, start, kind, value, secret });
    return value;
  }

  #skip(field: Field, path: string, size: number, secret: boolean): void {
    this.#require(field, path, field.type, size, secret);
    this.#at += size;
  }

  #require(field: Field, path: string, type: string, size: number, secret: boolean): void {
    if (this.#at > this.#until) throw new Stop();
    if (this.#at + size <= this.#octets.length) return;
    this.missing = { path, type, field, start: this.#at, end: this.#at, kind: "value", value: 0, secret };
    throw new Stop();
  }

  #note(step: Omit<Step, "end">): void {
    this.steps.push({ ...step, end: this.#at });
  }
}

/**
 * @param octets the command, as it came
 * @param position where the TPM's reader stood, octets from its beginning
 * @param error the response code's name without number: what is wrong there
 * @returns null when the tables tell of no field there
 */
export function refusedField(octets: Uint8Array, position: number, error: string): RefusedField | null {
  if (octets.length < HEADER_SIZE) return null;
  const command = commandWithCode(codeOf(octets));
  if (command === undefined) return null;
  const walk = new Walk(octets, position);
  walk.at = HEADER_SIZE;
  try {
    walkCommand(walk, command, octets);
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
  }
  if (error === INSUFFICIENT)
    return walk.missing && walk.missing.start >= position ? asRefused(walk.missing, "missing") : null;
  const here = walk.steps.filter(({ end }) => end === position);
  const end = error === SIZE ? here.find(({ kind }) => kind === "end") : undefined;
  const last = here.findLast(({ kind }) => kind !== "end");
  const step = end ?? last;
  if (step === undefined) return null;
  const field = asRefused(step, step.kind === "value" ? "value" : "size");
  // What does not decode to its end may have something else in the place of a public field.
  return decodeCommand(octets).problem === undefined ? field : { ...field, value: null };
}

function walkCommand(walk: Walk, command: Command, octets: Uint8Array): void {
  walk.fields(command.handles, "", false);
  let isEncrypted = false;
  if (octets[0] === TPM_ST_SESSIONS >>> 8 && octets[1] === (TPM_ST_SESSIONS & 0xff)) {
    const end = walk.at + 4 + numberAt(octets, walk.at, 4);
    isEncrypted = hasDecrypt(octets, walk.at + 4, end);
    walk.at = end;
  }
  const [first, ...rest] = command.parameters;
  if (first === undefined) return;
  if (isEncrypted) walk.opaque(first);
  else walk.fields([first], "", false);
  walk.fields(rest, "", false);
}

function numberAt(octets: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (octets[at + i] ?? 0);
  return value;
}

/** One of the sessions decrypts the first parameter. */
function hasDecrypt(octets: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + 9 <= Math.min(end, octets.length)) {
    at += 4;
    at += 2 + numberAt(octets, at, 2);
    if (hasAttribute("TPMA_SESSION", octets[at] ?? 0, "decrypt")) return true;
    at += 1;
    at += 2 + numberAt(octets, at, 2);
  }
  return false;
}

const limits = limitsOf("full");

/** Null: it depends on what the tables don't say. */
function numberOf(expression: string): number | null {
  try {
    return evaluate(expression, {
      name: (name) => {
        const value = limits.get(name) ?? constantValues.get(name);
        const number = typeof value === "string" ? numberOf(value) : value;
        if (number === null || number === undefined) throw new Stop();
        return number;
      },
      call: () => {
        throw new Stop();
      },
    });
  } catch (stop) {
    if (stop instanceof Stop) return null;
    throw stop;
  }
}

function asRefused(step: Step, wrong: RefusedField["wrong"]): RefusedField {
  const { path, type, secret } = step;
  if (wrong === "missing") return { path, type, wrong, value: null, permitted: [] };
  if (wrong === "size") return { path, type, wrong, value: String(step.value), permitted: [] };
  const integer = integerOf(type);
  const value = secret || integer === null ? null : nameNumber(type, step.value, integer.bytes);
  return { path, type, wrong, value, permitted: permittedOf(step, value) };
}

function permittedOf({ field, type }: Step, refused: string | null): readonly string[] {
  const permitted = field.allowed ?? rangeOf(field) ?? acceptedBy(type, field.allowNull === "always");
  return permitted.length > MANY ? [] : permitted.filter((name) => name !== refused);
}

function rangeOf({ min, max }: Field): readonly string[] | null {
  if (min === undefined && max === undefined) return null;
  const [least, most] = [min === undefined ? 0 : numberOf(min), max === undefined ? null : numberOf(max)];
  return [`${least ?? min} … ${most ?? max ?? ""}`];
}

/** A value that is accepted, by its name; of ends of ranges, whose names say little, what they are. */
function nameOfEnd(base: string, name: string): string {
  const value = /_(FIRST|LAST)$|^0x/.test(name) ? numberOf(name) : null;
  return value === null ? name : nameNumber(base, value, integerOf(base)?.bytes ?? 4);
}

function acceptedBy(type: string, allowNull: boolean): readonly string[] {
  const row = typeNamed(resolveAlias(type));
  if (row.kind === "constants") return Object.keys(row.values).filter((name) => !row.refused?.includes(name));
  if (row.kind !== "interface") return [];
  // What stands for the implemented curves or key sizes is no value.
  if (row.accepts.some((name) => name === "CURVES" || name.includes("("))) return [];
  const names = row.accepts.map((name) =>
    name
      .split("..")
      .map((end) => nameOfEnd(row.base, end))
      .join(" … "),
  );
  return allowNull && row.null !== undefined ? [...names, row.null] : names;
}
