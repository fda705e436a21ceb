/** For tests: octets that are a value of a type, or nearly one. */
import fc from "fast-check";
import { commandNamed } from "../../commands.ts";
import type { Field } from "../../rows.ts";
import { integerOf, typeNamed } from "../../types.ts";
import type { World } from "./interpreter.ts";

type Octets = number[];

/** Octets of mostly valid values: each leaf is well-formed, with a small chance of being just outside of it. */
export function wireOf(type: string, allowNull: boolean, world: World): fc.Arbitrary<Uint8Array> {
  return fc.gen().map((gen) => Uint8Array.from(new Writer(gen, world).type(type, allowNull)));
}

export function wireOfCommand(name: string, world: World): fc.Arbitrary<Uint8Array> {
  const { handles, parameters } = commandNamed(name);
  return fc.gen().map((gen) => {
    const writer = new Writer(gen, world);
    const fields: readonly Field[] = [...handles, ...parameters];
    return Uint8Array.from(fields.flatMap((field) => writer.type(field.type, field.allowNull === "always")));
  });
}

class Writer {
  readonly #gen: fc.GeneratorValue;
  readonly #world: World;
  constructor(gen: fc.GeneratorValue, world: World) {
    this.#gen = gen;
    this.#world = world;
  }

  #oneOf<T>(choices: readonly T[]): T {
    return choices[this.#gen(fc.nat, { max: choices.length - 1 })] as T;
  }
  #chance(oneIn: number): boolean {
    return this.#gen(fc.nat, { max: oneIn - 1 }) === oneIn - 1;
  }
  #random(size: number): Octets {
    // Beyond a few octets their values do not matter to any type, and generating each of them takes its time.
    const octets = size === 0 ? [] : [...this.#gen(fc.uint8Array, { minLength: 1, maxLength: 8 })];
    return Array.from({ length: size }, (_, i) => octets[i % octets.length] ?? 0);
  }
  #number(expression: string | number): number {
    return this.#world.values.evaluate(expression);
  }

  type(type: string, allowNull: boolean, selector = 0): Octets {
    const row = typeNamed(type);
    const integer = integerOf(type);
    if (integer !== null) return this.#chance(60) ? this.#random(integer.bytes) : this.#integer(type, allowNull);
    switch (row.kind) {
      case "alias":
        return this.type(row.of, allowNull);
      case "buffer": {
        const max = this.#number(row.accept ?? row.max);
        const size = this.#oneOf([0, 1, Math.min(20, max), max, ...(this.#chance(10) ? [max + 1] : [])]);
        return [...encode(size, 2), ...this.#random(size)];
      }
      case "sized": {
        if (this.#chance(20)) return [0, 0];
        const inner = this.type(row.field.type, inherited(row.field, allowNull));
        const off = this.#chance(15) ? this.#oneOf([-1, 1, 300]) : 0;
        return [...encode(Math.max(0, inner.length + off), 2), ...inner];
      }
      case "list": {
        const max = this.#number(row.max);
        const min = this.#number(row.min ?? 0);
        const count = this.#oneOf([
          min,
          Math.min(min + 1, max),
          Math.min(4, max),
          ...(this.#chance(10) ? [max, max + 1] : []),
        ]);
        const elements = Array.from({ length: count }, () =>
          this.type(row.field.type, inherited(row.field, allowNull)),
        );
        return [...encode(count, 4), ...elements.flat()];
      }
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && this.#number(m.selector) === selector);
        if (member?.count !== undefined) return this.#random(this.#number(member.count));
        return member?.type === undefined ? [] : this.type(member.type, member.allowNull);
      }
      case "structure": {
        const read = new Map<string, number>();
        const octets: Octets = [];
        for (const field of row.fields) {
          const written = this.#field(field, read, allowNull);
          read.set(
            field.name,
            written.reduce((value, octet) => value * 256 + octet, 0),
          );
          octets.push(...written);
        }
        return octets;
      }
      default:
        throw new Error(`${type} is an integer`);
    }
  }

  #field(field: Field, read: ReadonlyMap<string, number>, allowNull: boolean): Octets {
    if (field.count !== undefined) return this.#random(read.get(field.count) ?? this.#number(field.count));
    const bytes = integerOf(field.type)?.bytes;
    if (bytes !== undefined && !this.#chance(15)) {
      if (field.allowed !== undefined) return encode(this.#number(this.#oneOf(field.allowed)), bytes);
      const ends = [field.min, field.max].filter((end) => end !== undefined).map((end) => this.#number(end));
      if (ends.length > 0)
        return encode(this.#oneOf([...ends, ...ends.map((end) => end + (this.#chance(5) ? 1 : 0))]), bytes);
    }
    const selector = field.selector === undefined ? 0 : (read.get(field.selector) ?? 0);
    return this.type(field.type, inherited(field, allowNull), selector);
  }

  #integer(type: string, allowNull: boolean): Octets {
    const row = typeNamed(type);
    const bytes = integerOf(type)?.bytes ?? 4;
    switch (row.kind) {
      case "alias":
        return this.#integer(row.of, allowNull);
      case "constants":
        return encode(this.#number(this.#oneOf(Object.values(row.values))), bytes);
      case "attributes": {
        const random = this.#random(bytes);
        const reserved = encode(row.reserved, bytes);
        return random.map((octet, i) => octet & ~(reserved[i] ?? 0));
      }
      case "interface": {
        const nullValue = row.null !== undefined && (allowNull ? this.#chance(4) : this.#chance(30)) ? row.null : null;
        if (nullValue !== null) return encode(this.#number(nullValue), bytes);
        const accepted = this.#oneOf(row.accepts);
        if (accepted === "CURVES") return encode(this.#oneOf([1, 3, 4, 5, 16, 32]), 2);
        if (accepted.startsWith("KEY_BITS")) return encode(this.#oneOf([128, 192, 256, 1024, 2048, 3072]), 2);
        const ends = accepted.split("..");
        const off = this.#chance(20) ? this.#oneOf([-1, 1]) : 0;
        return encode(Math.max(0, this.#number(this.#oneOf(ends)) + off), bytes);
      }
      default:
        return this.#random(bytes);
    }
  }
}

function encode(value: number, bytes: number): Octets {
  const octets: Octets = [];
  let rest = value < 0 ? value + 2 ** (8 * bytes) : value;
  for (let i = 0; i < bytes; i++) {
    octets.unshift(rest % 256);
    rest = Math.floor(rest / 256);
  }
  return octets;
}
function inherited(field: Field, allowNull: boolean): boolean {
  return field.allowNull === "always" || (field.allowNull === "inherit" && allowNull);
}
