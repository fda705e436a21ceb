/** Where the snapshots are kept: what the list shows apart from the files, and both written in one transaction. */

export interface SnapshotRow {
  readonly id: string;
  /** The database of the TPM that it was made with. */
  readonly tpm: string;
  readonly name: string;
  readonly savedAt: number;
  readonly size: number;
  readonly log: "good" | "bad" | "unknown";
  readonly picture: { readonly type: string; readonly octets: Uint8Array } | null;
  readonly isStart: boolean;
  /** It is encrypted; left out where not. `picture` is null then. */
  readonly sealed?: SealedSnapshot | undefined;
}

/** File and picture are sealed with a data key, and that with the TPM's passphrase: see vault.ts. */
export interface SealedSnapshot {
  /** The data key, wrapped; several while one passphrase replaces another. */
  readonly keys: readonly Uint8Array[];
  readonly picture: { readonly type: string; readonly octets: Uint8Array } | null;
}

type Changes = Partial<Pick<SnapshotRow, "name" | "isStart" | "sealed" | "picture">>;

const DATABASE = "tabtpm-snapshots";
const LIST = "list";
const FILES = "files";

export class SnapshotStore {
  readonly #name: string;
  #database: Promise<IDBDatabase> | null = null;

  /** @param name of the database. */
  constructor(name: string = DATABASE) {
    this.#name = name;
  }

  /** Newest first. */
  async list(tpm: string): Promise<SnapshotRow[]> {
    const rows = await this.#run("readonly", (at) => at(LIST).getAll() as IDBRequest<SnapshotRow[]>);
    return rows.filter((row) => row.tpm === tpm).sort((a, b) => b.savedAt - a.savedAt);
  }

  /** @throws DOMException `QuotaExceededError` where there is no room: nothing is stored then. */
  async add(row: SnapshotRow, file: ArrayBuffer): Promise<void> {
    await this.#run("readwrite", (at) => {
      at(FILES).put(file, row.id);
      return at(LIST).put(row, row.id);
    });
  }

  /** @returns null where it is gone */
  async read(id: string): Promise<ArrayBuffer | null> {
    return (await this.#run("readonly", (at) => at(FILES).get(id) as IDBRequest<ArrayBuffer | undefined>)) ?? null;
  }

  /** @returns null where it is gone */
  async row(id: string): Promise<SnapshotRow | null> {
    return (await this.#run("readonly", (at) => at(LIST).get(id) as IDBRequest<SnapshotRow | undefined>)) ?? null;
  }

  /** @param file in place of the one that is there, in the same transaction. @returns whether there is such a snapshot */
  change(id: string, news: Changes, file?: ArrayBuffer): Promise<boolean> {
    return this.changeAll([{ id, news, file }]);
  }

  /** All of it, or nothing. @returns whether all of them were there; those that were not are left alone. */
  async changeAll(
    changes: readonly { readonly id: string; readonly news: Changes; readonly file?: ArrayBuffer | undefined }[],
  ): Promise<boolean> {
    if (changes.length === 0) return true;
    let found = 0;
    await this.#run("readwrite", (at) => {
      const requests = changes.map(({ id, news, file }) => {
        const request = at(LIST).get(id) as IDBRequest<SnapshotRow | undefined>;
        request.onsuccess = () => {
          if (request.result === undefined) return;
          found++;
          at(LIST).put({ ...request.result, ...news }, id);
          if (file !== undefined) at(FILES).put(file, id);
        };
        return request;
      });
      return requests[0] as IDBRequest<unknown>;
    });
    return found === changes.length;
  }

  async remove(id: string): Promise<void> {
    await this.#run("readwrite", (at) => {
      at(FILES).delete(id);
      return at(LIST).delete(id);
    });
  }

  /** Of a TPM that is deleted. */
  async removeAll(tpm: string): Promise<void> {
    for (const { id } of await this.list(tpm)) await this.remove(id);
  }

  /** @returns what the request gave, once all that was asked for is stored. */
  async #run<T>(mode: IDBTransactionMode, work: (at: (name: string) => IDBObjectStore) => IDBRequest<T>): Promise<T> {
    this.#database ??= open(this.#name);
    this.#database.catch(() => {
      this.#database = null;
    });
    const database = await this.#database;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction([LIST, FILES], mode, { durability: "strict" });
      const request = work((name) => transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const each of [LIST, FILES]) request.result.createObjectStore(each);
    };
    request.onsuccess = () => {
      // Another page wants to delete it, or has a newer version of it.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}
