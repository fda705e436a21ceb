/** Where a kept folder lies: rows by key, in transactions. */

/** Keys are compared part by part; numbers come before texts. */
export type Key = readonly (string | number)[];

export interface Transaction {
  get(key: Key): Promise<unknown>;
  put(key: Key, value: unknown): Promise<void>;
  delete(key: Key): Promise<void>;
  /** All rows whose keys begin with `prefix` and are longer, in the order of their keys. */
  list(prefix: Key): Promise<{ key: Key; value: unknown }[]>;
  /** Deletes all rows whose keys begin with `prefix`, and are not below `from` in their next part. */
  deleteAll(prefix: Key, from?: number): Promise<void>;
}

export interface Database {
  /**
   * Runs `work`, which awaits nothing but its transaction, alone: what it reads no other changes meanwhile.
   *
   * @param mode `read`; `write`: committed when this resolves, so that it survives the page; `safe`: besides, on the disk,
   *   so that it and all that was written before survive a crash of the machine.
   * @throws what `work` throws, after undoing all of it; FileError ENOSPC when the space is used up, EIO for any other
   *   failure. Nothing has changed then.
   */
  run<Result>(mode: "read" | "write" | "safe", work: (rows: Transaction) => Promise<Result>): Promise<Result>;
  close(): void;
}
