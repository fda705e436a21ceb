import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IndexedDbStore } from "./indexedDb.ts";
import { NamedTpms, type TpmCompanion } from "./namedTpms.ts";
import { StoreError, StoreLockedError } from "./store.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { FakeLockOrigin } from "./testkit/fakeLocks.ts";
import { faultyIndexedDb } from "./testkit/faultyIndexedDb.ts";
import type { TpmNameError } from "./tpmNames.ts";

let indexedDB: IDBFactory;
let origin: FakeLockOrigin;
let tabs = 0;
/** What a companion keeps, by the TPM's identifier. */
let kept: Map<string, string>;

const bytes = (...values: number[]) => Uint8Array.from(values);
const companion: TpmCompanion = {
  async copy(from, to) {
    const value = kept.get(from);
    if (value !== undefined) kept.set(to, value);
  },
  async remove(id) {
    kept.delete(id);
  },
};
const locks = () => origin.client(`tab-${++tabs}`);
const tpms = (companions = [companion]) => new NamedTpms({ indexedDB, locks: locks(), companions, lockWaitMs: 5 });
const storeOf = (name: string) => new IndexedDbStore({ name, indexedDB, locks: locks(), lockWaitMs: 5 });

/** As a page of any version makes its TPM. */
async function store(id: string, blob: Uint8Array, variables: Uint8Array | null = null): Promise<void> {
  const own = storeOf(id);
  await own.open();
  await own.commitVariables(variables);
  await own.commit(blob);
  await own.close();
}

/** Everything that there is, by name. */
async function everything(): Promise<Record<string, unknown>> {
  const all = tpms();
  const found: Record<string, unknown> = {};
  for (const { id, name, size } of await all.list()) {
    const stored = await all.read(id);
    expect(size).toBe(stored?.state.length);
    found[name] = {
      state: [...stored!.state],
      variables: stored!.variables && [...stored!.variables],
      kept: kept.get(id),
    };
  }
  return found;
}

beforeEach(() => {
  indexedDB = new FakeFactory() as unknown as IDBFactory;
  origin = new FakeLockOrigin();
  kept = new Map();
  tabs = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("the list of TPMs", () => {
  it("is empty where there is none, and looking makes none", async () => {
    expect(await tpms().list()).toEqual([]);
    expect(await tpms().read("default")).toBeNull();
    expect((await indexedDB.databases()).map(({ name }) => name)).toEqual(["tabtpm-tpms"]);
  });

  it("has the TPM of a page that knew one only, as it lies, and that of anybody else on the site", async () => {
    await store("default", bytes(1, 2, 3));
    await store("lesson-3", bytes(4));
    const facts = { profile: null, certificates: null, usedAt: null, isOpen: false };
    const list = await tpms().list();
    expect(list).toEqual([
      { id: "default", name: "default", size: 3, ...facts },
      { id: "lesson-3", name: "lesson-3", size: 1, ...facts },
    ]);
    expect(await storeOf("default").open()).toEqual(bytes(1, 2, 3));
  });

  it("has the first page's TPM also where the browser does not list databases", async () => {
    await store("default", bytes(1));
    Object.defineProperty(indexedDB, "databases", { value: undefined });
    expect((await tpms().list()).map(({ name }) => name)).toEqual(["default"]);
  });

  it("knows which are open, and what was noted of them", async () => {
    await store("default", bytes(1));
    const open = storeOf("default");
    await open.open();
    await tpms().note("default", { profile: "full", usedAt: 5 });
    await tpms().note("default", { certificates: 3 });
    expect(await tpms().list()).toEqual([
      { id: "default", name: "default", size: 1, isOpen: true, profile: "full", usedAt: 5, certificates: 3 },
    ]);
  });

  it("takes what is stored in a row for what it is", async () => {
    await store("default", bytes(1));
    const request = indexedDB.open("tabtpm-tpms", 1);
    request.onupgradeneeded = () => {
      request.result
        .createObjectStore("tpms")
        .put({ name: 7, profile: [], certificates: "x", usedAt: Number.NaN }, "default");
    };
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    request.result.close();
    expect(await tpms().list()).toMatchObject([{ name: "default", profile: null, certificates: null, usedAt: null }]);
  });

  it("has no TPM that is only half there, and tidies it away; a state that was set aside stays", async () => {
    const half = storeOf("half");
    await half.open();
    await half.commitVariables(bytes(1));
    expect(await tpms().list()).toEqual([]);
    // It is still being made.
    expect((await indexedDB.databases()).map(({ name }) => name)).toContain("tabtpm/half");
    await half.close();
    await store("aside", bytes(9));
    const aside = storeOf("aside");
    await aside.open();
    await aside.archive();
    await aside.close();
    await tpms().note("half", {});
    expect(await tpms().list()).toEqual([]);
    expect((await indexedDB.databases()).map(({ name }) => name).sort()).toEqual(["tabtpm-tpms", "tabtpm/aside"]);
  });
});

describe("a TPM", () => {
  it("is added with what belongs to it, found by its name, and lies where its name says", async () => {
    await store("default", bytes(1), bytes(2));
    kept.set("default", "settings");
    const source = (await tpms().read("default"))!;
    const id = await tpms().add(" Lab ", { ...source, copyOf: "default", facts: { profile: "full", certificates: 3 } });
    expect(id).toBe("Lab");
    expect(await tpms().find("LAB")).toMatchObject({ id, name: "Lab", size: 1, profile: "full", certificates: 3 });
    expect(await everything()).toEqual({
      default: { state: [1], variables: [2], kept: "settings" },
      Lab: { state: [1], variables: [2], kept: "settings" },
    });
    expect(await storeOf("Lab").open()).toEqual(bytes(1));
  });

  it("has a name of its own, also among those that nobody has listed yet", async () => {
    await store("default", bytes(1));
    const error = await errorOf<TpmNameError>(tpms().add("DEFAULT", { state: bytes(2), variables: null }));
    expect([error.name, error.reason]).toEqual(["TpmNameError", "taken"]);
    await store("b", bytes(3));
    expect((await errorOf<TpmNameError>(tpms().rename("default", "B"))).reason).toBe("taken");
    expect((await errorOf<TpmNameError>(tpms().rename("default", "a\u202eb"))).reason).toBe("character");
    expect((await errorOf<StoreError>(tpms().rename("c", "d"))).message).toContain("not there any more");
    expect(Object.keys(await everything())).toEqual(["b", "default"]);
  });

  it("is renamed where it lies, also while it is open; its old name is free then, and does not lead to it", async () => {
    await store("default", bytes(1));
    kept.set("default", "settings");
    await storeOf("default").open();
    await tpms().rename("default", "work");
    await tpms().rename("default", "Work");
    const id = await tpms().add("default", { state: bytes(2), variables: null });
    expect(id).not.toBe("default");
    expect(await everything()).toEqual({
      Work: { state: [1], variables: null, kept: "settings" },
      default: { state: [2], variables: null, kept: undefined },
    });
  });

  it("is deleted with all that belongs to it, unless somebody has it open", async () => {
    await store("default", bytes(1));
    await store("other", bytes(2));
    kept.set("default", "settings").set("other", "settings");
    const open = storeOf("default");
    await open.open();
    const error = await errorOf<StoreLockedError>(tpms().remove("default"));
    expect(error).toBeInstanceOf(StoreLockedError);
    await tpms().remove("other");
    await open.close();
    expect(await everything()).toEqual({ default: { state: [1], variables: null, kept: "settings" } });
    await tpms().remove("default");
    expect([await everything(), kept.size]).toEqual([{}, 0]);
    expect((await indexedDB.databases()).map(({ name }) => name)).toEqual(["tabtpm-tpms"]);
  });

  it("of one name is made once, when two tabs make it at the same time", async () => {
    const add = (value: number) => tpms().add("lab", { state: bytes(value), variables: null });
    const results = await Promise.allSettled([add(1), add(2)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(Object.keys(await everything())).toEqual(["lab"]);
  });
});

describe("where the browser's database fails, at any call", () => {
  const default_ = { state: [1], variables: [7], kept: "settings" };
  const other = { state: [2], variables: null, kept: "other's" };
  const lab = { ...default_, state: [3] };
  const before = { default: default_, other };
  type Outcome = Record<string, unknown>;
  const changes: readonly [what: string, change: (tpms: NamedTpms) => Promise<unknown>, after: Outcome][] = [
    ["listing", (all) => all.list(), before],
    ["noting", (all) => all.note("default", { profile: "full" }), before],
    [
      "adding",
      (all) => all.add("lab", { state: bytes(3), variables: bytes(7), copyOf: "default" }),
      { ...before, lab },
    ],
    ["renaming", (all) => all.rename("default", "work"), { work: default_, other }],
    ["deleting", (all) => all.remove("other"), { default: default_ }],
  ];

  it.each(changes)("%s fails as a whole, or is done, and works the next time", async (_, change, after) => {
    const outcomes = new Set<string>();
    for (const kind of ["throws", "aborts"] as const) {
      for (const dies of [false, true]) {
        for (let at = 0; ; at++) {
          indexedDB = new FakeFactory() as unknown as IDBFactory;
          origin = new FakeLockOrigin();
          kept = new Map([
            ["default", "settings"],
            ["other", "other's"],
          ]);
          await store("default", bytes(1), bytes(7));
          await store("other", bytes(2));
          const faults = faultyIndexedDb(at, kind, dies);
          const error = await change(tpms()).then(
            () => null,
            (reason: unknown) => reason,
          );
          faults.restore();
          if (!faults.hasFailed) break;
          const where = `${kind} ${dies ? "from" : "at"} ${faults.calls[at]} (${at})`;
          if (error !== null) expect([where, error]).toEqual([where, expect.any(StoreError)]);
          if (dies) origin = new FakeLockOrigin();
          const found = await everything();
          const isDone = JSON.stringify(found) === JSON.stringify(sorted(after));
          expect([where, found]).toEqual([where, isDone ? after : before]);
          // What failed and was survived is undone; only what is decided may be finished later.
          if (error === null && !isDone) expect([where, "said to be done"]).toEqual([where, "not done"]);
          outcomes.add(isDone ? "done" : "not done");
          if (!isDone) await change(tpms());
          expect([where, await everything()]).toEqual([where, after]);
          // Nothing of what was given up lies about.
          expect([where, kept.size]).toEqual([where, Object.keys(after).length]);
        }
      }
    }
    expect(outcomes).toContain(after === before ? "done" : "not done");
  });

  const sorted = (outcome: Outcome) => Object.fromEntries(Object.entries(outcome).sort(([a], [b]) => (a < b ? -1 : 1)));

  it("a companion that fails: nothing is added, and a deletion is finished when the list is next looked at", async () => {
    await store("default", bytes(1));
    kept.set("default", "settings");
    const failing = { ...companion, copy: () => Promise.reject(new DOMException("full", "QuotaExceededError")) };
    const added = tpms([failing]).add("lab", { state: bytes(1), variables: null, copyOf: "default" });
    expect((await errorOf<StoreError>(added)).code).toBe("full");
    const stuck = { ...companion, remove: () => Promise.reject(new DOMException("no", "AbortError")) };
    expect(await errorOf<StoreError>(tpms([stuck]).remove("default"))).toBeInstanceOf(StoreError);
    expect(kept.size).toBe(1);
    expect([await everything(), kept.size]).toEqual([{}, 0]);
  });
});
