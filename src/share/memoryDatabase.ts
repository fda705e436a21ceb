/** A folder's rows in memory: for a folder that ends with its process, and for tests. */
import type { Database, Key, Transaction } from "./database.ts";

interface Row {
  key: Key;
  value: unknown;
}

export class MemoryDatabase implements Database {
  #rows = new Map<string, Row>();
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(_mode: "read" | "write" | "safe", work: (rows: Transaction) => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => this.#once(work));
    this.#last = result.catch(() => {});
    return result;
  }

  close(): void {}

  async #once<Result>(work: (rows: Transaction) => Promise<Result>): Promise<Result> {
    // Values are never changed in place, so that a copy of the table is a copy of everything.
    const before = new Map(this.#rows);
    try {
      return await work(this.#transaction());
    } catch (error) {
      this.#rows = before;
      throw error;
    }
  }

  #transaction(): Transaction {
    return {
      get: async (key) => this.#rows.get(JSON.stringify(key))?.value,
      put: async (key, value) => void this.#rows.set(JSON.stringify(key), { key, value: structuredClone(value) }),
      delete: async (key) => void this.#rows.delete(JSON.stringify(key)),
      list: async (prefix) => this.#below(prefix),
      deleteAll: async (prefix, from = 0) => {
        for (const { key } of this.#below(prefix)) {
          const next = key[prefix.length];
          if (typeof next === "string" || next! >= from) this.#rows.delete(JSON.stringify(key));
        }
      },
    };
  }

  #below(prefix: Key): Row[] {
    const rows = [...this.#rows.values()].filter(
      ({ key }) => key.length > prefix.length && prefix.every((part, index) => key[index] === part),
    );
    return rows.sort((a, b) => compare(a.key, b.key));
  }
}

function compare(a: Key, b: Key): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (typeof part !== typeof other) return typeof part === "number" ? -1 : 1;
    return part < other ? -1 : 1;
  }
  return a.length - b.length;
}
