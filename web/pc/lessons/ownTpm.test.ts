import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { NamedTpms } from "../../../src/index.ts";
import { OwnTpms } from "./ownTpm.ts";
import { type ProgressStore, progressInMemory } from "./progress.ts";

const PAGE = "https://tpm.example/x/";
const PCRS = { kind: "lesson", id: "pcrs" } as const;
const SEAL = { kind: "lesson", id: "seal" } as const;

let named: NamedTpms;
let progress: ProgressStore;
/** The page, as far as it goes: where it is, and the identifier of the TPM in use. */
let address: string;
let current: string;

beforeEach(async () => {
  const locks = {
    request: async (_name: string, _options: unknown, callback: (lock: object) => unknown) => callback({}),
    query: async () => ({ held: [], pending: [] }),
  };
  named = new NamedTpms({ indexedDB: new IDBFactory() as unknown as IDBFactory, locks: locks as never });
  progress = progressInMemory();
  address = PAGE;
  current = await named.add("default", { state: Uint8Array.of(1), variables: null });
});

/** What a visit has; `left` resolves when the page goes. */
function visit(options: { goes?: boolean } = {}) {
  let made = 10;
  const make = async (certificates: boolean) => ({
    state: Uint8Array.of(made++),
    facts: { profile: "full", certificates: certificates ? 9 : 0 },
  });
  let onLeft = () => {};
  const left = new Promise<void>((resolve) => {
    onLeft = resolve;
  });
  const goTo = async (place: () => Promise<string>): Promise<never> => {
    if (options.goes === false) throw new TypeError("The page can't be loaded anew.");
    address = await place();
    const name = new URL(address).searchParams.get("tpm");
    current = name === null ? "default" : ((await named.find(name))?.id ?? "default");
    onLeft();
    return new Promise<never>(() => {});
  };
  return { left, own: new OwnTpms({ named, progress, current, make, goTo, address: () => address }) };
}
const names = async () => (await named.list()).map(({ name }) => name);
/** Does it, and comes to the next visit. */
async function go(work: (own: OwnTpms) => Promise<never>): Promise<void> {
  const { own, left } = visit();
  await Promise.race([left, work(own)]);
}
const begin = (place: typeof PCRS | typeof SEAL, name: string, isDone = false) =>
  go((own) => own.begin(place, name, false, isDone));

test("a lesson gets a TPM of its own, by the page's address alone; the user's is the one of the next visit", async () => {
  address = `${PAGE}?tpm=default&append=quiet&lang=de#lesson=pcrs`;
  await begin(PCRS, "Lesson: PCRs");
  expect(await names()).toEqual(["default", "Lesson: PCRs"]);
  expect(address).toBe(`${PAGE}?lang=de&tpm=Lesson%3A+PCRs#lesson=pcrs`);
  expect(await visit().own.placeOfCurrent()).toEqual(PCRS);
  expect((await named.read("default"))?.state).toEqual(Uint8Array.of(1));
});

test("begun anew it has another one under the same name, and is at its first step", async () => {
  await begin(PCRS, "Lesson: PCRs");
  const first = current;
  await progress.change("lesson=pcrs", { passed: 3, passedAt: 5, prepared: "yes" });
  await begin(PCRS, "Lesson: PCRs");
  expect(await names()).toEqual(["default", "Lesson: PCRs"]);
  expect(current).not.toBe(first);
  expect(await progress.read("lesson=pcrs")).toMatchObject({ passed: 0, passedAt: 5, prepared: "no", tpm: current });
});

test("left and gone on with it is the same one; left when it is passed, it is deleted, and stays passed", async () => {
  await begin(PCRS, "Lesson: PCRs");
  const own = current;
  await go((own) => own.leave(PCRS, false));
  expect([address, current]).toEqual([`${PAGE}#learn`, "default"]);
  expect(await visit().own.tpmsOf([PCRS, SEAL])).toEqual([own, null]);
  await go((own) => own.goOn(PCRS));
  expect(current).toBe(own);
  await progress.change("lesson=pcrs", { passed: 4, passedAt: 7 });
  await go((own) => own.leave(PCRS, true));
  expect(await names()).toEqual(["default"]);
  expect(await progress.read("lesson=pcrs")).toMatchObject({ tpm: null, passed: 0, passedAt: 7 });
});

test("from one lesson to the next: the passed one's TPM goes, and the way back leads to where the first was begun", async () => {
  const lab = await named.add("Lab", { state: Uint8Array.of(2), variables: null });
  address = `${PAGE}?tpm=Lab`;
  current = lab;
  await begin(PCRS, "Lesson: PCRs");
  await begin(SEAL, "Lesson: Seal", true);
  expect(await names()).toEqual(["default", "Lab", "Lesson: Seal"]);
  await go((own) => own.leave(SEAL, false));
  expect(current).toBe(lab);
});

test("a TPM of the user's that has the name already stays what it is", async () => {
  const theirs = await named.add("Lesson: PCRs", { state: Uint8Array.of(3), variables: null });
  await begin(PCRS, "Lesson: PCRs");
  expect(await names()).toEqual(["default", "Lesson: PCRs", "Lesson: PCRs 2"]);
  expect(current).not.toBe(theirs);
  expect((await named.read(theirs))?.state).toEqual(Uint8Array.of(3));
});

test("one that the user has deleted is not gone on with", async () => {
  await begin(PCRS, "Lesson: PCRs");
  await named.remove(current);
  expect(await visit().own.tpmsOf([PCRS])).toEqual([null]);
});

test("where the page can't be loaded anew everything is as it was", async () => {
  await expect(visit({ goes: false }).own.begin(PCRS, "Lesson: PCRs", false, false)).rejects.toThrow("loaded anew");
  await vi.waitFor(async () => expect(await names()).toEqual(["default"]));
  expect(await visit().own.placeOfCurrent()).toBeNull();
});

test("where the browser has no room left, what was made before is still there", async () => {
  await begin(PCRS, "Lesson: PCRs");
  const before = current;
  progress = { ...progress, change: () => Promise.reject(new Error("There is no room left.")) };
  await expect(visit().own.begin(PCRS, "Lesson: PCRs", false, false)).rejects.toThrow("no room left");
  await vi.waitFor(async () => expect(await names()).toEqual(["default", "Lesson: PCRs"]));
  expect((await visit().own.placeOfCurrent())?.id).toBe("pcrs");
  expect((await named.list()).some(({ id }) => id === before)).toBe(true);
});
