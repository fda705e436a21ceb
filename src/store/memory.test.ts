import { describe, expect, it } from "vitest";
import { FaultyStore } from "./faulty.ts";
import { MemoryMedium, MemoryStore } from "./memory.ts";
import { isSyncStore, StoreError, StoreFencedError, StoreLockedError } from "./store.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("MemoryStore", () => {
  it("keeps the last commit for the next owner of its medium", async () => {
    const medium = new MemoryMedium();
    const first = new MemoryStore(medium);
    expect(await first.open()).toBeNull();
    const blob = bytes(1, 2);
    first.commitSync(blob);
    blob[0] = 9;
    await first.close();
    expect(new MemoryStore(medium).openSync()).toEqual(bytes(1, 2));
    expect(isSyncStore(first)).toBe(true);
  });

  it("has one owner at a time, who can be fenced", async () => {
    const medium = new MemoryMedium();
    const first = new MemoryStore(medium);
    first.openSync();
    let told: StoreFencedError | undefined;
    first.onFenced((error) => {
      told = error;
    });
    const second = new MemoryStore(medium);
    await expect(second.open()).rejects.toBeInstanceOf(StoreLockedError);
    await second.open({ takeOver: true });
    expect(told).toBeInstanceOf(StoreFencedError);
    expect(() => first.commitSync(bytes(1))).toThrow(StoreFencedError);
    await first.close();
    second.commitSync(bytes(2));
    expect(medium.blob).toEqual(bytes(2));
  });

  it("keeps a copy of a blob, which stays", async () => {
    const medium = new MemoryMedium();
    const store = new MemoryStore(medium);
    store.openSync();
    expect(await store.keepCopy()).toBeNull();
    store.commitSync(bytes(5));
    const name = await store.keepCopy();
    store.commitSync(bytes(6));
    expect([medium.kept.get(name as string), medium.blob]).toEqual([bytes(5), bytes(6)]);
    await store.close();
    await expect(store.keepCopy()).rejects.toMatchObject({ code: "closed" });
  });

  it("sets a blob aside, and refuses to work when it is not open", async () => {
    const medium = new MemoryMedium();
    const store = new MemoryStore(medium);
    expect(() => store.commitSync(bytes(1))).toThrow(StoreError);
    store.openSync();
    expect(await store.archive()).toBeNull();
    store.commitSync(bytes(5));
    const name = await store.archive();
    expect(medium.kept.get(name as string)).toEqual(bytes(5));
    expect(await store.exportBlob()).toBeNull();
    expect(await store.archive()).toBeNull();
    await store.close();
    await expect(store.archive()).rejects.toMatchObject({ code: "closed" });
    expect(store.openSync()).toBeNull();
    store.commitSync(bytes(6));
    const second = await store.archive();
    expect([...medium.kept]).toEqual([
      [name, bytes(5)],
      [second, bytes(6)],
    ]);
    expect(new MemoryStore(medium).openSync({ takeOver: true })).toBeNull();
  });
});

describe("FaultyStore", () => {
  it("fails as planned and leaves the old blob, or dies with the new one", async () => {
    const medium = new MemoryMedium();
    const store = new FaultyStore(new MemoryStore(medium), (commit) =>
      commit === 2 ? "quota" : commit === 3 ? "abort" : commit === 4 ? "die-after" : "ok",
    );
    expect(isSyncStore(store)).toBe(false);
    await store.open();
    await store.commit(bytes(1));
    await expect(store.commit(bytes(2))).rejects.toMatchObject({ code: "full" });
    await expect(store.commit(bytes(3))).rejects.toMatchObject({ code: "aborted" });
    expect(medium.blob).toEqual(bytes(1));
    let settled = false;
    store.commit(bytes(4)).finally(() => {
      settled = true;
    });
    await store.died;
    expect([medium.blob, settled, store.commits, store.stored]).toEqual([bytes(4), false, 4, 2]);
  });

  it("holds a commit back until its medium is done", async () => {
    const medium = new MemoryMedium();
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const store = new FaultyStore(new MemoryStore(medium), () => slow);
    await store.open();
    const commit = store.commit(bytes(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(medium.blob).toBeNull();
    finish();
    await commit;
    expect(medium.blob).toEqual(bytes(1));
  });
});
