/** Reading JSON strictly: each value has its type, an object no key that is not known, and an error says where it is. */
import { fromHex } from "../octets.ts";

/** The text is no policy: where it is wrong, what stands there, and what should. */
export class PolicyError extends Error {
  override name = "PolicyError";
  /** "policy.pcrs.sha256.0[1]" */
  readonly path: string;
  constructor(path: string, problem: string) {
    super(`${path} ${problem}.`);
    this.path = path;
  }
}

/** @throws PolicyError */
export type Reader<T> = (value: unknown, path: string) => T;

const shown = (value: unknown) => {
  let text: string;
  try {
    text = JSON.stringify(value) ?? "nothing";
  } catch {
    // Lists in lists, deeper than the stack.
    text = Array.isArray(value) ? "a list" : "an object";
  }
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
const wrong = (path: string, what: string, value: unknown): never => {
  throw new PolicyError(path, `must be ${what}; it is ${shown(value)}`);
};

export const readString: Reader<string> = (value, path) =>
  typeof value === "string" ? value : wrong(path, "a string", value);

export const readBoolean: Reader<boolean> = (value, path) =>
  typeof value === "boolean" ? value : wrong(path, "true or false", value);

export const oneOf =
  <const T extends string>(...words: readonly T[]): Reader<T> =>
  (value, path) =>
    words.find((word) => word === value) ?? wrong(path, words.map((word) => `"${word}"`).join(" or "), value);

/** @param size octets; null: any number but none */
export const hexOf =
  (size: number | null): Reader<Uint8Array> =>
  (value, path) => {
    const octets = typeof value === "string" ? fromHex(value) : null;
    if (octets === null || octets.length === 0 || (size !== null && octets.length !== size)) {
      return wrong(path, size === null ? "octets in hexadecimal" : `${size} octets in hexadecimal`, value);
    }
    return octets;
  };

export const listOf =
  <T>(read: Reader<T>): Reader<T[]> =>
  (value, path) =>
    Array.isArray(value) ? value.map((one, at) => read(one, `${path}[${at}]`)) : wrong(path, "a list", value);

/** A list of which one is enough: an empty one could never be met. */
export const someOf =
  <T>(read: Reader<T>): Reader<T[]> =>
  (value, path) => {
    const list = listOf(read)(value, path);
    return list.length > 0 ? list : wrong(path, "a list of at least one", value);
  };

function readObject(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(path, "an object", value);
  return Object.entries(value);
}

/** An object with keys of any number. */
export const mapOf =
  <K, V>(readKey: Reader<K>, read: (key: K) => Reader<V>): Reader<Map<K, V>> =>
  (value, path) =>
    new Map(
      readObject(value, path).map(([name, one]) => {
        const key = readKey(name, path);
        return [key, read(key)(one, `${path}.${name}`)];
      }),
    );

/** An object's values by name; each is taken once, and none may be left. */
export class ObjectReader {
  readonly #values: Map<string, unknown>;
  readonly #path: string;
  constructor(value: unknown, path: string) {
    this.#values = new Map(readObject(value, path));
    this.#path = path;
  }

  required<T>(name: string, read: Reader<T>): T {
    if (!this.#values.has(name)) throw new PolicyError(`${this.#path}.${name}`, "is missing");
    return this.optional(name, read) as T;
  }
  /** @returns null where it is not there */
  optional<T>(name: string, read: Reader<T>): T | null {
    if (!this.#values.has(name)) return null;
    const value = this.#values.get(name);
    this.#values.delete(name);
    return read(value, `${this.#path}.${name}`);
  }
  /** @throws PolicyError for a name that nobody has asked for: a rule that is not understood can't be kept. */
  end(): void {
    const [name] = this.#values.keys();
    if (name !== undefined) throw new PolicyError(`${this.#path}.${name}`, "is no part of a policy of this version");
  }
}
