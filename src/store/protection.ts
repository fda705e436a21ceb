/**
 * What of a TPM's database is encrypted with a passphrase, and how. Loaded by indexedDbProtection.ts where it is needed, so
 * that a page whose TPM has none never fetches it.
 */
import type { UseStore } from "idb-keyval";
import {
  checkPassphrase,
  describeSealed,
  isSealedWithKey,
  isSealedWithPassphrase,
  makePassphraseKey,
  openWithPassphrase,
  PassphraseError,
  type PassphraseKey,
  passphraseKeyOf,
  sealWithPassphrase,
} from "../passphrase/index.ts";
import { indexedDbError } from "./indexedDbErrors.ts";
import { completed, EPOCH, KEPT, VARIABLES } from "./indexedDbLayout.ts";
import { SealedStateError, type Secret } from "./store.ts";

/** What it is sealed as: the permanent state, also one that was set aside, and the firmware's variables. */
export type ProtectedPart = "permanent" | "variables";

/** Encrypts what one TPM keeps. What another TPM's protection encrypted is refused, under the same passphrase too. */
export class Protection {
  readonly #id: string;
  readonly #secret: Secret;
  #key: Promise<PassphraseKey> | undefined;

  /**
   * @param id of the TPM, which names its database.
   * @throws SealedStateError when the secret can't be a passphrase.
   */
  constructor(id: string, secret: Secret) {
    this.#id = id;
    this.#secret = secret;
    try {
      if (typeof secret === "string") checkPassphrase(secret);
    } catch (error) {
      throw sealedStateError(error);
    }
  }

  /**
   * @returns what was encrypted.
   * @throws SealedStateError; what is not encrypted is refused: whoever can write there may have put it in its place.
   */
  async open(stored: Uint8Array, part: ProtectedPart): Promise<Uint8Array> {
    if (!isSealedWithPassphrase(stored)) {
      throw new SealedStateError(
        "This TPM is not encrypted, or its first octets are damaged, and a passphrase was given. If it never had one, open it without, and set one then.",
        "plain",
      );
    }
    const asked = { purpose: part, context: this.#id };
    try {
      const secret = this.#secret;
      if (typeof secret !== "string") return await openWithPassphrase(stored, secret, asked);
      // What it was made for comes before half a second of work, and before what the passphrase is.
      const { purpose, context } = await describeSealed(stored);
      if (purpose !== part || context !== this.#id) return await openWithPassphrase(stored, secret, asked);
      return await openWithPassphrase(stored, await this.#keyOf(stored, secret), asked);
    } catch (error) {
      throw sealedStateError(error);
    }
  }

  /** Half a second: made once for all that one key has encrypted. */
  async #keyOf(stored: Uint8Array, passphrase: string): Promise<PassphraseKey> {
    const known = await this.#key?.catch(() => undefined);
    if (known !== undefined && (await isSealedWithKey(stored, known))) return known;
    const key = await passphraseKeyOf(stored, passphrase);
    this.#key ??= Promise.resolve(key);
    return key;
  }

  async seal(plain: Uint8Array, part: ProtectedPart): Promise<Uint8Array> {
    this.#key ??= typeof this.#secret === "string" ? makePassphraseKey(this.#secret) : Promise.resolve(this.#secret);
    return sealWithPassphrase(plain, await this.#key, { purpose: part, context: this.#id });
  }
}

/** All of a database that can be encrypted, by key. @throws StoreError */
export async function readProtected(use: UseStore, doing: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  try {
    await use("readonly", (store) => {
      const keys = store.getAllKeys();
      const values = store.getAll();
      values.onsuccess = () => {
        keys.result.forEach((key, index) => {
          const value: unknown = values.result[index];
          if (key !== EPOCH && value instanceof Uint8Array) found.set(String(key), value);
        });
      };
      return completed(store.transaction);
    });
  } catch (error) {
    throw indexedDbError(error, doing);
  }
  return found;
}

/**
 * What a database holds, encrypted in another way. States that were set aside go with it, but for those that another passphrase encrypted:
 * these are left out.
 * @param stored by key.
 * @param now how it is encrypted; undefined where it is not.
 * @param next how it is to be.
 * @throws SealedStateError
 */
export async function reseal(
  stored: ReadonlyMap<string, Uint8Array>,
  now: Protection | undefined,
  next: Protection | undefined,
): Promise<Map<string, Uint8Array>> {
  const changed = new Map<string, Uint8Array>();
  for (const [key, value] of stored) {
    const part = key === VARIABLES ? "variables" : "permanent";
    let plain: Uint8Array;
    try {
      plain = (await now?.open(value, part)) ?? value;
    } catch (error) {
      if (!key.startsWith(KEPT)) throw error;
      continue;
    }
    changed.set(key, (await next?.seal(plain, part)) ?? plain);
  }
  return changed;
}

/** Why something that is encrypted can't be opened without a passphrase: at least that one is missing. */
export async function problemWithoutSecret(stored: Uint8Array): Promise<SealedStateError> {
  try {
    await describeSealed(stored);
  } catch (error) {
    return sealedStateError(error);
  }
  return new SealedStateError("This TPM is encrypted: it needs its passphrase.", "missing");
}

function sealedStateError(error: unknown): SealedStateError {
  if (error instanceof PassphraseError) return new SealedStateError(error.message, error.reason, { cause: error });
  throw error;
}
