import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  makePassphraseKey,
  RollbackRefusedError,
  SnapshotRefusedError,
  sealMachineFile,
  writeMachineFile,
} from "../../../src/index.ts";
import { defaultSettings } from "../../state/settings.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { heldKeys } from "../tpms/heldKeys.ts";
import { type SavedPc, type SnapshotHost, Snapshots } from "./manager.ts";
import { SnapshotStore } from "./store.ts";
import { SnapshotVault } from "./vault.ts";

useIndexedDb();

const saved: SavedPc = {
  head: {
    savedAt: 1_764_000_000_000,
    v86Release: "0.5.462",
    profile: "full",
    registerInterface: "tis",
    memorySize: 128 << 20,
    tpmIdentity: "ab",
    boot: { stage: "shell", log: "good" },
    pictureType: "image/png",
    machine: { settings: defaultSettings },
  },
  parts: { state: Uint8Array.of(1, 2, 3), console: new TextEncoder().encode("# "), picture: Uint8Array.of(0x89) },
};

let resumed: unknown[];
let refusal: Error | null;
let unfit: Error | null;
let added: string[];
let removed: string[];
let used: string[];
let guest: string;
let databases = 0;
let database: string;
const host: SnapshotHost = {
  guest: async () => guest,
  save: async () => saved,
  check: async () => {
    if (unfit !== null) throw unfit;
  },
  addTpm: async (name) => {
    added.push(name);
    return `tpm-${added.length}`;
  },
  removeTpm: async (id) => void removed.push(id),
  useTpm: async (id) => void used.push(id),
  resume: async (machine, onMovedOn) => {
    if (refusal !== null && onMovedOn === "refuse") throw refusal;
    resumed.push([...new Uint8Array(machine.state)], new TextDecoder().decode(machine.console), onMovedOn);
  },
};
const onStart = vi.fn();
const onResumed = vi.fn();
const make = (tpm = "a", store = new SnapshotStore(database)) =>
  new Snapshots({
    ...{ tpm, host, store, onStart, onResumed, announce: () => {} },
    vaultOf: (of) => new SnapshotVault({ tpm: of, store, readState: async () => null, inTurn: (work) => work() }),
  });
const idOf = (snapshots: Snapshots, at = 0) => snapshots.store.value.list![at]!.id;

beforeEach(() => {
  database = `snapshots-${databases++}`;
  resumed = [];
  refusal = null;
  unfit = null;
  added = [];
  removed = [];
  used = [];
  guest = "images";
  onStart.mockClear();
  onResumed.mockClear();
});

test("a snapshot is kept with its facts and its picture, and resumed as it was", async () => {
  const snapshots = make();
  expect(await snapshots.make(" Mine ", false)).toBe(true);
  expect(snapshots.store.value.list).toMatchObject([
    { name: "Mine", savedAt: 1_764_000_000_000, log: "good", isStart: false, picture: "data:image/png;base64,iQ==" },
  ]);
  expect(await make().resume(idOf(snapshots))).toBe(true);
  expect(resumed).toEqual([[1, 2, 3], "# ", "refuse"]);
  expect(onResumed).toHaveBeenCalledOnce();
});

test("one at most is offered at the next visit, of the TPM whose it is", async () => {
  const snapshots = make();
  await snapshots.make("one", true);
  await snapshots.make("two", true);
  expect(snapshots.store.value.list!.filter(({ isStart }) => isStart).map(({ name }) => name)).toEqual(["two"]);
  expect(await make().findOffered()).toBe(true);
  expect(await make("b").findOffered()).toBe(false);
  await snapshots.offer(snapshots.store.value.list!.find(({ isStart }) => isStart)!.id, false);
  expect(onStart).toHaveBeenLastCalledWith(false);
  expect(await make().findOffered()).toBe(false);
});

test("a TPM that has moved on is asked about, with what it would lose, and goes back only then", async () => {
  const snapshots = make();
  await snapshots.make("one", false);
  const lost = {
    otherTpm: false,
    keys: [{ handle: 0x8100_0001, change: "made" as const }],
    nvIndices: [],
    counters: [],
    resets: 2,
    settings: false,
  };
  refusal = new RollbackRefusedError(lost);
  expect(await snapshots.resume(idOf(snapshots))).toBe(false);
  expect(snapshots.store.value).toMatchObject({ problem: null, moved: { lost: { keys: ["0x81000001"], resets: 2 } } });
  expect(resumed).toEqual([]);
  snapshots.dismiss();
  expect(snapshots.store.value.moved).toBeNull();
  await snapshots.resume(idOf(snapshots), "clone");
  expect(resumed.at(-1)).toBe("clone");
});

test("it is renamed, deleted, and nothing else of the list with it", async () => {
  const snapshots = make();
  await snapshots.make("one", false);
  await snapshots.make("two", false);
  const id = idOf(snapshots);
  expect(await snapshots.rename(id, "")).toBe(false);
  expect(snapshots.store.value.problem?.kind).toBe("failed");
  expect(await snapshots.rename(id, "three")).toBe(true);
  expect(await snapshots.remove(id)).toBe(true);
  expect(snapshots.store.value.list).toHaveLength(1);
  expect(await snapshots.rename(id, "four")).toBe(false);
  expect(snapshots.store.value.problem?.kind).toBe("gone");
  expect(await snapshots.resume(id)).toBe(false);
});

describe("is refused, in words, and what is kept stays", () => {
  test("where the browser is full", async () => {
    const store = new SnapshotStore(database);
    const snapshots = make("a", store);
    await snapshots.make("one", false);
    vi.spyOn(store, "add").mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
    expect(await snapshots.make("two", true)).toBe(false);
    expect(snapshots.store.value.problem?.kind).toBe("full");
    expect(snapshots.store.value.list).toMatchObject([{ name: "one" }]);
  });

  test("with the images of another release", async () => {
    const snapshots = make();
    await snapshots.make("one", false);
    guest = "others";
    expect(await make().resume(idOf(snapshots))).toBe(false);
    expect(resumed).toEqual([]);
  });

  test.each([
    ["none", new Blob(["nothing"])],
    ["none", new Blob([])],
  ])("a file that is %s", async (kind, content) => {
    const snapshots = make();
    expect(await snapshots.import(new File([content], "x"), "")).toBe(false);
    expect(snapshots.store.value).toMatchObject({ problem: { kind }, list: [] });
  });
});

test("an exported file is imported beside another TPM, and one that is damaged is not", async () => {
  const store = new SnapshotStore(database);
  const snapshots = make("a", store);
  await snapshots.make("one", false);
  const file = (await store.read(idOf(snapshots)))!;
  const other = make("b", store);
  expect(await other.import(new File([file], "one.tabtpm"), "")).toBe(true);
  expect(other.store.value).toMatchObject({ arrived: { origin: "copy", name: "one" }, list: [] });
  expect(await other.takeIn("here")).toBe(true);
  expect(other.store.value.arrived).toBeNull();
  expect(other.store.value.list).toMatchObject([{ name: "one", isStart: false }]);
  await other.resume(idOf(other));
  expect(resumed[0]).toEqual([1, 2, 3]);
  const damaged = new Uint8Array(file);
  damaged[damaged.length - 1]! ^= 1;
  expect(await other.import(new File([damaged], "one.tabtpm"), "")).toBe(false);
  expect(other.store.value).toMatchObject({ problem: { kind: "damaged" }, list: [{ name: "one" }] });
});

describe("a PC that was given up as a file", () => {
  const moved = async () => {
    const whole = {
      ...saved.head,
      name: "Lab",
      guest: "images",
      machine: { settings: defaultSettings, givenUpTo: "m" },
    };
    return new File([await writeMachineFile(whole, saved.parts)], "Lab.tabtpm");
  };

  test("is said to be one, and goes on with a TPM of its own, which is stored before", async () => {
    const store = new SnapshotStore(database);
    const snapshots = make("a", store);
    expect(await snapshots.import(await moved(), "")).toBe(true);
    expect(snapshots.store.value.arrived).toMatchObject({ origin: "moved", name: "Lab" });
    expect(added).toEqual([]);
    expect(await snapshots.takeIn("own")).toBe(true);
    expect([added, used]).toEqual([["Lab"], ["tpm-1"]]);
    expect(snapshots.store.value.list).toEqual([]);
    const there = make("tpm-1", store);
    expect(await there.findOffered()).toBe(true);
    expect(await there.resume(there.store.value.offered!)).toBe(true);
    expect(resumed).toEqual([[1, 2, 3], "# ", "refuse"]);
    // The next visit boots.
    expect(await make("tpm-1", store).findOffered()).toBe(false);
  });

  test("is refused with the reason before anything of it is stored, where it does not fit", async () => {
    const snapshots = make();
    guest = "others";
    expect(await snapshots.import(await moved(), "")).toBe(false);
    expect(snapshots.store.value).toMatchObject({ problem: { kind: "other guest" }, arrived: null });
    guest = "images";
    unfit = new SnapshotRefusedError("another layout", "layout");
    expect(await snapshots.import(await moved(), "")).toBe(false);
    expect(snapshots.store.value).toMatchObject({
      problem: { kind: "refused", reason: "another layout" },
      ...{ arrived: null, list: [] },
    });
    expect(added).toEqual([]);
  });

  test("leaves no TPM behind where there is no room for it", async () => {
    const store = new SnapshotStore(database);
    const snapshots = make("a", store);
    await snapshots.import(await moved(), "");
    vi.spyOn(store, "add").mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
    expect(await snapshots.takeIn("own")).toBe(false);
    expect(snapshots.store.value).toMatchObject({ problem: { kind: "full" }, arrived: { name: "Lab" } });
    expect([removed, used]).toEqual([["tpm-1"], []]);
    snapshots.dismiss();
    expect(snapshots.store.value.arrived).toBeNull();
  });
});

test("a machine that moved and went on nowhere is offered, until it goes on", async () => {
  const whole = { ...saved.head, name: "Lab", guest: "images", machine: { settings: defaultSettings, givenUpTo: "m" } };
  const machine = await (await writeMachineFile(whole, saved.parts)).arrayBuffer();
  const snapshots = make();
  expect(await snapshots.adopt(machine)).toBe(true);
  expect(await snapshots.findOffered()).toBe(true);
  expect(await snapshots.resume(snapshots.store.value.offered!)).toBe(true);
  expect(await make().findOffered()).toBe(false);
  expect(await snapshots.adopt(new ArrayBuffer(9))).toBe(false);
});

test("one that came encrypted, as its TPM is, is offered as well where the TPM was opened", async () => {
  const whole = { ...saved.head, name: "Lab", guest: "images", machine: { settings: defaultSettings, givenUpTo: "m" } };
  const key = await makePassphraseKey("swordfish");
  const machine = await (await sealMachineFile(await writeMachineFile(whole, saved.parts), key)).arrayBuffer();
  const snapshots = make();
  expect(await snapshots.adopt(machine)).toBe(false);
  expect(await snapshots.findOffered()).toBe(false);
  heldKeys.hold("a", key);
  try {
    expect(await snapshots.adopt(machine)).toBe(true);
    expect(await snapshots.findOffered()).toBe(true);
    expect(await snapshots.resume(snapshots.store.value.offered!)).toBe(true);
  } finally {
    heldKeys.hold("a", null);
  }
});

test("the snapshots of a TPM that is deleted go with it, and no others", async () => {
  const store = new SnapshotStore(database);
  await make("a", store).make("one", false);
  const other = make("b", store);
  await other.make("two", false);
  await store.removeAll("a");
  expect(await store.list("a")).toEqual([]);
  await other.refresh();
  expect(other.store.value.list).toHaveLength(1);
});

test("what is cancelled leaves nothing behind, and no complaint", async () => {
  const snapshots = make();
  const making = snapshots.make("one", false);
  snapshots.cancel();
  expect(await making).toBe(false);
  expect(snapshots.store.value).toMatchObject({ list: [], problem: null, work: null });
});
