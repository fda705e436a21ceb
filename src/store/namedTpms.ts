/**
 * Several TPMs in one browser, by name. Each lies in a database of its own, which its identifier names and which never
 * moves; the name is a row of a list beside them. So a name changes in one transaction, what else is kept by
 * identifier (settings, records) needs no moving, and a TPM that a page of an earlier version left is in the list as it
 * lies. A TPM is there when its database has a state; a row without one is what was being made, or deleted, when the page
 * went, and is tidied away.
 */
import { isSealedWithPassphrase } from "../passphrase/index.ts";
import { IndexedDbStore } from "./indexedDb.ts";
import { indexedDbError, noIndexedDb, noWebLocks } from "./indexedDbErrors.ts";
import { DATABASE_PREFIX } from "./indexedDbLayout.ts";
import { type Secret, StoreError, StoreLockedError } from "./store.ts";
import {
  deleteTpmDatabase,
  isTpmDatabaseEmpty,
  readTpmDatabase,
  type StoredTpm,
  tpmDatabases,
} from "./tpmDatabases.ts";
import { checkTpmName, freeTpmName, isSameTpmName, TpmNameError } from "./tpmNames.ts";
import { changeRows, readRows, type TpmRow, type TpmRows } from "./tpmRows.ts";
import { acquireWebLock, describeHolder, type LockManagerLike } from "./webLock.ts";

export interface NamedTpm extends TpmRow {
  /** Names its database, its Web Lock and what its companions keep: the `name` of `{ kind: "indexeddb" }`. It never changes. */
  readonly id: string;
  /** Of the stored state, bytes. */
  readonly size: number;
  /** It is encrypted with a passphrase; left out where not. */
  readonly isProtected?: true;
  /** A page, this one or another, has it open. */
  readonly isOpen: boolean;
}

/** Something that is kept for each TPM in a place of its own, under its identifier. */
export interface TpmCompanion {
  /** The TPM `to`, which is new, gets what `from` has. */
  copy(from: string, to: string): Promise<void>;
  /** Removes what is kept for it, if there is anything. */
  remove(id: string): Promise<void>;
}

export interface NamedTpmsOptions {
  readonly indexedDB?: IDBFactory;
  readonly locks?: LockManagerLike;
  /** They go with a TPM that is copied or deleted. */
  readonly companions?: readonly TpmCompanion[];
  /** How long to wait for a page that is about to let a TPM go, milliseconds; 1000 by default. */
  readonly lockWaitMs?: number;
}

export type TpmFacts = Partial<Pick<TpmRow, "profile" | "certificates" | "usedAt">>;

const NO_FACTS = { profile: null, certificates: null, usedAt: null };

export class NamedTpms {
  readonly #options: NamedTpmsOptions;
  readonly #companions: readonly TpmCompanion[];

  constructor(options: NamedTpmsOptions = {}) {
    this.#options = options;
    this.#companions = options.companions ?? [];
  }

  /** All TPMs that there are, in the order of their names. @throws StoreError */
  async list(): Promise<NamedTpm[]> {
    const factory = this.#indexedDb();
    const [databases, before, open] = await Promise.all([tpmDatabases(factory), readRows(factory), this.#open()]);
    const ids = new Set([...before.keys(), ...databases]);
    const found = new Map<string, Pick<NamedTpm, "size" | "isProtected">>();
    for (const id of ids) {
      const stored = await readTpmDatabase(factory, id);
      if (stored !== null) {
        const isProtected = isSealedWithPassphrase(stored.state);
        found.set(id, { size: stored.state.length, ...(isProtected && { isProtected }) });
      } else if (!open.has(id)) await this.#tidy(id).catch(() => {});
    }
    const unlisted = [...found.keys()].filter((id) => !before.has(id));
    const rows = unlisted.length === 0 ? before : await changeRows(factory, (rows) => adopted(rows, unlisted));
    return [...found]
      .flatMap(([id, facts]) => {
        const row = rows.get(id);
        return row === undefined ? [] : { id, ...facts, isOpen: open.has(id), ...row };
      })
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @returns the TPM of that name, or null. @throws StoreError */
  async find(name: string): Promise<NamedTpm | null> {
    return (await this.list()).find((tpm) => isSameTpmName(tpm.name, name)) ?? null;
  }

  /** What is known of a TPM that is in use; one that is not in the list yet gets a row. @throws StoreError */
  async note(id: string, facts: TpmFacts): Promise<void> {
    await changeRows(this.#indexedDb(), (rows) => {
      const row = rows.get(id) ?? adopted(rows, [id]).get(id)!;
      return new Map([[id, { ...row, ...facts }]]);
    });
  }

  /** What is stored of a TPM: with all of its secrets, encrypted where it has a passphrase. Needs no lock. @returns null where there is no such TPM. @throws StoreError */
  read(id: string): Promise<StoredTpm | null> {
    return readTpmDatabase(this.#indexedDb(), id);
  }

  /**
   * Adds a TPM. It is there with all that belongs to it, or not at all.
   * @param tpm.copyOf the TPM whose companions it gets.
   * @param tpm.secret encrypts it; state and variables are given as they are without.
   * @returns its identifier. @throws TpmNameError, StoreError; no TPM was added then.
   */
  async add(
    name: string,
    tpm: StoredTpm & { facts?: TpmFacts; copyOf?: string; secret?: Secret | undefined },
  ): Promise<string> {
    const checked = checkTpmName(name);
    const factory = this.#indexedDb();
    const there = await this.list();
    requireFree(checked, there);
    const id = freeId(checked, [...(await readRows(factory)).keys(), ...(await tpmDatabases(factory))]);
    const store = this.#storeOf(id, tpm.secret);
    // From here on nobody else makes one under this identifier, nor tidies it away.
    if ((await store.open()) !== null) {
      await store.close();
      throw taken(checked);
    }
    try {
      await changeRows(factory, (rows) => {
        requireFree(checked, [...rows.values()]);
        return new Map([[id, { ...NO_FACTS, ...tpm.facts, name: checked }]]);
      });
      for (const companion of this.#companions) {
        await companion.remove(id);
        if (tpm.copyOf !== undefined) await companion.copy(tpm.copyOf, id);
      }
      await store.commitVariables(tpm.variables);
      // With this it is there.
      await store.commit(tpm.state);
    } catch (error) {
      await this.#removeAll(id).catch(() => {});
      await store.close();
      throw error instanceof TpmNameError ? error : indexedDbError(error, "Storing the TPM");
    }
    await store.close();
    return id;
  }

  /** @throws TpmNameError, StoreError; it keeps its name then. */
  async rename(id: string, name: string): Promise<void> {
    const checked = checkTpmName(name);
    // Those that have no row yet get theirs, so that their names are taken.
    await this.list();
    await changeRows(this.#indexedDb(), (rows) => {
      const row = rows.get(id);
      if (row === undefined) throw new StoreError("This TPM is not there any more.", { code: "unavailable" });
      requireFree(
        checked,
        [...rows].filter(([other]) => other !== id).map(([, other]) => other),
      );
      return new Map([[id, { ...row, name: checked }]]);
    });
  }

  /**
   * Deletes a TPM that no page has open, with what was set aside beside it. It can't be brought back.
   * @throws StoreLockedError where a page has it open; StoreError: it is there as it was, or gone.
   */
  async remove(id: string): Promise<void> {
    const isDone = await this.#locked(id, async () => {
      // The row shows that there is something to tidy, should the page go in between.
      await this.note(id, {});
      await this.#removeAll(id);
    });
    if (isDone) return;
    const holder = await describeHolder(this.#locks(), DATABASE_PREFIX + id);
    throw new StoreLockedError(`This TPM is in use by ${holder}. Close that one, or use another TPM there.`, holder);
  }

  async #removeAll(id: string): Promise<void> {
    const factory = this.#indexedDb();
    await deleteTpmDatabase(factory, id);
    for (const companion of this.#companions) {
      try {
        await companion.remove(id);
      } catch (error) {
        throw indexedDbError(error, "Removing what was kept for the TPM");
      }
    }
    await changeRows(factory, () => new Map([[id, null]]));
  }

  /** What was left half-made or half-deleted. States that were set aside stay. */
  async #tidy(id: string): Promise<void> {
    await this.#locked(id, async () => {
      if (await isTpmDatabaseEmpty(this.#indexedDb(), id)) await this.#removeAll(id);
    });
  }

  /** @returns whether nobody else had it open, so that the work was done. */
  async #locked(id: string, work: () => Promise<void>): Promise<boolean> {
    const waitMs = this.#options.lockWaitMs ?? 1000;
    const held = await acquireWebLock(this.#locks(), DATABASE_PREFIX + id, { steal: false, waitMs, onStolen() {} });
    if (held === null) return false;
    try {
      await work();
    } finally {
      await held.release();
    }
    return true;
  }

  /** The identifiers of the TPMs that a page has open. */
  async #open(): Promise<ReadonlySet<string>> {
    const { held = [] } = await this.#locks().query();
    return new Set(
      held.flatMap(({ name = "" }) => (name.startsWith(DATABASE_PREFIX) ? name.slice(DATABASE_PREFIX.length) : [])),
    );
  }

  /**
   * Sets, changes or takes away the passphrase of a TPM that no page has open.
   * @param before what it is encrypted with now; undefined: nothing. @param after null: it is not encrypted from then on.
   * @throws StoreLockedError, SealedStateError, StoreError: it is as it was.
   */
  async protect(id: string, before: Secret | undefined, after: Secret | null): Promise<void> {
    const store = this.#storeOf(id, before);
    try {
      await store.open();
      await store.protect(after);
    } finally {
      await store.close();
    }
  }

  #storeOf(id: string, secret?: Secret): IndexedDbStore {
    const { lockWaitMs } = this.#options;
    const indexedDB = this.#indexedDb();
    return new IndexedDbStore({
      name: id,
      secret,
      indexedDB,
      locks: this.#locks(),
      ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
    });
  }

  #indexedDb(): IDBFactory {
    try {
      const factory = this.#options.indexedDB ?? globalThis.indexedDB;
      if (factory) return factory;
    } catch (error) {
      throw indexedDbError(error, "Opening the list of TPMs");
    }
    throw noIndexedDb();
  }

  #locks(): LockManagerLike {
    const locks = this.#options.locks ?? globalThis.navigator?.locks;
    if (!locks) throw noWebLocks();
    return locks;
  }
}

const taken = (name: string) =>
  new TpmNameError(`There is a TPM called "${name}" already: choose another name.`, "taken");

function requireFree(name: string, others: readonly { readonly name: string }[]): void {
  if (others.some((other) => isSameTpmName(other.name, name))) throw taken(name);
}

/** The rows of TPMs that were made without one. */
function adopted(rows: TpmRows, ids: readonly string[]): ReadonlyMap<string, TpmRow> {
  const names = [...rows.values()].map(({ name }) => name);
  return new Map(
    ids
      .filter((id) => !rows.has(id))
      .map((id) => {
        const name = freeTpmName(id, names);
        names.push(name);
        return [id, { ...NO_FACTS, name }];
      }),
  );
}

/** The name itself, so that `{ kind: "indexeddb", name }` finds it; where another TPM had that name once, with something random. */
function freeId(name: string, ids: readonly string[]): string {
  if (!ids.includes(name)) return name;
  const random = crypto.getRandomValues(new Uint8Array(4));
  return `${name}.${Array.from(random, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}
