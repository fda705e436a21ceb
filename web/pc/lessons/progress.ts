/** How far the lessons are, kept in a database of their own: one row a lesson or demo, by `lesson=ID` or `demo=ID`. */
import { createStore, del, entries, get, update } from "idb-keyval";

const DATABASE = "tabtpm-lessons";

export interface Progress {
  /** Steps that were passed in the present run. */
  readonly passed: number;
  /** When all of them were, in this run or an earlier one: milliseconds since 1970; null: never. */
  readonly passedAt: number | null;
  /** The identifier of the TPM that was made for the present run; null: there is none. */
  readonly tpm: string | null;
  /** Whether what the lesson begins with has been run on it; `begun`: the page went in the middle. */
  readonly prepared: "no" | "begun" | "yes";
  /** The name of the TPM to go back to; null for the one that the browser has chosen. */
  readonly home: string | null;
}

export const noProgress: Progress = {
  passed: 0,
  passedAt: null,
  tpm: null,
  prepared: "no",
  home: null,
};

export interface ProgressStore {
  /** What there is, by key. */
  all(): Promise<ReadonlyMap<string, Progress>>;
  read(key: string): Promise<Progress>;
  change(key: string, news: Partial<Progress>): Promise<void>;
  remove(key: string): Promise<void>;
}

/** The database is opened by the first call. Each rejects where the browser keeps nothing. */
export function browserProgress(): ProgressStore {
  let store: ReturnType<typeof createStore> | null = null;
  const open = () => {
    store ??= createStore(DATABASE, "progress");
    return store;
  };
  return {
    all: async () => new Map(await entries<string, Progress>(open())),
    read: async (key) => ({ ...noProgress, ...(await get<Progress>(key, open())) }),
    change: (key, news) => update<Progress>(key, (before) => ({ ...noProgress, ...before, ...news }), open()),
    remove: (key) => del(key, open()),
  };
}

/** For who keeps nothing: an element in somebody's page. */
export function progressInMemory(): ProgressStore {
  const rows = new Map<string, Progress>();
  const read = (key: string) => rows.get(key) ?? noProgress;
  return {
    all: async () => rows,
    read: async (key) => read(key),
    change: async (key, news) => void rows.set(key, { ...read(key), ...news }),
    remove: async (key) => void rows.delete(key),
  };
}
