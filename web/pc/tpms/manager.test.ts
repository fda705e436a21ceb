import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { NamedTpms } from "../../../src/index.ts";
import type { NewTpm } from "../../state/tpms.ts";
import { Tpms, type TpmsOptions } from "./manager.ts";

const WANTED: NewTpm = { name: "Lab", profile: "full", banks: ["sha256"], certificates: true };
const made = (value: number) => ({ state: Uint8Array.of(value), facts: { profile: "full", certificates: 9 } });
const never = () => new Promise<never>(() => {});

let named: NamedTpms;
let settings: Map<string, string>;

/** The manager of a page that uses the TPM "default", which is there. */
async function open(makers: Partial<NonNullable<TpmsOptions["makers"]>> = {}, options: Partial<TpmsOptions> = {}) {
  const said: string[] = [];
  const tpms = new Tpms({
    tpms: named,
    tpm: { unlock: never, setPassphrase: never },
    onUnlocked: () => {},
    current: "default",
    isOwner: () => true,
    announce: (words) => said.push(words),
    use: async () => {},
    onList() {},
    makers: {
      makeNew: async () => made(2),
      makeNewIdentity: async ([value = 0]) => made(value + 100),
      factsOf: async (state) => ({ state, facts: { profile: "full", certificates: 0 } }),
      ...makers,
    },
    ...options,
  });
  await tpms.refresh();
  return { tpms, said, names: () => tpms.store.value.list?.map(({ name }) => name) };
}

const contentOf = async (name: string) => {
  const tpm = await named.find(name);
  const stored = tpm && (await named.read(tpm.id));
  return stored && { state: [...stored.state], variables: stored.variables && [...stored.variables] };
};

beforeEach(async () => {
  settings = new Map([["default", "its settings"]]);
  named = new NamedTpms({
    indexedDB: new IDBFactory() as unknown as IDBFactory,
    locks: {
      request: async (_name, _options, callback) => callback({}),
      query: async () => ({ held: [], pending: [] }),
    },
    companions: [
      {
        copy: async (from, to) => void settings.set(to, settings.get(from) ?? ""),
        remove: async (id) => void settings.delete(id),
      },
    ],
  });
  await named.add("default", { state: Uint8Array.of(1), variables: Uint8Array.of(7) });
  settings.set("default", "its settings");
});

describe("a new TPM", () => {
  test("is in the list once it is complete, with what is known of it", async () => {
    const { tpms, said, names } = await open({
      makeNew: async (wanted, onProgress) => {
        expect(wanted).toEqual(WANTED);
        onProgress({ done: 3, total: 9 });
        expect([tpms.store.value.making, names()]).toEqual([{ done: 3, total: 9 }, ["default"]]);
        return made(2);
      },
    });
    expect(await tpms.make(WANTED)).toBe(true);
    expect(tpms.store.value).toMatchObject({ making: null, busy: false, problem: null });
    expect(tpms.store.value.list?.[1]).toMatchObject({ name: "Lab", certificates: 9, usedAt: null, use: "none" });
    expect(await contentOf("Lab")).toEqual({ state: [2], variables: null });
    expect(said).toHaveLength(1);
  });

  test("of a name that can't be is refused before seconds are spent on it", async () => {
    const makeNew = vi.fn();
    const { tpms } = await open({ makeNew });
    for (const [name, reason] of [
      ["DEFAULT", "taken"],
      [" ", "empty"],
    ] as const) {
      expect(await tpms.make({ ...WANTED, name })).toBe(false);
      expect(tpms.store.value.problem).toEqual({ kind: "name", reason });
    }
    expect(makeNew).not.toHaveBeenCalled();
    tpms.dismiss();
    expect(tpms.store.value.problem).toBeNull();
  });

  test("that is given up is nowhere, even if it comes after all; the next one is made", async () => {
    let complete: (tpm: ReturnType<typeof made>) => void = () => {};
    let begun: () => void = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let isFirst = true;
    const { tpms, names, said } = await open({
      makeNew: () => {
        if (!isFirst) return Promise.resolve(made(4));
        isFirst = false;
        begun();
        return new Promise((resolve) => {
          complete = resolve;
        });
      },
    });
    const making = tpms.make(WANTED);
    await hasBegun;
    expect(await tpms.make({ ...WANTED, name: "Another" })).toBe(false);
    tpms.cancelMaking();
    expect(await making).toBe(false);
    complete(made(3));
    expect(tpms.store.value).toMatchObject({ making: null, problem: null, busy: false });
    expect([names(), said]).toEqual([["default"], []]);
    expect(await tpms.make(WANTED)).toBe(true);
    expect(await contentOf("Lab")).toEqual({ state: [4], variables: null });
  });

  test("that can't be made leaves all as it was, and the reason is said", async () => {
    const gone = new TypeError("Failed to fetch dynamically imported module: https://x/y.js");
    const { tpms, names, said } = await open({ makeNew: () => Promise.reject(gone) });
    expect(await tpms.make(WANTED)).toBe(false);
    expect(tpms.store.value).toMatchObject({ making: null, problem: { kind: "not loaded" } });
    expect([names(), said.length]).toEqual([["default"], 1]);
  });
});

test("a clone is the same to the octet, with variables and settings; a new identity is what was made of it", async () => {
  const { tpms } = await open();
  expect(await tpms.copy("default", "Twin", "same")).toBe(true);
  expect(await tpms.copy("default", "Other", "new")).toBe(true);
  expect(await contentOf("Twin")).toEqual({ state: [1], variables: [7] });
  expect(await contentOf("Other")).toEqual({ state: [101], variables: [7] });
  expect(await contentOf("default")).toEqual({ state: [1], variables: [7] });
  expect([...settings.values()]).toEqual(Array(3).fill("its settings"));
  expect(await tpms.copy("nobody", "Third", "same")).toBe(false);
  expect(tpms.store.value.problem).toEqual({ kind: "gone", reason: "" });
});

test("an imported file is looked at first, and comes beside the others", async () => {
  const factsOf = vi.fn(never);
  const { tpms, names } = await open({ factsOf });
  const large = { size: 1e9, arrayBuffer: never } as unknown as File;
  expect(await tpms.import(large, "Large")).toBe(false);
  expect(tpms.store.value.problem).toEqual({ kind: "file", reason: "large" });
  expect(await tpms.import(new File(["a letter"], "x"), "Letter")).toBe(false);
  expect(tpms.store.value.problem).toEqual({ kind: "file", reason: "other" });
  expect(factsOf).not.toHaveBeenCalled();
  expect(names()).toEqual(["default"]);
});

test("the page's own TPM is not its own while another tab has it", async () => {
  const { tpms } = await open({}, { isOwner: () => false });
  expect(tpms.store.value.list).toMatchObject([{ name: "default", use: "none" }]);
  const own = await open();
  expect(own.tpms.store.value.list).toMatchObject([{ name: "default", use: "here" }]);
});
