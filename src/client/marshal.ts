/** JavaScript values to octets, by the tables. */
import { evaluate } from "../spec/expression.ts";
import type { Field, StructureType } from "../spec/rows.ts";
import { constantValues, integerOf, resolveAlias, typeNamed } from "../spec/types.ts";
import { TpmFormatError } from "./errors.ts";
import type { TpmStructure, TpmValue } from "./values.ts";

/** The number of a name, an expression of the tables or a literal; null for what depends on an implementation. */
export function numberOf(expression: string): number | null {
  try {
    return evaluate(expression, {
      name(name) {
        const value = constantValues.get(name);
        const number = typeof value === "string" ? numberOf(value) : value;
        if (number === undefined || number === null) throw new TpmFormatError(name);
        return number;
      },
      call(fn) {
        throw new TpmFormatError(fn);
      },
    });
  } catch {
    return null;
  }
}

export class Marshaller {
  #octets = new Uint8Array(256);
  #length = 0;

  /** What was written so far; a copy. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length);
  }

  octets(octets: Uint8Array): void {
    if (this.#length + octets.length > this.#octets.length) {
      const larger = new Uint8Array(2 * (this.#length + octets.length));
      larger.set(this.#octets.subarray(0, this.#length));
      this.#octets = larger;
    }
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
  }

  unsigned(value: number | bigint, bytes: number): void {
    const octets = new Uint8Array(bytes);
    let rest = BigInt.asUintN(bytes * 8, BigInt(value));
    for (let i = bytes - 1; i >= 0; i--) {
      octets[i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    this.octets(octets);
  }

  /** A TPM2B. */
  buffer(octets: Uint8Array, path: string): void {
    if (octets.length > 0xffff) throw new TpmFormatError(`${path}: ${octets.length} octets do not fit into a TPM2B`);
    this.unsigned(octets.length, 2);
    this.octets(octets);
  }

  /** @throws TpmFormatError when the value is not one of the type. */
  value(type: string, value: TpmValue | undefined, path: string, selector: number | null = null): void {
    const integer = integerOf(type);
    if (integer !== null) {
      this.unsigned(integerFrom(type, value, path), integer.bytes);
      return;
    }
    const row = typeNamed(resolveAlias(type));
    switch (row.kind) {
      case "buffer":
        this.buffer(octetsFrom(type, value, path), path);
        return;
      case "sized": {
        const inner = new Marshaller();
        if (value !== null && value !== undefined) inner.value(row.field.type, value, path);
        this.buffer(inner.finish(), path);
        return;
      }
      case "list": {
        if (!Array.isArray(value)) throw wrong(type, value, path, "an array");
        this.unsigned(value.length, 4);
        value.forEach((element: TpmValue, i) => {
          this.value(row.field.type, element, `${path}[${i}]`);
        });
        return;
      }
      case "structure":
        this.#structure(row, structureFrom(type, value, path), path);
        return;
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && numberOf(m.selector) === selector);
        if (member === undefined)
          throw new TpmFormatError(`${path}: ${type} has no member for the selector ${selector}`);
        if (member.count !== undefined) {
          const octets = octetsFrom(type, value, path);
          if (octets.length !== numberOf(member.count))
            throw new TpmFormatError(`${path}: ${member.selector} takes ${member.count} octets, not ${octets.length}`);
          this.octets(octets);
        } else if (member.type !== undefined) this.value(member.type, value, path);
        return;
      }
      default:
        throw new TpmFormatError(`${path}: ${type} can't be marshalled`);
    }
  }

  #structure(row: StructureType, value: TpmStructure, path: string): void {
    const known = new Set(row.fields.map(({ name }) => name));
    for (const name of Object.keys(value))
      if (!known.has(name)) throw new TpmFormatError(`${path}: has no field ${name}`);
    const numbers = new Map<string, number>();
    for (const field of row.fields) {
      const inner = `${path}.${field.name}`;
      if (field.count !== undefined) {
        this.octets(octetsFrom(field.type, value[field.name], inner));
        continue;
      }
      const given = value[field.name] ?? this.#counted(row, field, value, inner);
      if (integerOf(field.type) !== null) numbers.set(field.name, Number(integerFrom(field.type, given, inner)));
      const selector = field.selector === undefined ? null : (numbers.get(field.selector) ?? null);
      this.value(field.type, given, inner, selector);
    }
  }

  /** A count that was left out: how many octets there are. A fixed tag that was left out: its only value. */
  #counted(row: StructureType, field: Field, value: TpmStructure, path: string): TpmValue | undefined {
    const counted = row.fields.find(({ count }) => count === field.name);
    if (counted !== undefined) return octetsFrom(counted.type, value[counted.name], path).length;
    return field.allowed?.length === 1 ? field.allowed[0] : undefined;
  }
}

function wrong(type: string, value: TpmValue | undefined, path: string, wanted: string): TpmFormatError {
  const found = value === undefined ? "missing" : Array.isArray(value) ? "an array" : typeof value;
  return new TpmFormatError(`${path}: ${type} is ${wanted}; this one is ${found}`);
}
function octetsFrom(type: string, value: TpmValue | undefined, path: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong(type, value, path, "a Uint8Array");
  return value;
}
function structureFrom(type: string, value: TpmValue | undefined, path: string): TpmStructure {
  const isObject =
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  // A structure without fields (TPMS_EMPTY, or one left out behind a null selector) needs no value.
  if (value === undefined) return {};
  if (!isObject) throw wrong(type, value, path, "an object");
  return value as TpmStructure;
}
function integerFrom(type: string, value: TpmValue | undefined, path: string): number | bigint {
  const { bytes, signed } = integerOf(type) ?? { bytes: 4, signed: false };
  const number = typeof value === "string" ? numberOf(value) : value;
  if (number === null) throw new TpmFormatError(`${path}: there is no value named ${String(value)}`);
  if (typeof number !== "number" && typeof number !== "bigint") throw wrong(type, value, path, "a number");
  if (typeof number === "number" && !Number.isSafeInteger(number))
    throw new TpmFormatError(`${path}: ${number} is no whole number that can be written exactly`);
  const bits = BigInt(bytes * 8);
  const [low, high] = signed ? [-(1n << (bits - 1n)), 1n << (bits - 1n)] : [0n, 1n << bits];
  if (BigInt(number) < low || BigInt(number) >= high)
    throw new TpmFormatError(`${path}: ${number} does not fit into the ${bytes} octets of ${type}`);
  return number;
}

/** One value's octets. @throws TpmFormatError */
export function marshalValue(type: string, value: TpmValue | undefined, path = type): Uint8Array {
  const marshaller = new Marshaller();
  marshaller.value(type, value, path);
  return marshaller.finish();
}

/** A number, big-endian. @param bytes 1, 2, 4 or 8 */
export function marshalUnsigned(value: number, bytes: number): Uint8Array {
  const marshaller = new Marshaller();
  marshaller.unsigned(value, bytes);
  return marshaller.finish();
}

/** Octets behind their number, as a TPM2B has them. @throws TpmFormatError for more than 65535 */
export function marshalBuffer(octets: Uint8Array, path = "TPM2B"): Uint8Array {
  const marshaller = new Marshaller();
  marshaller.buffer(octets, path);
  return marshaller.finish();
}
