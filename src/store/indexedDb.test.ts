import {
  IDBDatabase as FakeDatabase,
  IDBFactory as FakeFactory,
  IDBObjectStore as FakeObjectStore,
} from "fake-indexeddb";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IndexedDbStore } from "./indexedDb.ts";
import { indexedDbError } from "./indexedDbErrors.ts";
import { StoreError, StoreFencedError, StoreLockedError } from "./store.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { FakeLockOrigin } from "./testkit/fakeLocks.ts";

let factory: IDBFactory;
let origin: FakeLockOrigin;
let tabs = 0;

function tab(name = "a", lockWaitMs = 5): IndexedDbStore {
  return new IndexedDbStore({ name, indexedDB: factory, locks: origin.client(`tab-${++tabs}`), lockWaitMs });
}

const bytes = (...values: number[]) => Uint8Array.from(values);

beforeEach(() => {
  factory = new FakeFactory() as unknown as IDBFactory;
  origin = new FakeLockOrigin();
  tabs = 0;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("IndexedDbStore", () => {
  it("finds nothing in a new database, and the last commit after reopening", async () => {
    const first = tab();
    expect(await first.open()).toBeNull();
    await first.commit(bytes(1));
    await first.commit(bytes(2, 3));
    await first.close();
    expect(await tab().open()).toEqual(bytes(2, 3));
  });

  it("keeps any blob unchanged, also one that is a view into a larger buffer", async () => {
    const store = tab();
    await store.open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(10), async (blob, offset) => {
        const larger = new Uint8Array(blob.length + offset + 5);
        larger.set(blob, offset);
        await store.commit(larger.subarray(offset, offset + blob.length));
        const stored = await store.exportBlob();
        expect(stored).toEqual(blob);
        expect(stored?.buffer.byteLength).toBe(blob.length);
      }),
      { numRuns: 30 },
    );
  });

  it("asks for strict durability in every transaction", async () => {
    const transaction = vi.spyOn(FakeDatabase.prototype, "transaction");
    const store = tab();
    await store.open();
    await store.commit(bytes(1));
    await store.exportBlob();
    await store.archive();
    // The fake itself makes the upgrade's transaction through the same method.
    const ours = transaction.mock.calls.filter(([, mode]) => (mode as string) !== "versionchange");
    expect(ours.length).toBe(4);
    for (const [, , options] of ours) expect(options).toEqual({ durability: "strict" });
  });

  it("keeps TPMs of different names apart", async () => {
    const a = tab("a");
    const b = tab("b");
    await a.open();
    await b.open();
    await a.commit(bytes(1));
    expect(await b.exportBlob()).toBeNull();
    await b.commit(bytes(2));
    expect(await a.exportBlob()).toEqual(bytes(1));
  });

  it("tells a second tab who holds the TPM, and leaves the first one alone", async () => {
    const first = tab();
    await first.open();
    const error = await errorOf<StoreError>(tab().open());
    expect(error).toBeInstanceOf(StoreLockedError);
    expect(error.code).toBe("locked");
    expect((error as StoreLockedError).holder).toContain("tab-1");
    await first.commit(bytes(1));
    expect(await first.exportBlob()).toEqual(bytes(1));
  });

  it("waits for the page that a reload replaces", async () => {
    const first = tab();
    await first.open();
    await first.commit(bytes(9));
    const opening = tab("a", 5000).open();
    await first.close();
    expect(await opening).toEqual(bytes(9));
  });

  it("lets a tab take over, which fences the old owner at once", async () => {
    const first = tab();
    await first.open();
    await first.commit(bytes(1));
    const fenced = new Promise<StoreFencedError>((resolve) => first.onFenced(resolve));
    const second = tab();
    expect(await second.open({ takeOver: true })).toEqual(bytes(1));
    expect(await fenced).toBeInstanceOf(StoreFencedError);
    expect(await errorOf<StoreError>(first.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
    expect(await errorOf<StoreError>(first.archive())).toBeInstanceOf(StoreFencedError);
    await second.commit(bytes(3));
    expect(await second.exportBlob()).toEqual(bytes(3));
    await first.close();
    expect(await errorOf<StoreError>(tab().open())).toBeInstanceOf(StoreLockedError);
  });

  it("lets no queued commit of the old owner pass after the takeover's transaction", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.nat(3), async (queuedBefore, ticks) => {
        factory = new FakeFactory() as unknown as IDBFactory;
        const old = tab();
        await old.open();
        await old.commit(bytes(0));
        const commits = Array.from({ length: queuedBefore }, (_, i) =>
          old.commit(bytes(i + 1)).then(
            () => i + 1,
            (error: unknown) => error,
          ),
        );
        for (let i = 0; i < ticks; i++) await new Promise((resolve) => setImmediate(resolve));
        const successor = tab();
        const found = await successor.open({ takeOver: true });
        const results = await Promise.all([...commits, old.commit(bytes(99)).catch((error: unknown) => error)]);
        for (const result of results) {
          if (typeof result === "number") expect(result).toBeLessThanOrEqual(found?.[0] ?? -1);
          else expect(result).toBeInstanceOf(StoreFencedError);
        }
        expect(await successor.exportBlob()).toEqual(found);
        await successor.close();
        await old.close();
      }),
      { numRuns: 40 },
    );
  });

  it("fences by the epoch alone, when the browser lost track of the lock", async () => {
    const old = new IndexedDbStore({ name: "a", indexedDB: factory, locks: new FakeLockOrigin().client("x") });
    await old.open();
    await old.commit(bytes(1));
    const successor = tab();
    await successor.open();
    expect(await errorOf<StoreError>(old.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
    expect(await successor.exportBlob()).toEqual(bytes(1));
  });

  it("treats a deleted database as taken over, and does not hinder the deletion", async () => {
    const store = tab();
    await store.open();
    await store.commit(bytes(1));
    await new Promise<void>((resolve, reject) => {
      const request = factory.deleteDatabase("tabtpm/a");
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
    expect(await errorOf<StoreError>(store.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
  });

  it("never sets two blobs aside under one name, in one millisecond either", async () => {
    const store = tab();
    await store.open();
    vi.spyOn(Date.prototype, "toISOString").mockReturnValue("2026-11-28T12:00:00.000Z");
    await store.commit(bytes(1));
    const key = await store.archive();
    await store.commit(bytes(2));
    expect(await store.archive()).not.toBe(key);
    expect(await store.archive()).toBeNull();
    // Should chance give the same name twice, the second one stays where it is.
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => array);
    await store.commit(bytes(3));
    await store.archive();
    await store.commit(bytes(4));
    expect((await errorOf<StoreError>(store.archive())).code).toBe("io");
    expect(await store.exportBlob()).toEqual(bytes(4));
    vi.restoreAllMocks();
    await store.archive();
    await store.close();
    expect(await store.open()).toBeNull();
  });

  it("keeps a copy of a blob beside it, as its owner only", async () => {
    const store = tab();
    await store.open();
    expect(await store.keepCopy()).toBeNull();
    await store.commit(bytes(1, 2));
    expect(await store.keepCopy()).toMatch(/^kept\/\d{4}-/);
    expect(await store.exportBlob()).toEqual(bytes(1, 2));
    await store.commit(bytes(3));
    const other = tab();
    expect(await other.open({ takeOver: true })).toEqual(bytes(3));
    expect(await errorOf<StoreError>(store.keepCopy())).toBeInstanceOf(StoreFencedError);
    expect(await other.keepCopy()).toMatch(/^kept\//);
  });

  it("sets a blob aside without deleting it", async () => {
    const store = tab();
    await store.open();
    expect(await store.archive()).toBeNull();
    await store.commit(bytes(1, 2));
    const key = await store.archive();
    expect(key).toMatch(/^kept\/\d{4}-/);
    expect(await store.exportBlob()).toBeNull();
    await store.commit(bytes(3));
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = factory.open("tabtpm/a");
      request.onsuccess = () => resolve(request.result);
    });
    const kept = await new Promise<unknown>((resolve) => {
      const request = database
        .transaction("tpm")
        .objectStore("tpm")
        .get(key as string);
      request.onsuccess = () => resolve(request.result);
    });
    expect(kept).toEqual(bytes(1, 2));
    database.close();
  });

  it("connects again after the browser closed the connection", async () => {
    const store = tab();
    await store.open();
    await store.commit(bytes(1));
    const transaction = vi.spyOn(FakeDatabase.prototype, "transaction");
    transaction.mockImplementationOnce(() => {
      throw new DOMException("The database connection is closing.", "InvalidStateError");
    });
    await store.commit(bytes(2));
    expect(await store.exportBlob()).toEqual(bytes(2));
  });

  it("keeps the old blob when a commit is aborted, and recovers", async () => {
    const store = tab();
    await store.open();
    await store.commit(bytes(1));
    vi.spyOn(FakeObjectStore.prototype, "put").mockImplementationOnce(function (this: IDBObjectStore) {
      this.transaction.abort();
      throw new DOMException("full", "QuotaExceededError");
    } as never);
    // The exception leaves through the event handler: fake-indexeddb prints it, as a browser does.
    vi.spyOn(console, "error").mockImplementation(() => {});
    const aborted = await errorOf<StoreError>(store.commit(bytes(2)));
    expect(aborted).toBeInstanceOf(StoreError);
    expect(aborted.code).toBe("aborted");
    expect(await store.exportBlob()).toEqual(bytes(1));
    await store.commit(bytes(3));
    expect(await store.exportBlob()).toEqual(bytes(3));
  });

  it.each([
    ["QuotaExceededError", "full", "quota"],
    ["AbortError", "aborted", "nothing was changed"],
    ["VersionError", "unavailable", "newer"],
    ["UnknownError", "io", "UnknownError"],
  ])("names the cause of a %s", (name, code, words) => {
    const cause = new DOMException("detail", name);
    const error = indexedDbError(cause, "Storing the TPM's state");
    expect([error.code, error.message, error.cause]).toEqual([code, expect.stringContaining(words), cause]);
    expect(error.message).toMatch(/^Storing the TPM's state: .*detail/);
  });

  it("refuses to commit when it is not open", async () => {
    expect((await errorOf<StoreError>(tab().commit(bytes(1)))).code).toBe("closed");
  });

  it("says what to do where IndexedDB or Web Locks are missing or blocked", async () => {
    const locks = origin.client("x");
    const none = await errorOf<StoreError>(new IndexedDbStore({ name: "a", locks }).open());
    expect([none.code, none.message]).toEqual(["unavailable", expect.stringContaining("private window")]);
    // Node has Web Locks of its own from version 24 on.
    vi.stubGlobal("navigator", {});
    const noLocks = await errorOf<StoreError>(new IndexedDbStore({ name: "a", indexedDB: factory }).open());
    expect([noLocks.code, noLocks.message]).toEqual(["unavailable", expect.stringContaining("https://")]);
    const blocked = {
      open: () => {
        throw new DOMException("denied", "SecurityError");
      },
    } as unknown as IDBFactory;
    const error = await errorOf<StoreError>(new IndexedDbStore({ name: "a", indexedDB: blocked, locks }).open());
    expect([error.code, error.message]).toEqual(["unavailable", expect.stringContaining("site's data")]);
    expect(origin.held.size).toBe(0);
  });

  it("says the same where the browser refuses the lock, or to be asked at all", async () => {
    const denied = () => {
      throw new DOMException("The request was denied.", "SecurityError");
    };
    const refusing = { request: async () => denied(), query: async () => ({}) };
    const lock = await errorOf<StoreError>(
      new IndexedDbStore({ name: "a", indexedDB: factory, locks: refusing }).open(),
    );
    const options = { name: "a", locks: refusing };
    Object.defineProperty(options, "indexedDB", { get: denied });
    const getter = await errorOf<StoreError>(new IndexedDbStore(options).open());
    for (const error of [lock, getter]) {
      expect(error).toBeInstanceOf(StoreError);
      expect([error.code, error.message]).toEqual(["unavailable", expect.stringContaining("Allow it for this page")]);
    }
  });
});
