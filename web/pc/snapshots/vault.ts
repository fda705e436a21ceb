/**
 * Snapshots have their TPM in them: where it has a passphrase, they are encrypted with it. Each is sealed with a data key of its own, which
 * lies beside it, wrapped with the key of the passphrase. The TPM's database and that of the snapshots know no common transaction, so
 * the steps come in an order in which each snapshot can be read at every moment with what the TPM has or had:
 *
 * - set: the TPM first, then each snapshot. What a crash leaves plain is sealed when the TPM is next opened.
 * - changed: each data key is wrapped with both keys, then the TPM, then the older wrapping goes.
 * - taken away: each snapshot first, then the TPM. What a crash leaves plain of one that is still encrypted, as with "set".
 *
 * No last wrapping is dropped before another is known to be of the TPM's own passphrase.
 */
import {
  isSealedWithKey,
  isSealedWithPassphrase,
  makeDataKey,
  NamedTpms,
  openDataKey,
  openWithPassphrase,
  PassphraseError,
  type PassphraseKey,
  rewrapDataKey,
  sealWithPassphrase,
} from "../../../src/index.ts";
import { heldKeyOf, heldKeys } from "../tpms/heldKeys.ts";
import { Refusal } from "./refusals.ts";
import type { SealedSnapshot, SnapshotRow, SnapshotStore } from "./store.ts";

const FILE = "snapshot";
const PICTURE = "picture";

export interface VaultOptions {
  readonly tpm: string;
  readonly store: SnapshotStore;
  /** As the TPM is stored; null where there is none. */
  readonly readState?: () => Promise<Uint8Array | null>;
  /** Of those who change the same TPM's snapshots one at a time; by default by a Web Lock of the origin. */
  readonly inTurn?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The key that the TPM has; null: none. */
type Key = PassphraseKey | null;

/** The TPM has what it was to get, and a snapshot has not: {@link SnapshotVault.settle} tries again. */
export class UnsettledError extends Error {
  override name = "UnsettledError";
  constructor(cause: unknown) {
    super("The TPM has the passphrase, and its snapshots have not all got it.", { cause });
  }
}

export class SnapshotVault {
  readonly #tpm: string;
  readonly #store: SnapshotStore;
  readonly #readState: () => Promise<Uint8Array | null>;
  readonly #inTurn: <T>(work: () => Promise<T>) => Promise<T>;

  constructor({ tpm, store, readState, inTurn }: VaultOptions) {
    this.#tpm = tpm;
    this.#store = store;
    this.#readState = readState ?? (async () => (await new NamedTpms().read(tpm))?.state ?? null);
    this.#inTurn =
      inTurn ?? (async (work) => (await navigator.locks.request(`tabtpm-snapshots/${tpm}`, work)) as never);
  }

  /**
   * Keeps one, encrypted where the TPM is.
   * @throws Refusal `locked` where it is, and this page has not opened it; nothing is stored then.
   */
  add(row: SnapshotRow, file: ArrayBuffer): Promise<void> {
    return this.#inTurn(async () => {
      const key = await this.#keyOfTpm();
      if (key === null) return this.#store.add(row, file);
      const sealed = await this.#seal(row, file, key);
      await this.#store.add({ ...row, ...sealed.news }, sealed.file);
    });
  }

  /** A machine file. @returns null where it is gone. @throws Refusal `locked`; PassphraseError where it is damaged */
  async read(id: string): Promise<ArrayBuffer | null> {
    const [row, file] = await Promise.all([this.#store.row(id), this.#store.read(id)]);
    if (row === null || file === null || row.sealed === undefined) return file;
    const dataKey = await this.#dataKeyOf(row, this.#keys());
    if (dataKey === null) throw new Refusal("locked");
    return this.#openFile(id, file, dataKey);
  }

  /** Newest first. The picture of one that is encrypted is there where its key is. */
  async list(): Promise<SnapshotRow[]> {
    const rows = await this.#store.list(this.#tpm);
    const keys = this.#keys();
    return Promise.all(rows.map(async (row) => ({ ...row, picture: await this.#pictureOf(row, keys) })));
  }

  /**
   * The TPM gets another passphrase, and the snapshots with it.
   * @param change changes the TPM's own, durably.
   * @throws what `change` throws: the TPM has the one that it had, and so have the snapshots; UnsettledError after the TPM got the other.
   */
  protect(before: Key, after: Key, change: () => Promise<void>): Promise<void> {
    const keys = [before, after].filter((key) => key !== null);
    return this.#inTurn(async () => {
      try {
        if (before !== null && after !== null) await this.#wrapAlso(before, after);
        else if (before !== null) await this.#settleFor(null, keys);
        await change();
      } catch (error) {
        // Whatever the TPM has now. Where that does not work either, it is done when the TPM is next opened.
        await this.#settle(keys).catch(() => {});
        throw error;
      }
      await this.#settle(keys).catch((cause: unknown) => {
        throw new UnsettledError(cause);
      });
    });
  }

  /** What a crash has left is brought in order. @param key that the TPM was opened with. */
  settle(key: PassphraseKey): Promise<void> {
    return this.#inTurn(() => this.#settle([key]));
  }

  async #settle(keys: readonly PassphraseKey[]): Promise<void> {
    const state = await this.#readState();
    if (state === null || !isSealedWithPassphrase(state)) return this.#settleFor(null, keys);
    for (const key of keys) if (await isSealedWithKey(state, key)) return this.#settleFor(key, keys);
  }

  /** As it is to be under this key. @param keys that may open what is there. */
  async #settleFor(key: Key, keys: readonly PassphraseKey[]): Promise<void> {
    for (const row of await this.#store.list(this.#tpm)) {
      const { id, sealed } = row;
      if (sealed === undefined) {
        const file = key && (await this.#store.read(id));
        if (key === null || file === null) continue;
        const made = await this.#seal(row, file, key);
        await this.#store.change(id, made.news, made.file);
      } else if (key === null) await this.#unseal(row, keys);
      else await this.#wrapOnly(id, sealed, key, keys);
    }
  }

  async #unseal(row: SnapshotRow, keys: readonly PassphraseKey[]): Promise<void> {
    const file = await this.#store.read(row.id);
    let plain: ArrayBuffer | null = null;
    try {
      const dataKey = file && (await this.#dataKeyOf(row, keys));
      plain = file && dataKey && (await this.#openFile(row.id, file, dataKey));
    } catch (error) {
      if (!(error instanceof PassphraseError)) throw error;
    }
    // What is damaged stays as it is, and so does one of a passphrase that the TPM had once.
    if (plain === null) return;
    const news = { sealed: undefined, picture: await this.#pictureOf(row, keys) };
    await this.#store.change(row.id, news, plain);
  }

  async #wrapOnly(
    id: string,
    { keys: all, picture }: SealedSnapshot,
    key: PassphraseKey,
    keys: readonly PassphraseKey[],
  ) {
    const ours = (await this.#wrappedWith(all, key)) ?? (await this.#wrappedAnew(id, all, keys, key));
    if (ours === null || (all.length === 1 && all[0] === ours)) return;
    await this.#store.change(id, { sealed: { keys: [ours], picture } });
  }

  /** All in one transaction. */
  async #wrapAlso(before: PassphraseKey, after: PassphraseKey): Promise<void> {
    const changes = [];
    for (const { id, sealed } of await this.#store.list(this.#tpm)) {
      if (sealed === undefined || (await this.#wrappedWith(sealed.keys, after)) !== null) continue;
      const wrapped = await this.#wrappedAnew(id, sealed.keys, [before], after);
      if (wrapped !== null) changes.push({ id, news: { sealed: { ...sealed, keys: [...sealed.keys, wrapped] } } });
    }
    await this.#store.changeAll(changes);
  }

  async #wrappedAnew(id: string, all: readonly Uint8Array[], keys: readonly PassphraseKey[], after: PassphraseKey) {
    for (const key of keys) {
      const wrapped = await this.#wrappedWith(all, key);
      if (wrapped !== null) return rewrapDataKey(wrapped, key, after, this.#of(id));
    }
    return null;
  }

  async #wrappedWith(all: readonly Uint8Array[], key: PassphraseKey): Promise<Uint8Array | null> {
    for (const wrapped of all) {
      // One that is damaged is of no key.
      if (await isSealedWithKey(wrapped, key).catch(() => false)) return wrapped;
    }
    return null;
  }

  async #seal(row: SnapshotRow, file: ArrayBuffer, key: PassphraseKey) {
    const { dataKey, wrapped } = await makeDataKey(key, this.#of(row.id));
    const sealAs = (bytes: Uint8Array, purpose: string) =>
      sealWithPassphrase(bytes, dataKey, { purpose, ...this.#of(row.id) });
    const { picture } = row;
    const sealed: SealedSnapshot = {
      keys: [wrapped],
      picture: picture && { type: picture.type, octets: await sealAs(picture.octets, PICTURE) },
    };
    return { news: { sealed, picture: null }, file: (await sealAs(new Uint8Array(file), FILE)).buffer };
  }

  async #openFile(id: string, file: ArrayBuffer, dataKey: PassphraseKey): Promise<ArrayBuffer> {
    return (await openWithPassphrase(new Uint8Array(file), dataKey, { purpose: FILE, ...this.#of(id) })).buffer;
  }

  async #pictureOf(row: SnapshotRow, keys: readonly PassphraseKey[]): Promise<SnapshotRow["picture"]> {
    const sealed = row.sealed?.picture ?? null;
    if (sealed === null) return row.picture;
    try {
      const dataKey = await this.#dataKeyOf(row, keys);
      if (dataKey === null) return null;
      const asked = { purpose: PICTURE, ...this.#of(row.id) };
      return { type: sealed.type, octets: await openWithPassphrase(sealed.octets, dataKey, asked) };
    } catch {
      // It goes without; that of the file is what counts.
      return null;
    }
  }

  async #dataKeyOf({ id, sealed }: SnapshotRow, keys: readonly PassphraseKey[]): Promise<PassphraseKey | null> {
    for (const key of keys) {
      const wrapped = await this.#wrappedWith(sealed?.keys ?? [], key);
      if (wrapped !== null) return openDataKey(wrapped, key, this.#of(id));
    }
    return null;
  }

  /** Those that this page has. */
  #keys(): readonly PassphraseKey[] {
    const key = heldKeys.of(this.#tpm);
    return key === null ? [] : [key];
  }

  /** @throws Refusal where it is encrypted with a key that this page has not. */
  async #keyOfTpm(): Promise<Key> {
    const key = await heldKeyOf(this.#tpm, await this.#readState());
    if (key === undefined) throw new Refusal("locked");
    return key;
  }

  /** What it was sealed for: no other snapshot takes its place. */
  #of(id: string): { context: string } {
    return { context: `${this.#tpm}/${id}` };
  }
}
