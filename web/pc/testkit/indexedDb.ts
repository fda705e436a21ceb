import { IDBFactory, IDBKeyRange, IDBRequest } from "fake-indexeddb";
import { afterAll, beforeAll, vi } from "vitest";

/**
 * The tests of a file have an IndexedDB of their own as the browser's, and leave none behind: unit tests of several files share
 * their globals, and some are about a browser that has no IndexedDB.
 */
export function useIndexedDb(): void {
  beforeAll(() => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    vi.stubGlobal("IDBKeyRange", IDBKeyRange);
    vi.stubGlobal("IDBRequest", IDBRequest);
  });
  afterAll(() => void vi.unstubAllGlobals());
}
