import {
  IDBDatabase as FakeDatabase,
  IDBFactory as FakeFactory,
  IDBObjectStore as FakeObjectStore,
} from "fake-indexeddb";
import { vi } from "vitest";

/**
 * - `throws`: the call itself fails.
 * - `aborts`: the browser takes the call and gives its transaction up (a call without a transaction fails).
 */
export type FaultKind = "throws" | "aborts";

/** What an IndexedDB of a test may refuse. */
const CALLS = [
  [FakeFactory.prototype, ["open", "deleteDatabase"]],
  [FakeDatabase.prototype, ["transaction"]],
  [FakeObjectStore.prototype, ["put", "delete", "get", "getAll", "getAllKeys"]],
] as const;

/**
 * Makes one call of IndexedDB fail, until {@link restore} (which Vitest's restoreAllMocks stands for as well).
 * @param at which of the calls from now on, from 0.
 * @param dies all calls after it fail as well: the page is gone.
 */
export function faultyIndexedDb(at: number, kind: FaultKind, dies: boolean) {
  const calls: string[] = [];
  let isOff = false;
  const spies = CALLS.flatMap(([prototype, names]) =>
    names.map((name) => {
      const methods = prototype as unknown as Record<string, (...rest: unknown[]) => unknown>;
      const original = methods[name]!;
      return vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...rest: unknown[]) {
        // The fake calls its own methods when a database is made.
        if (isOff || (name === "transaction" && rest[1] === "versionchange")) return original.apply(this, rest);
        const index = calls.push(`${name} ${rest.map(String).join(",")}`.slice(0, 60)) - 1;
        if (index < at || (index > at && !dies)) return original.apply(this, rest);
        const { transaction } = this as { transaction?: IDBTransaction };
        if (kind === "aborts" && typeof transaction === "object") {
          const request = original.apply(this, rest);
          transaction.abort();
          return request;
        }
        throw new DOMException("Injected.", "QuotaExceededError");
      });
    }),
  );
  return {
    calls,
    /** The call was made that was to fail. */
    get hasFailed(): boolean {
      return calls.length > at;
    },
    restore(): void {
      isOff = true;
      for (const spy of spies) spy.mockRestore();
    },
  };
}
