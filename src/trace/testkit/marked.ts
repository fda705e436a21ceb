/** For tests: commands and responses whose secrets are a marker, by the tables, so that the marker can be looked for. */
import fc from "fast-check";
import { attributeBits } from "../../spec/attributes.ts";
import type { Command } from "../../spec/commands.ts";
import { evaluate } from "../../spec/expression.ts";
import { TPM_RH } from "../../spec/handles.ts";
import { TPM_RC_SUCCESS, TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS } from "../../spec/header.ts";
import { type Field, parseField } from "../../spec/rows.ts";
import { constantValues, integerOf, resolveAlias, typeNamed } from "../../spec/types.ts";

export interface Marked {
  readonly command: Command;
  /** Octets of the command and of its successful response. What is secret in them are {@link LETTERS}. */
  readonly octets: Uint8Array;
  readonly response: Uint8Array;
}

/** A secret consists of these, in any order; no name of the specification has four of them in a row. */
const LETTERS = [..."QXZJVKW"];
const PUBLIC_OCTET = 0xab;

const shapes = [
  (letter: string) => letter,
  (letter: string) => Buffer.from(letter).toString("hex"),
  (letter: string) => `${letter.charCodeAt(0)},\\s*`,
].map((shape) => new RegExp(`(?:${LETTERS.map(shape).join("|")}){4}`, "i"));

/** Four octets of a secret or more that are shown in `text`, as characters, in hex or in decimal; null: none. */
export function shownIn(text: string): string | null {
  for (const shape of shapes) {
    const match = shape.exec(text);
    if (match !== null) return match[0];
  }
  return null;
}

/** The command with any parameters, and a response; with sessions, some of which encrypt, where it takes them. */
export function markedOf(command: Command): fc.Arbitrary<Marked> {
  // A seed and not fast-check's own choices: a message takes hundreds of them, and there are as many messages.
  return fc.integer().map((seed) => build(new Random(seed), command));
}

class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * limit);
  }
  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
  chance(): boolean {
    return this.below(2) === 1;
  }
}

function build(random: Random, command: Command): Marked {
  const writer = new Writer(random);
  const hasSessions = command.sessions === "required" || (command.sessions === "optional" && random.chance());
  const sessions = hasSessions ? Array.from({ length: 1 + random.below(3) }, () => writer.session(command)) : [];
  const area = sessions.flatMap(({ asked }) => asked);
  const answers = sessions.flatMap(({ answered }) => answered);
  const parameters = writer.fields(command.parameters);
  const response = writer.fields(command.response);
  const tag = encode(hasSessions ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS, 2);
  return {
    command,
    octets: message(tag, command.code, [
      ...writer.fields(command.handles),
      ...(hasSessions ? [...encode(area.length, 4), ...area] : []),
      ...parameters,
    ]),
    response: message(tag, TPM_RC_SUCCESS, [
      ...writer.fields(command.responseHandles),
      ...(hasSessions ? encode(response.length, 4) : []),
      ...response,
      ...answers,
    ]),
  };
}

function message(tag: readonly number[], code: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([...tag, ...encode(10 + body.length, 4), ...encode(code, 4), ...body]);
}

/** Only such a first parameter can be encrypted. */
const isSizedBuffer = (field: Field | undefined) =>
  field !== undefined && ["buffer", "sized"].includes(typeNamed(resolveAlias(field.type)).kind);

const NONCE = parseField("nonce: TPM2B_NONCE");
const HMAC = parseField("secret hmac: TPM2B_AUTH");

class Writer {
  readonly #random: Random;
  constructor(random: Random) {
    this.#random = random;
  }

  /** The password of a session, or its HMAC, is the marker. `decrypt` or `encrypt` may be SET. */
  session({ parameters, response }: Command) {
    const handle = this.#random.oneOf([TPM_RH.TPM_RS_PW, 0x02000001, 0x03000002]);
    const bits = (["decrypt", "encrypt"] as const).filter(
      (bit) => isSizedBuffer((bit === "decrypt" ? parameters : response)[0]) && this.#random.chance(),
    );
    const rest = [...this.fields([NONCE]), attributeBits("TPMA_SESSION", ...bits), ...this.fields([HMAC])];
    return { asked: [...encode(handle, 4), ...rest], answered: rest };
  }

  fields(fields: readonly Field[], secret = false): number[] {
    const read = new Map<string, number>();
    return fields.flatMap((field) => {
      const union = fields.find(({ selector }) => selector === field.name);
      const octets =
        union === undefined ? this.#field(field, read, secret || field.secret) : this.#selector(field.type, union.type);
      read.set(
        field.name,
        octets.slice(-4).reduce((value, octet) => value * 256 + octet, 0),
      );
      return octets;
    });
  }

  #field(field: Field, read: ReadonlyMap<string, number>, secret: boolean): number[] {
    if (field.count !== undefined) return this.#octets(read.get(field.count) ?? numberOf(field.count), secret);
    const bytes = integerOf(field.type)?.bytes;
    if (bytes !== undefined && field.allowed !== undefined) return encode(numberOf(field.allowed[0] as string), bytes);
    return this.#type(field.type, secret, field.selector === undefined ? 0 : (read.get(field.selector) ?? 0));
  }

  /** A number that the union has a member for. */
  #selector(type: string, union: string): number[] {
    const row = typeNamed(union);
    const selectors = row.kind === "union" ? row.members.flatMap(({ selector }) => selector ?? []) : [];
    return encode(numberOf(this.#random.oneOf(selectors)), integerOf(type)?.bytes ?? 0);
  }

  #type(type: string, secret: boolean, selector = 0): number[] {
    const integer = integerOf(type);
    if (integer !== null) return this.#integer(type, integer.bytes, secret);
    const row = typeNamed(resolveAlias(type));
    switch (row.kind) {
      case "buffer": {
        const size = secret ? 12 + this.#random.below(8) : this.#random.below(20);
        return [...encode(size, 2), ...this.#octets(size, secret)];
      }
      case "sized": {
        const inner = this.fields([row.field], secret);
        return [...encode(inner.length, 2), ...inner];
      }
      case "list": {
        const elements = Array.from({ length: this.#random.below(4) }, () => this.fields([row.field], secret));
        return [...encode(elements.length, 4), ...elements.flat()];
      }
      case "union": {
        const member = row.members.find((m) => m.selector !== undefined && numberOf(m.selector) === selector);
        const isSecret = secret || (member?.secret ?? false);
        if (member?.count !== undefined) return this.#octets(numberOf(member.count), isSecret);
        return member?.type === undefined ? [] : this.#type(member.type, isSecret);
      }
      case "structure":
        return this.fields(row.fields, secret);
      default:
        throw new Error(`${type} is an integer`);
    }
  }

  /** What selects something is a value of its type; a number of eight octets has room for the marker. */
  #integer(type: string, bytes: number, secret: boolean): number[] {
    const row = typeNamed(type);
    if (row.kind === "alias") return this.#integer(row.of, bytes, secret);
    if (row.kind === "constants") return encode(numberOf(this.#random.oneOf(Object.keys(row.values))), bytes);
    if (row.kind === "interface") {
      const named = row.accepts.filter((name) => constantValues.has(name));
      return encode(named.length === 0 ? 1 : numberOf(this.#random.oneOf(named)), bytes);
    }
    return secret ? this.#octets(bytes, true) : encode(this.#random.below(5), bytes);
  }

  #octets(size: number, secret: boolean): number[] {
    return Array.from({ length: size }, () => (secret ? this.#random.oneOf(LETTERS).charCodeAt(0) : PUBLIC_OCTET));
  }
}

function numberOf(expression: string): number {
  return evaluate(expression, {
    name(name) {
      const value = constantValues.get(name);
      if (value === undefined) throw new Error(`${name} depends on the implementation`);
      return typeof value === "number" ? value : numberOf(value);
    },
    call(fn) {
      throw new Error(`${fn} depends on the implementation`);
    },
  });
}

function encode(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor((value >>> 0) / 2 ** (8 * (bytes - 1 - i))) % 256);
}
