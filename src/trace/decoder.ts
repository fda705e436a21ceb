/**
 * Walks octets by the tables' rows. Tolerant: what is there is shown, and where the octets end or make no sense the
 * walk stops with a problem that says what and where. Limits of an implementation are not checked.
 */
import { toHex } from "../engine/bytes.ts";
import { evaluate } from "../spec/expression.ts";
import type { Field } from "../spec/rows.ts";
import { constantValues, integerOf, resolveAlias, typeNamed } from "../spec/types.ts";
import { nameNumber } from "./names.ts";

/** One field of a decoded command or response. */
export interface TraceField {
  readonly name: string;
  /** Type in Part 2: "TPML_PCR_SELECTION"; of a union that of its member. BYTE: as many octets as it has. */
  readonly type: string;
  /** Where it lies in the command or response, octets. */
  readonly offset: number;
  readonly size: number;
  /** The value in words, numbers or hex, of a secret too. Empty for a structure; it has `fields`. */
  readonly value: string;
  /**
   * The table of the specification calls it secret, or the octets do not decode, so that nobody knows what lies where:
   * {@link formatFields} hides it unless asked.
   */
  readonly secret: boolean;
  readonly fields: readonly TraceField[];
}

/** Something was wrong with the octets, at `offset`. */
export class TraceProblem extends Error {
  override name = "TraceProblem";
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** More elements than fit into 4096 octets can't be there. */
const MAX_ELEMENTS = 4096;

export class Decoder {
  readonly #octets: Uint8Array;
  #at: number;
  #end: number;

  constructor(octets: Uint8Array, at = 0, end = octets.length) {
    this.#octets = octets;
    this.#at = at;
    this.#end = end;
  }

  get position(): number {
    return this.#at;
  }
  get remaining(): number {
    return this.#end - this.#at;
  }

  /**
   * Decodes one field after the other into `into`, which keeps what was read when the octets end early.
   * @throws TraceProblem
   */
  fields(fields: readonly Field[], into: TraceField[], secret = false): void {
    const numbers = new Map<string, number>();
    for (const field of fields) into.push(this.#field(field, numbers, secret));
  }

  skipTo(position: number): void {
    this.#at = position;
  }

  /** All that is left, in hex. Nobody knows what it is: a secret. */
  rest(name: string): TraceField {
    return this.#bytes(name, "BYTE", this.remaining, true);
  }

  /**
   * A TPM2B whose octets are not to be looked into, such as an encrypted parameter. A secret one stays a secret: the key of
   * a session without salt can be computed, and a session attribute alone encrypts nothing.
   */
  opaque(field: Field, note: string): TraceField {
    const start = this.#at;
    const size = this.#number(field.name, 2);
    const octets = this.#take(field.name, size);
    return { ...leaf(field, start, 2 + size, `${toHex(octets)} (${note})`), secret: field.secret };
  }

  #take(name: string, size: number): Uint8Array {
    if (this.remaining < size) {
      const has = `${this.remaining} ${this.remaining === 1 ? "octet is" : "octets are"} left`;
      throw new TraceProblem(`${name} needs ${size} octets at offset ${this.#at}, but ${has}`, this.#at);
    }
    this.#at += size;
    return this.#octets.subarray(this.#at - size, this.#at);
  }

  #number(name: string, bytes: number): number {
    return this.#take(name, bytes).reduce((value, octet) => value * 256 + octet, 0);
  }

  #bytes(name: string, type: string, size: number, secret: boolean): TraceField {
    const start = this.#at;
    const octets = this.#take(name, size);
    return { name, type, offset: start, size, value: toHex(octets), secret, fields: [] };
  }

  #field(field: Field, numbers: Map<string, number>, outerSecret: boolean): TraceField {
    const secret = outerSecret || field.secret;
    if (field.count !== undefined) {
      const count = numbers.get(field.count) ?? this.#evaluate(field.count);
      return this.#bytes(field.name, field.type, count, secret);
    }
    const selector = field.selector === undefined ? 0 : (numbers.get(field.selector) ?? 0);
    return this.#typed(field, field.type, secret, selector, numbers);
  }

  #typed(field: Field, type: string, secret: boolean, selector: number, numbers?: Map<string, number>): TraceField {
    const start = this.#at;
    const integer = integerOf(type);
    if (integer !== null) {
      const text = integer.bytes === 8 ? this.#number64(field.name, integer.signed) : undefined;
      if (text !== undefined) return { ...leaf(field, start, 8, text), secret };
      const value = signed(this.#number(field.name, integer.bytes), integer);
      numbers?.set(field.name, value);
      return { ...leaf(field, start, integer.bytes, nameNumber(type, value, integer.bytes)), secret };
    }
    const row = typeNamed(resolveAlias(type));
    const fields: TraceField[] = [];
    const whole = (value = ""): TraceField => ({ ...leaf(field, start, this.#at - start, value), secret, fields });
    switch (row.kind) {
      case "buffer": {
        const size = this.#number(field.name, 2);
        return whole(toHex(this.#take(field.name, size)));
      }
      case "sized": {
        const size = this.#number(field.name, 2);
        if (this.remaining < size) this.#take(field.name, size);
        const end = this.#end;
        this.#end = this.#at + size;
        if (size > 0) this.fields([row.field], fields, secret);
        if (this.remaining > 0) fields.push(this.rest("surplus octets"));
        this.#end = end;
        return whole(size === 0 ? "empty" : "");
      }
      case "list": {
        const count = this.#number(field.name, 4);
        if (count > MAX_ELEMENTS) {
          throw new TraceProblem(`${field.name} claims more than ${MAX_ELEMENTS} elements at offset ${start}`, start);
        }
        for (let i = 0; i < count; i++) {
          this.fields([{ ...row.field, name: `${row.field.name}[${i}]` }], fields, secret);
        }
        return whole(count === 0 ? "none" : "");
      }
      case "structure":
        this.fields(row.fields, fields, secret);
        return whole();
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && this.#evaluate(m.selector) === selector);
        if (member === undefined) {
          throw new TraceProblem(`${field.name} at offset ${start} has no member for its selector`, start);
        }
        if (member.count !== undefined) {
          return this.#bytes(field.name, "BYTE", this.#evaluate(member.count), secret || member.secret);
        }
        if (member.type === undefined) return whole("none");
        return this.#typed({ ...field, type: member.type }, member.type, secret || member.secret, 0);
      }
      default:
        return whole();
    }
  }

  #number64(name: string, isSigned: boolean): string {
    const value = BigInt(`0x${toHex(this.#take(name, 8))}`);
    return (isSigned ? BigInt.asIntN(64, value) : value).toString();
  }

  #evaluate(expression: string): number {
    return evaluate(expression, {
      name: (name) => {
        const value = constantValues.get(name);
        if (value === undefined) throw new TraceProblem(`${name} depends on the implementation`, this.#at);
        return typeof value === "number" ? value : this.#evaluate(value);
      },
      call: (fn, argument) => {
        throw new TraceProblem(`${fn}(${argument}) depends on the implementation`, this.#at);
      },
    });
  }
}

function leaf(field: Field, offset: number, size: number, value: string) {
  return { name: field.name, type: field.type, offset, size, value, fields: [] };
}

function signed(value: number, { bytes, signed: isSigned }: { bytes: number; signed: boolean }): number {
  return isSigned && value >= 2 ** (bytes * 8 - 1) ? value - 2 ** (bytes * 8) : value;
}
