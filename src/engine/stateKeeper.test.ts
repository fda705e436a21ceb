import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreError, StoreFencedError, type StoreOpenOptions, type TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { isFenced, StateKeeper } from "./stateKeeper.ts";

const [OLD, NEW] = [Uint8Array.of(1), Uint8Array.of(2, 2)];

/** A store that waits, as all but memory do. It does what the test tells it, and counts. */
class TestStore implements TpmStore {
  readonly kind: string = "test";
  readonly calls: string[] = [];
  /** What the next call throws. */
  refusal: unknown;
  blob: Uint8Array | null = OLD;
  tellFenced: ((error: StoreFencedError) => void) | undefined;

  async #answer<T>(call: string, value: T): Promise<T> {
    this.calls.push(call);
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal !== undefined) throw refusal;
    return value;
  }
  open(options?: StoreOpenOptions) {
    return this.#answer(`open ${options?.takeOver}`, this.blob);
  }
  commit(blob: Uint8Array) {
    return this.#answer(`commit ${blob.length}`, undefined);
  }
  exportBlob() {
    return this.#answer("exportBlob", this.blob);
  }
  archive() {
    return this.#answer("archive", "kept");
  }
  close() {
    return this.#answer("close", undefined);
  }
  onFenced(listener: (error: StoreFencedError) => void) {
    this.tellFenced = listener;
  }
}

function make(store: TpmStore = new TestStore()) {
  const failures: StoreError[] = [];
  return { keeper: new StateKeeper(store, (error) => failures.push(error)), failures };
}
async function opened() {
  const store = new TestStore();
  const { keeper, failures } = make(store);
  await keeper.open({ takeOver: false });
  store.calls.length = 0;
  return { store, keeper, failures };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the keeper of the state", () => {
  it("has what the store has once it is open, and passes on that it takes over", async () => {
    const store = new TestStore();
    const { keeper } = make(store);
    expect([keeper.kind, keeper.isOpen, keeper.committed, keeper.lastCommit]).toEqual(["test", false, null, null]);
    await keeper.open({ takeOver: true });
    expect([keeper.isOpen, keeper.committed, keeper.lastCommit]).toEqual([true, OLD, null]);
    expect(store.calls).toEqual(["open true"]);
  });

  it("is not open when the store can't be opened, and has nothing new then", async () => {
    const { store, keeper } = await opened();
    store.refusal = new Error("no such disk");
    store.blob = NEW;
    // The refusal is of the close that comes first.
    expect((await errorOf(keeper.open({}))).message).toBe("no such disk");
    expect([keeper.isOpen, keeper.committed, store.calls]).toEqual([false, OLD, ["close"]]);
    store.refusal = new Error("still none");
    expect((await errorOf(keeper.open({}))).message).toBe("still none");
    expect([keeper.isOpen, keeper.committed]).toEqual([false, OLD]);
    await keeper.open({});
    expect([keeper.isOpen, keeper.committed]).toEqual([true, NEW]);
  });

  it("closes the store before it opens it again, and only what is open", async () => {
    const { store, keeper } = await opened();
    await keeper.open({ takeOver: true });
    await keeper.close();
    await keeper.close();
    expect(store.calls).toEqual(["close", "open true", "close"]);
    expect(keeper.isOpen).toBe(false);
  });

  it("knows what is durable, and since when", async () => {
    const { keeper, failures } = await opened();
    vi.spyOn(Date, "now").mockReturnValue(1234);
    expect(await keeper.commit(NEW)).toBeNull();
    expect([keeper.committed, keeper.lastCommit, failures]).toEqual([NEW, 1234, []]);
  });

  it("returns and reports why a commit failed; the old blob and its time stay", async () => {
    const { store, keeper, failures } = await opened();
    const refusal = new StoreError("full", { code: "full" });
    store.refusal = refusal;
    expect(await keeper.commit(NEW)).toBe(refusal);
    expect([keeper.committed, keeper.lastCommit, failures]).toEqual([OLD, null, [refusal]]);
  });

  it.each([[new RangeError("odd")], ["odd"]])("makes a StoreError of what is none: %s", async (cause) => {
    const { store, keeper, failures } = await opened();
    store.refusal = cause;
    const error = await keeper.commit(NEW);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: "io", cause, message: `The test store failed: ${String(cause)}` });
    expect([failures, keeper.committed]).toEqual([[error], OLD]);
  });

  it("commits at once where the store can", async () => {
    const medium = new MemoryMedium();
    const { keeper, failures } = make(new MemoryStore(medium));
    await keeper.open({});
    vi.spyOn(Date, "now").mockReturnValue(99);
    expect([keeper.canCommitSync, keeper.commitSync(NEW)]).toEqual([true, null]);
    expect([medium.blob, keeper.committed, keeper.lastCommit, failures]).toEqual([NEW, NEW, 99, []]);
    medium.owner = null;
    const fenced = keeper.commitSync(OLD);
    expect(fenced).toBeInstanceOf(StoreFencedError);
    expect([medium.blob, keeper.committed, failures]).toEqual([NEW, NEW, [fenced]]);
  });

  it("can't where it has to wait, and says so", async () => {
    const { store, keeper, failures } = await opened();
    const error = keeper.commitSync(NEW);
    expect([keeper.canCommitSync, store.calls, failures]).toEqual([false, [], [error]]);
    expect(error?.message).toContain("The test store can't commit synchronously");
    expect(keeper.committed).toBe(OLD);
  });

  it("has nothing when the blob was set aside, and keeps it when it could not be", async () => {
    const { store, keeper } = await opened();
    store.refusal = new StoreError("no", { code: "io" });
    expect(await errorOf(keeper.archive())).toMatchObject({ code: "io" });
    expect(keeper.committed).toBe(OLD);
    await keeper.archive();
    expect([keeper.committed, store.calls]).toEqual([null, ["archive", "archive"]]);
  });

  it("exports what the store has now, open or not", async () => {
    const { store, keeper } = await opened();
    store.blob = NEW;
    expect([await keeper.exportBlob(), keeper.committed]).toEqual([NEW, OLD]);
    await keeper.close();
    expect(await keeper.exportBlob()).toBe(NEW);
  });

  it("reports that it was fenced, without being asked to commit", async () => {
    const { store, failures } = await opened();
    const fenced = new StoreFencedError("taken over");
    store.tellFenced?.(fenced);
    expect(failures).toEqual([fenced]);
    expect([isFenced(fenced), isFenced(new StoreError("full", { code: "full" })), isFenced(null)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("takes stores that can't be fenced", () => {
    const store = Object.assign(new TestStore(), { onFenced: undefined });
    expect(make(store as TpmStore).failures).toEqual([]);
  });
});
