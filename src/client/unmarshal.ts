/** Octets to JavaScript values, by the tables. Strict in layout; values and limits are for the TPM to check. */
import type { StructureType } from "../spec/rows.ts";
import { integerOf, resolveAlias, typeNamed } from "../spec/types.ts";
import { TpmFormatError } from "./errors.ts";
import { numberOf } from "./marshal.ts";
import type { TpmStructure, TpmValue } from "./values.ts";

export class Unmarshaller {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get remaining(): number {
    return this.#octets.length - this.#at;
  }

  /** A view of the next octets. */
  take(size: number, path: string): Uint8Array {
    if (size > this.remaining)
      throw new TpmFormatError(`${path}: needs ${size} octets at offset ${this.#at}, there are ${this.remaining}`);
    this.#at += size;
    return this.#octets.subarray(this.#at - size, this.#at);
  }

  unsigned(bytes: number, path: string): number {
    return this.take(bytes, path).reduce((value, octet) => value * 256 + octet, 0);
  }

  /** @throws TpmFormatError when the octets are not a value of the type. */
  value(type: string, path: string, selector: number | null = null): TpmValue | undefined {
    const integer = integerOf(type);
    if (integer !== null) return this.#integer(integer, path);
    const row = typeNamed(resolveAlias(type));
    switch (row.kind) {
      case "buffer":
        return this.take(this.unsigned(2, path), path).slice();
      case "sized": {
        const size = this.unsigned(2, path);
        if (size === 0) return null;
        const inner = new Unmarshaller(this.take(size, path));
        const value = inner.value(row.field.type, path);
        if (inner.remaining > 0)
          throw new TpmFormatError(`${path}: ${inner.remaining} octets are left over in the TPM2B`);
        return value;
      }
      case "list": {
        const count = this.unsigned(4, path);
        const elements: TpmValue[] = [];
        for (let i = 0; i < count; i++) {
          if (this.remaining === 0) throw new TpmFormatError(`${path}: has ${i} of ${count} elements`);
          elements.push(this.value(row.field.type, `${path}[${i}]`) ?? null);
        }
        return elements;
      }
      case "structure":
        return this.#structure(row, path);
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && numberOf(m.selector) === selector);
        if (member === undefined)
          throw new TpmFormatError(`${path}: ${type} has no member for the selector ${selector}`);
        if (member.count !== undefined) return this.take(numberOf(member.count) ?? 0, path).slice();
        return member.type === undefined ? undefined : this.value(member.type, path);
      }
      default:
        throw new TpmFormatError(`${path}: ${type} can't be unmarshalled`);
    }
  }

  #structure(row: StructureType, path: string): TpmStructure {
    const values: Record<string, TpmValue> = {};
    for (const field of row.fields) {
      const inner = `${path}.${field.name}`;
      const number = (name: string) => (typeof values[name] === "number" ? values[name] : null);
      if (field.count !== undefined) {
        values[field.name] = this.take(number(field.count) ?? numberOf(field.count) ?? 0, inner).slice();
        continue;
      }
      const selector = field.selector === undefined ? null : number(field.selector);
      const value = this.value(field.type, inner, selector);
      if (value !== undefined) values[field.name] = value;
    }
    return values;
  }

  #integer({ bytes, signed }: { bytes: number; signed: boolean }, path: string): number | bigint {
    const octets = this.take(bytes, path);
    const value = octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
    const number = signed ? BigInt.asIntN(bytes * 8, value) : value;
    return bytes === 8 ? number : Number(number);
  }
}

/** One value that fills the octets. @throws TpmFormatError */
export function unmarshalValue(type: string, octets: Uint8Array): TpmValue | undefined {
  const reader = new Unmarshaller(octets);
  const value = reader.value(type, type);
  if (reader.remaining > 0) throw new TpmFormatError(`${type}: ${reader.remaining} octets are left over`);
  return value;
}
