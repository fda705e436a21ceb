import type { UseStore } from "idb-keyval";
import { isSealedWithPassphrase } from "../passphrase/index.ts";
import type { ProtectedPart, Protection } from "./protection.ts";
import { SealedStateError, type Secret } from "./store.ts";

/** The passphrase, or none, that a TPM's database is kept with: what is there to open it, and what it was found to be. */
export class IndexedDbProtection {
  readonly #id: string;
  /** Encrypts all that is stored; none leaves it as it is. */
  secret: Secret | undefined;
  /** Of the secret; there while the store is open. */
  #protection: Protection | undefined;
  /** Why the stored state can't be what was stored: a clause for {@link TpmStore.damage}. */
  damage: string | null = null;

  /** @param id of the TPM, which names its database. */
  constructor(id: string, secret: Secret | undefined) {
    this.#id = id;
    this.secret = secret;
  }

  /**
   * What {@link TpmStore.open} gives of what is stored: where it is damaged, that itself.
   * @throws SealedStateError: the passphrase is wrong or missing, or is not asked for.
   */
  async openState(stored: Uint8Array | null): Promise<Uint8Array | null> {
    this.damage = null;
    const isSealed = stored !== null && isSealedWithPassphrase(stored);
    if (this.secret === undefined && !isSealed) return stored;
    try {
      if (this.secret === undefined) {
        throw await (await import("./protection.ts")).problemWithoutSecret(stored as Uint8Array);
      }
      // One look may have been taken: its key is made.
      this.#protection ??= await this.#protectionOf(this.secret);
      return stored && (await this.#protection.open(stored, "permanent"));
    } catch (error) {
      if (!(error instanceof SealedStateError) || error.reason !== "damaged") throw error;
      this.damage = `is damaged: ${error.message}`;
      // No core takes it for a state.
      return stored;
    }
  }

  /** While the store is open. @throws SealedStateError */
  async open(stored: Uint8Array, part: ProtectedPart): Promise<Uint8Array> {
    return (await this.#protection?.open(stored, part)) ?? stored;
  }

  /** While the store is open. */
  async seal(plain: Uint8Array, part: ProtectedPart): Promise<Uint8Array> {
    return (await this.#protection?.seal(plain, part)) ?? plain;
  }

  /** The store is closed: the key is made again when it is opened. */
  close(): void {
    this.#protection = undefined;
  }

  /**
   * Another secret, or none with null.
   * @param doing as the beginning of an error's message.
   * @param write stores what the database has then, all at once; only after it the secret is the other.
   * @throws SealedStateError, StoreError, and what `write` throws: it is as it was.
   */
  async change(
    secret: Secret | null,
    doing: string,
    use: UseStore,
    write: (changed: ReadonlyMap<string, Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const next = secret === null ? undefined : await this.#protectionOf(secret);
    const { readProtected, reseal } = await import("./protection.ts");
    await write(await reseal(await readProtected(use, doing), this.#protection, next));
    this.secret = secret ?? undefined;
    this.#protection = next;
  }

  async #protectionOf(secret: Secret): Promise<Protection> {
    // Only who has a passphrase loads it.
    const { Protection } = await import("./protection.ts");
    return new Protection(this.#id, secret);
  }
}
