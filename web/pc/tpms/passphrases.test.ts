import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import {
  isSealedWithPassphrase,
  makePassphraseKey,
  NamedTpms,
  openWithPassphrase,
  type PassphraseKey,
  sealWithPassphrase,
} from "../../../src/index.ts";
import { type SnapshotRow, SnapshotStore } from "../snapshots/store.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { heldKeys } from "./heldKeys.ts";
import { Tpms, type TpmsOptions } from "./manager.ts";

useIndexedDb();

const CHEAP = { cost: { logN: 14, r: 8, p: 1 } };
/** As the core's blobs begin, and of the size that it says. */
const STATE = new Uint8Array(48);
STATE.set(new TextEncoder().encode("TABTPM20"));
STATE[15] = 48;
const VARIABLES = Uint8Array.of(7);
const key = () => makePassphraseKey("words", CHEAP);

let named: NamedTpms;
let snapshots: SnapshotStore;
let databases = 0;
const SNAPSHOT: SnapshotRow = {
  ...{ id: "one", tpm: "default", name: "one", savedAt: 1, size: 3, log: "good", isStart: false, picture: null },
};
beforeEach(async () => {
  snapshots = new SnapshotStore(`passphrases-${databases++}`);
  named = new NamedTpms({
    indexedDB: new IDBFactory() as unknown as IDBFactory,
    locks: {
      request: async (_name, _options, callback) => callback({}),
      query: async () => ({ held: [], pending: [] }),
    },
  });
  await named.add("default", { state: STATE, variables: VARIABLES });
  await named.add("Kept", { state: STATE, variables: VARIABLES, secret: await key() });
});

async function open(options: Partial<TpmsOptions> = {}) {
  const tpms = new Tpms({
    tpms: named,
    tpm: { unlock: async () => {}, setPassphrase: async () => {} },
    onUnlocked: () => {},
    current: "default",
    isOwner: () => true,
    announce: () => {},
    use: async () => {},
    onList() {},
    snapshots: { store: snapshots, inTurn: (work) => work() },
    makeKey: (passphrase) => makePassphraseKey(passphrase, CHEAP),
    makers: {
      makeNew: () => Promise.reject(new Error("not asked for")),
      makeNewIdentity: async (state) => ({ state: Uint8Array.from([...state, 1]), facts: {} }),
      factsOf: async (state) => ({ state, facts: {} }),
    },
    ...options,
  });
  await tpms.refresh();
  return { tpms, problem: () => tpms.store.value.problem };
}
const stateOf = async (id: string) => (await named.read(id))?.state as Uint8Array;
const opened = async (id: string, passphrase: string) =>
  openWithPassphrase(await stateOf(id), passphrase, { purpose: "permanent", context: id });

test("one that is not in use gets one, gets another, and loses it; who changes it knows it", async () => {
  const { tpms, problem } = await open({ current: "Kept" });
  expect(await tpms.protect("default", null, "first")).toBe(true);
  expect(await opened("default", "first")).toEqual(STATE);
  const before = await stateOf("default");
  expect(await tpms.protect("default", "wrong", "second")).toBe(false);
  expect(problem()).toEqual({ kind: "passphrase", reason: "wrong-passphrase" });
  expect(await tpms.protect("default", null, "second")).toBe(false);
  expect(problem()).toEqual({ kind: "passphrase", reason: "missing" });
  expect(await stateOf("default")).toEqual(before);
  expect(await tpms.protect("default", "first", "second")).toBe(true);
  expect(await opened("default", "second")).toEqual(STATE);
  expect(await tpms.protect("default", "second", null)).toBe(true);
  expect(await named.read("default")).toEqual({ state: STATE, variables: VARIABLES });
});

test("that of the page's own goes on with the key that its worker gets, which is never the passphrase", async () => {
  const keys: unknown[] = [];
  const setPassphrase = async (secret: unknown) => void keys.push(secret);
  const { tpms } = await open({ tpm: { unlock: async () => {}, setPassphrase } });
  expect(await tpms.protect("default", null, "first")).toBe(true);
  expect(keys).toEqual([expect.objectContaining({ key: expect.any(CryptoKey) })]);
  // The worker stores.
  expect(await stateOf("default")).toEqual(STATE);
});

test("an encrypted one is opened by the right one only, and then the PC may start", async () => {
  const unlock = vi.fn(async (_: unknown) => {});
  const onUnlocked = vi.fn();
  const tpm = { unlock, setPassphrase: async () => {} };
  const { tpms, problem } = await open({ current: "Kept", tpm, onUnlocked, isOwner: () => false });
  for (const [passphrase, reason] of [
    ["word", "wrong-passphrase"],
    ["", "missing"],
  ] as const) {
    expect(await tpms.unlock(passphrase)).toBe(false);
    expect(problem()).toEqual({ kind: "passphrase", reason });
  }
  expect([unlock, onUnlocked].map((each) => each.mock.calls.length)).toEqual([0, 0]);
  expect(await tpms.unlock("words")).toBe(true);
  expect(onUnlocked).toHaveBeenCalledOnce();
  const [[secret]] = unlock.mock.calls as unknown as [[PassphraseKey]];
  expect(await openWithPassphrase(await stateOf("Kept"), secret, { purpose: "permanent" })).toEqual(STATE);
});

test("its snapshots get it, too, and lose it; what was left plain is encrypted as soon as the TPM is opened", async () => {
  const { tpms } = await open();
  const file = Uint8Array.of(1, 2, 3).buffer;
  await snapshots.add(SNAPSHOT, file);
  await snapshots.add({ ...SNAPSHOT, id: "two", tpm: "Kept" }, file);
  const isSealed = async (id: string) => isSealedWithPassphrase(new Uint8Array((await snapshots.read(id))!));
  const other = await open({ current: "Kept" });
  expect(await other.tpms.protect("default", null, "first")).toBe(true);
  expect([await isSealed("one"), await isSealed("two")]).toEqual([true, false]);
  expect(await other.tpms.protect("default", "wrong", null)).toBe(false);
  expect(await isSealed("one")).toBe(true);
  expect(await other.tpms.protect("default", "first", null)).toBe(true);
  expect(await snapshots.read("one")).toEqual(file);

  expect(await other.tpms.unlock("words")).toBe(true);
  expect(await isSealed("two")).toBe(true);
  expect(heldKeys.of("Kept")).not.toBeNull();
  expect(tpms.store.value.problem).toBeNull();
});

test("a snapshot that can't be encrypted is said to be the one thing that is not", async () => {
  const { tpms, problem } = await open({ current: "Kept" });
  await snapshots.add(SNAPSHOT, Uint8Array.of(1).buffer);
  vi.spyOn(snapshots, "change").mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
  expect(await tpms.protect("default", null, "first")).toBe(false);
  expect(problem()).toEqual({ kind: "passphrase", reason: "snapshots" });
  expect(await opened("default", "first")).toEqual(STATE);
});

test("a copy of an encrypted one is encrypted as it is, and belongs to itself", async () => {
  const { tpms, problem } = await open();
  expect(await tpms.copy("Kept", "Twin", "same")).toBe(false);
  expect(problem()).toEqual({ kind: "passphrase", reason: "missing" });
  expect(await tpms.copy("Kept", "Twin", "same", "words")).toBe(true);
  expect(await tpms.copy("Kept", "Other", "new", "words")).toBe(true);
  expect(await opened("Twin", "words")).toEqual(STATE);
  expect(await opened("Other", "words")).toEqual(Uint8Array.from([...STATE, 1]));
  expect(isSealedWithPassphrase((await named.read("Twin"))?.variables as Uint8Array)).toBe(true);
});

test("a file that is encrypted needs its passphrase, and the TPM stays encrypted with it", async () => {
  const { tpms, problem } = await open();
  const sealed = await sealWithPassphrase(STATE, "file's", { purpose: "export", context: "Lab", ...CHEAP });
  const damaged = sealed.slice();
  damaged[150] = (damaged[150] as number) ^ 1;
  const machine = await sealWithPassphrase(STATE, "file's", { purpose: "machine", ...CHEAP });
  const file = (bytes: Uint8Array<ArrayBuffer>) => new File([bytes], "Lab.state");
  for (const [bytes, passphrase, reason] of [
    [sealed, "", "missing"],
    [sealed, "files", "wrong-passphrase"],
    [damaged, "file's", "damaged"],
    [machine, "file's", "other"],
  ] as const) {
    expect(await tpms.import(file(bytes), "Lab", passphrase)).toBe(false);
    expect(problem()).toEqual({ kind: "passphrase", reason });
  }
  expect(await named.find("Lab")).toBeNull();
  expect(await tpms.import(file(sealed), "Lab", "file's")).toBe(true);
  expect(await opened("Lab", "file's")).toEqual(STATE);
  // As it lies in the database of another page.
  expect(await tpms.import(file((await stateOf("Kept")) as Uint8Array<ArrayBuffer>), "Moved", "words")).toBe(true);
  expect(await opened("Moved", "words")).toEqual(STATE);
});
