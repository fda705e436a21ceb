import { describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreLockedError, type TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import type { Core, TpmProfile } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { StateKeeper } from "./stateKeeper.ts";
import { StateLoader } from "./stateLoader.ts";
import { fakeBlob, fakeCore, PROFILE_NUMBER } from "./testkit/fakeCore.ts";

const LIBTPMS = PROFILE_NUMBER["libtpms-0.9"];

interface Options {
  /** What is stored at first. */
  blob?: Uint8Array;
  profile?: TpmProfile;
  store?: (medium: MemoryMedium) => TpmStore;
  newCore?: () => Promise<Core>;
  onCall?: (name: string) => void;
}

function make({ blob, profile, store = (medium) => new MemoryStore(medium), newCore, onCall }: Options = {}) {
  const medium = new MemoryMedium();
  medium.blob = blob ?? null;
  const memories: ArrayBuffer[] = [];
  const keeper = new StateKeeper(store(medium), () => {});
  const core = async () => fakeCore({ onMemory: (memory) => memories.push(memory), ...(onCall && { onCall }) });
  const loader = new StateLoader({ newCore: newCore ?? core, keeper, profile });
  return {
    loader,
    keeper,
    medium,
    /** For each core there was, whether it is wiped. */
    wiped: () => memories.map((memory) => new Uint8Array(memory).every((byte) => byte === 0)),
  };
}
const stateErrorOf = (promise: Promise<unknown>) => errorOf<TpmStateError>(promise);
const refusesCommit = (number: number) => (medium: MemoryMedium) =>
  new FaultyStore(new MemoryStore(medium), (commit) => (commit === number ? "quota" : "ok"));

describe("a TPM that is opened", () => {
  it.each([
    [undefined, "full"],
    ["full", "full"],
    ["libtpms-0.9", "libtpms-0.9"],
  ] as const)("is made where there is none, with the profile asked for: %s", async (profile, made) => {
    const { loader, medium, wiped } = make(profile ? { profile } : {});
    expect([loader.profile, loader.established]).toEqual([null, false]);
    await loader.open(false);
    expect([loader.profile, loader.established, wiped()]).toEqual([made, false, [false]]);
    expect(medium.blob).toEqual(fakeBlob(0, { profile: PROFILE_NUMBER[made] }));
  });

  it("is the stored one where there is one, whose profile need not be named", async () => {
    const blob = fakeBlob(7, { profile: LIBTPMS, established: 1 });
    const { loader, medium, wiped } = make({ blob });
    await loader.open(false);
    expect([loader.profile, loader.established, medium.blob]).toEqual(["libtpms-0.9", true, blob]);
    expect(wiped()).toEqual([false]);
  });

  it("tells the core that what it made is stored, and not before", async () => {
    const calls: string[] = [];
    const { loader } = make({ onCall: (name) => calls.push(name) });
    await loader.open(false);
    expect(calls).toEqual(["manufacture", "saveState", "committed"]);
    const refused: string[] = [];
    const other = make({ onCall: (name) => refused.push(name), store: refusesCommit(1) });
    expect(await errorOf(other.loader.open(false))).toMatchObject({ code: "full" });
    expect([refused, other.loader.profile]).toEqual([["manufacture", "saveState"], null]);
  });

  it("is not there without a core; then the store is given back", async () => {
    const { loader, keeper, medium } = make({ newCore: () => Promise.reject(new Error("no core")) });
    expect((await errorOf(loader.open(false))).message).toBe("no core");
    expect([keeper.isOpen, medium.owner, loader.profile]).toEqual([false, null, null]);
  });

  it("is not there when the store is another's, unless it is taken over", async () => {
    const { loader, medium } = make({ blob: fakeBlob(3) });
    const other = new MemoryStore(medium);
    other.openSync();
    expect(await errorOf(loader.open(false))).toBeInstanceOf(StoreLockedError);
    await loader.open(true);
    expect(loader.profile).toBe("full");
  });

  it("is refused when it is of another profile than the one asked for", async () => {
    const { loader, wiped } = make({ blob: fakeBlob(7, { profile: LIBTPMS }), profile: "full" });
    const error = await stateErrorOf(loader.open(false));
    expect([error.constructor, error.reason]).toEqual([TpmStateError, "profile"]);
    expect(error.message).toContain("in the memory store) has profile");
    expect(error.message).toContain("Leave the profile out, or make a new TPM.");
    expect([loader.profile, wiped()]).toEqual([null, [true]]);
  });
});

describe("a core for a power cycle", () => {
  it("has the state of the last commit, and is not wiped", async () => {
    const { loader, keeper, wiped } = make({ blob: fakeBlob(7) });
    await loader.open(false);
    const first = await loader.loadedCore();
    expect([first.saveState(), wiped()]).toEqual([fakeBlob(7), [false]]);
    first.wipe({ hasTrapped: false });
    await keeper.commit(fakeBlob(8, { established: 1 }));
    const core = await loader.loadedCore();
    expect(core.saveState()).toEqual(fakeBlob(8, { established: 1 }));
    expect([loader.established, core.established]).toEqual([true, true]);
    core.powerOn();
    expect(wiped()).toEqual([true, false]);
  });

  it.each([fakeBlob(7), undefined])("is the one that the TPM was opened with, once", async (blob) => {
    const calls: string[] = [];
    const { loader, wiped } = make({ ...(blob && { blob }), onCall: (name) => calls.push(name) });
    await loader.open(false);
    const opened = blob ? ["loadState"] : ["manufacture", "saveState", "committed"];
    const first = await loader.loadedCore();
    expect([calls, wiped()]).toEqual([opened, [false]]);
    expect(await loader.loadedCore()).not.toBe(first);
    expect([calls, wiped()]).toEqual([
      [...opened, "loadState"],
      [false, false],
    ]);
  });

  it("is another one, and the first is wiped, when the state is no longer what it was opened with", async () => {
    const { loader, keeper, wiped } = make({ blob: fakeBlob(7) });
    await loader.open(false);
    await keeper.commit(fakeBlob(8));
    expect((await loader.loadedCore()).saveState()).toEqual(fakeBlob(8));
    expect(wiped()).toEqual([true, false]);
  });

  it("is kept no longer than until the TPM is closed, has failed or is opened again", async () => {
    const { loader, wiped } = make({ blob: fakeBlob(7) });
    await loader.open(false);
    loader.forget();
    expect(wiped()).toEqual([true]);
    await loader.open(true);
    await loader.open(true);
    expect(wiped()).toEqual([true, true, false]);
  });

  it("there is none of a state that was damaged since, or is gone; it is wiped", async () => {
    const { loader, keeper, wiped } = make({ blob: fakeBlob(7) });
    await loader.open(false);
    await keeper.commit(Uint8Array.of(1, 2, 3));
    expect((await stateErrorOf(loader.loadedCore())).message).toContain("(3 bytes in the memory store) is damaged");
    await keeper.archive();
    expect((await stateErrorOf(loader.loadedCore())).message).toContain("(0 bytes in the memory store) is damaged");
    expect(wiped()).toEqual([true, true, true]);
  });
});

describe("a state that is given", () => {
  it.each([
    ["damaged", "(3 bytes) is damaged. The TPM keeps the one that it has", Uint8Array.of(1, 2, 3)],
    ["damaged", "(9000 bytes) is larger than any state can be. The TPM keeps", new Uint8Array(9000)],
    ["newer", "(16 bytes) was written by a newer tabtpm. Update tabtpm; the TPM keeps", fakeBlob(1, { version: 2 })],
    ["profile", "Leave the profile out; the TPM keeps the state that it has.", fakeBlob(1, { profile: LIBTPMS })],
  ] as const)("and is %s replaces nothing, and nothing is said of keeping it: %s", async (reason, why, blob) => {
    const { loader, medium, wiped } = make({ blob: fakeBlob(7), profile: "full" });
    await loader.open(false);
    const error = await stateErrorOf(loader.replace(blob));
    expect([error.constructor, error.reason]).toEqual([TpmStateError, reason]);
    expect(error.message).toMatch(/^The state that was given \(/);
    expect(error.message).toContain(why);
    expect([medium.blob, loader.profile, medium.kept.size]).toEqual([fakeBlob(7), "full", 0]);
    expect(wiped()).toEqual([false, true]);
  });

  it("replaces the old one, durably", async () => {
    const { loader, medium, wiped } = make({ blob: fakeBlob(7) });
    await loader.open(false);
    const given = fakeBlob(41, { profile: LIBTPMS, established: 1 });
    await loader.replace(given);
    expect([medium.blob, loader.profile, loader.established]).toEqual([given, "libtpms-0.9", true]);
    expect([medium.kept.size, wiped()]).toEqual([0, [true, true]]);
  });

  it("that the store refuses is not this TPM's", async () => {
    const { loader, medium, wiped } = make({ blob: fakeBlob(7), store: refusesCommit(1) });
    await loader.open(false);
    const given = fakeBlob(41, { profile: LIBTPMS, established: 1 });
    expect(await errorOf(loader.replace(given))).toMatchObject({ code: "full" });
    expect([medium.blob, loader.profile, loader.established]).toEqual([fakeBlob(7), "full", false]);
    expect(wiped()).toEqual([false, true]);
  });
});

describe("a new TPM", () => {
  it.each([
    [undefined, undefined, "full"],
    ["libtpms-0.9", undefined, "libtpms-0.9"],
    ["libtpms-0.9", "full", "full"],
    [undefined, "libtpms-0.9", "libtpms-0.9"],
  ] as const)("of a loader asked for %s, made as %s, is %s", async (asked, profile, made) => {
    const { loader, medium, wiped } = make(asked ? { profile: asked } : {});
    await loader.open(false);
    await loader.renew(profile, undefined);
    expect([loader.profile, medium.blob]).toEqual([made, fakeBlob(0, { profile: PROFILE_NUMBER[made] })]);
    expect([medium.kept.size, wiped()]).toEqual([0, [true, true]]);
  });

  it("that was made elsewhere comes with its profile, whatever was asked for", async () => {
    const { loader, medium } = make({ blob: fakeBlob(7), profile: "full" });
    await loader.open(false);
    const given = fakeBlob(41, { profile: LIBTPMS });
    await loader.renew("full", given);
    expect([loader.profile, medium.blob]).toEqual(["libtpms-0.9", given]);
  });

  it.each([
    ["damaged", Uint8Array.of(1)],
    ["newer", fakeBlob(7, { version: 2 })],
    ["of another profile", fakeBlob(7, { profile: LIBTPMS })],
  ])("sets a state aside that is %s, once", async (_why, blob) => {
    const { loader, medium } = make({ blob, profile: "full" });
    await errorOf(loader.open(false));
    expect(medium.blob).toEqual(blob);
    await loader.renew(undefined, undefined);
    expect([...medium.kept.values()]).toEqual([blob]);
    await loader.renew(undefined, undefined);
    expect([medium.kept.size, medium.blob]).toEqual([1, fakeBlob(0)]);
  });

  it("from elsewhere that can't be used leaves the damaged one where it is", async () => {
    const { loader, medium } = make({ blob: Uint8Array.of(1) });
    await errorOf(loader.open(false));
    expect((await errorOf(loader.renew(undefined, Uint8Array.of(2)))).message).toContain("The state that was given");
    expect([medium.blob, medium.kept.size]).toEqual([Uint8Array.of(1), 0]);
  });

  it("sets nothing aside that is not the state's fault", async () => {
    let traps = true;
    const onCall = (name: string) => {
      if (traps && name === "loadState") throw new WebAssembly.RuntimeError("unreachable");
    };
    const { loader, medium, wiped } = make({ blob: fakeBlob(7), onCall });
    expect((await errorOf(loader.open(false))).message).toBe("unreachable");
    expect(wiped()).toEqual([true]);
    traps = false;
    await loader.renew(undefined, undefined);
    expect([medium.kept.size, medium.blob]).toEqual([0, fakeBlob(0)]);
  });

  it("sets nothing aside either when the state was good after all", async () => {
    const { loader, medium } = make({ blob: Uint8Array.of(1) });
    await errorOf(loader.open(false));
    medium.blob = fakeBlob(7);
    await loader.open(false);
    await loader.renew(undefined, undefined);
    expect(medium.kept.size).toBe(0);
  });
});
