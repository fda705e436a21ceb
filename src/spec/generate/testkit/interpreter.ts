/**
 * For tests: a second opinion on unmarshalling. Walks the rows directly, in no way through the generator, and says what
 * a TPM with the given algorithms and limits answers.
 */
import type { CommandName } from "../../commands.ts";
import { commandNamed } from "../../commands.ts";
import { TPM_RC } from "../../responseCodes.ts";
import type { Field } from "../../rows.ts";
import { typeNamed } from "../../types.ts";
import type { Values } from "../sizes.ts";

/** What exists, and the numbers behind names. */
export interface World {
  readonly values: Values;
  algorithm(id: number): boolean;
  curve(id: number): boolean;
  keyBits(algorithm: number, bits: number): boolean;
}
class Refused extends Error {
  readonly code: number;
  constructor(name: string) {
    super(name);
    this.code = TPM_RC[name as keyof typeof TPM_RC];
  }
}

export class Interpreter {
  readonly #world: World;
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(world: World, octets: Uint8Array) {
    this.#world = world;
    this.#octets = octets;
  }

  /** @returns the response code without number, and how many octets were passed. */
  unmarshal(type: string, allowNull: boolean): { code: number; consumed: number } {
    return this.#try(() => this.#type(type, allowNull));
  }

  /** Handles and parameters of a command: the response code with its number. */
  command(name: CommandName | string): { code: number; consumed: number } {
    const { handles, parameters } = commandNamed(name);
    for (const [number, handle] of handles.entries()) {
      const { code } = this.#try(() => this.#type(handle.type, handle.allowNull === "always"));
      if (code !== 0) return { code: code + 0x100 * (number + 1), consumed: this.#at };
    }
    for (const [number, field] of parameters.entries()) {
      const { code } = this.#try(() => this.#type(field.type, field.allowNull === "always"));
      if (code !== 0) return { code: code + 0x40 + 0x100 * (number + 1), consumed: this.#at };
    }
    return { code: 0, consumed: this.#at };
  }

  #try(body: () => void): { code: number; consumed: number } {
    try {
      body();
      return { code: 0, consumed: this.#at };
    } catch (error) {
      if (error instanceof Refused) return { code: error.code, consumed: this.#at };
      throw error;
    }
  }

  #take(size: number): Uint8Array {
    if (this.#octets.length - this.#at < size) throw new Refused("TPM_RC_INSUFFICIENT");
    this.#at += size;
    return this.#octets.subarray(this.#at - size, this.#at);
  }
  #unsigned(bytes: number): number {
    return this.#take(bytes).reduce((value, octet) => value * 256 + octet, 0);
  }
  #number(expression: string | number): number {
    return this.#world.values.evaluate(expression);
  }

  /** @returns the number that was read, for integers. */
  #type(type: string, allowNull: boolean, selector = 0): number {
    const row = typeNamed(type);
    switch (row.kind) {
      case "integer": {
        const value = this.#unsigned(row.bytes);
        return row.signed && value >= 2 ** (row.bytes * 8 - 1) ? value - 2 ** (row.bytes * 8) : value;
      }
      case "alias":
        return this.#type(row.of, allowNull);
      case "constants": {
        const value = this.#type(row.base, false);
        const isKnown = Object.entries(row.values).some(
          ([name, known]) => this.#number(known) === value && row.refused?.includes(name) !== true,
        );
        if (row.error !== undefined && !isKnown) throw new Refused(row.error);
        return value;
      }
      case "attributes": {
        const value = this.#type(row.base, false);
        const covered = row.fields.reduce(
          (bits, { low, high }) => bits | (2n ** BigInt(high + 1) - 2n ** BigInt(low)),
          0n,
        );
        if (row.error !== undefined && (BigInt(value) & ~covered) !== 0n) throw new Refused(row.error);
        return value;
      }
      case "interface": {
        const value = this.#type(row.base, false);
        const isNull = row.null !== undefined && allowNull && value === this.#number(row.null);
        if (!isNull && !row.accepts.some((accepted) => this.#accepts(accepted, value))) throw new Refused(row.error);
        return value;
      }
      case "buffer": {
        const size = this.#unsigned(2);
        if (size > this.#number(row.accept ?? row.max)) throw new Refused("TPM_RC_SIZE");
        this.#take(size);
        return 0;
      }
      case "sized": {
        const size = this.#unsigned(2);
        if (size === 0 && row.empty) return 0;
        if (size === 0) throw new Refused("TPM_RC_SIZE");
        const start = this.#at;
        this.#type(row.field.type, inherited(row.field, allowNull));
        if (this.#at - start !== size) throw new Refused("TPM_RC_SIZE");
        return 0;
      }
      case "list": {
        const count = this.#unsigned(4);
        if (count > this.#number(row.max) || count < this.#number(row.min ?? 0)) throw new Refused("TPM_RC_SIZE");
        for (let i = 0; i < count; i++) this.#type(row.field.type, inherited(row.field, allowNull));
        return 0;
      }
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && this.#number(m.selector) === selector);
        if (member === undefined) throw new Refused("TPM_RC_SELECTOR");
        if (member.count !== undefined) this.#take(this.#number(member.count));
        else if (member.type !== undefined) this.#type(member.type, member.allowNull);
        return 0;
      }
      case "structure": {
        const read = new Map<string, number>();
        for (const field of row.fields) read.set(field.name, this.#field(field, read, allowNull));
        return 0;
      }
    }
  }

  #field(field: Field, read: ReadonlyMap<string, number>, allowNull: boolean): number {
    if (field.count !== undefined) {
      this.#take(read.get(field.count) ?? this.#number(field.count));
      return 0;
    }
    const selector = field.selector === undefined ? 0 : (read.get(field.selector) ?? 0);
    const value = this.#type(field.type, inherited(field, allowNull), selector);
    const tooSmall = field.min !== undefined && value < this.#number(field.min);
    const tooLarge = field.max !== undefined && value > this.#number(field.max);
    const strange = field.allowed !== undefined && !field.allowed.some((name) => this.#number(name) === value);
    if (tooSmall || tooLarge || strange) throw new Refused(field.error ?? "TPM_RC_VALUE");
    return value;
  }

  #accepts(accepted: string, value: number): boolean {
    if (accepted === "CURVES") return this.#world.curve(value);
    const algorithm = /^KEY_BITS\((.*)\)$/.exec(accepted)?.[1];
    if (algorithm !== undefined) return this.#world.keyBits(this.#number(algorithm), value);
    const [first = "", last = first] = accepted.split("..");
    if (value < this.#number(first) || value > this.#number(last)) return false;
    return !first.startsWith("TPM_ALG_") || this.#world.algorithm(value);
  }
}

function inherited(field: Field, allowNull: boolean): boolean {
  return field.allowNull === "always" || (field.allowNull === "inherit" && allowNull);
}
