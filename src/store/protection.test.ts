import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { assert, asyncProperty, integer } from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createTpmOn } from "../engine/create.ts";
import { TpmStateError } from "../engine/errors.ts";
import { nodePlatform } from "../engine/node.ts";
import {
  isSealedWithPassphrase,
  makePassphraseKey,
  type PassphraseKey,
  sealWithPassphrase,
} from "../passphrase/index.ts";
import { IndexedDbStore } from "./indexedDb.ts";
import { NamedTpms } from "./namedTpms.ts";
import { SealedStateError, type Secret } from "./store.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { FakeLockOrigin } from "./testkit/fakeLocks.ts";
import { faultyIndexedDb } from "./testkit/faultyIndexedDb.ts";

const CHEAP = { cost: { logN: 14, r: 8, p: 1 } };
const STATE = Uint8Array.from({ length: 400 }, (_, i) => i);
const VARIABLES = Uint8Array.of(1, 2, 3);
const KEPT = Uint8Array.of(9, 9);

let factory: IDBFactory;
let origin: FakeLockOrigin;
let old: PassphraseKey;
let next: PassphraseKey;
beforeAll(async () => {
  [old, next] = (await Promise.all(["old", "new"].map((words) => makePassphraseKey(words, CHEAP)))) as [
    PassphraseKey,
    PassphraseKey,
  ];
});
beforeEach(() => {
  factory = new FakeFactory() as unknown as IDBFactory;
  origin = new FakeLockOrigin();
});
afterEach(() => void vi.restoreAllMocks());

let tabs = 0;
const options = () => ({ indexedDB: factory, locks: origin.client(`tab-${tabs++}`), lockWaitMs: 5 });
const storeOf = (secret?: Secret, name = "a") => new IndexedDbStore({ ...options(), name, secret });

/** Everything that is in the database. */
async function stored(name = "a"): Promise<Map<string, unknown>> {
  const request = factory.open(`tabtpm/${name}`);
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  const store = request.result.transaction("tpm").objectStore("tpm");
  const [keys, values] = [store.getAllKeys(), store.getAll()];
  await new Promise((resolve) => {
    values.onsuccess = resolve;
  });
  request.result.close();
  return new Map(keys.result.map((key, i) => [String(key), values.result[i]]));
}
async function put(key: string, value: unknown, name = "a"): Promise<void> {
  const request = factory.open(`tabtpm/${name}`);
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  const transaction = request.result.transaction("tpm", "readwrite");
  transaction.objectStore("tpm").put(value, key);
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  request.result.close();
}
async function fill(secret?: Secret, name = "a"): Promise<void> {
  const store = storeOf(secret, name);
  await store.open();
  await store.commit(KEPT);
  await store.archive();
  await store.commit(STATE);
  await store.commitVariables(VARIABLES);
  await store.close();
}
/** What is found with it; the lock is free before and afterwards. */
async function found(secret?: Secret) {
  const store = storeOf(secret);
  try {
    return { state: await store.open(), variables: await store.readVariables() };
  } finally {
    await store.close();
  }
}
const WHOLE = { state: STATE, variables: VARIABLES };

describe("a TPM's database with a passphrase", () => {
  it("has nothing in it that is not encrypted, and all of it opens", async () => {
    for (const secret of [old, "words"]) {
      factory = new FakeFactory() as unknown as IDBFactory;
      await fill(secret);
      const values = [...(await stored())].filter(([key]) => key !== "epoch");
      expect(values.map(([key]) => key.replace(/\/.*/, "/"))).toEqual(["kept/", "state", "variables"]);
      for (const [, value] of values) expect(isSealedWithPassphrase(value as Uint8Array)).toBe(true);
      expect(await found(secret)).toEqual(WHOLE);
    }
  });

  it("is exported without it where it is open, and as it is stored where not", async () => {
    await fill(old);
    expect(isSealedWithPassphrase((await storeOf().exportBlob()) as Uint8Array)).toBe(true);
    const store = storeOf(old);
    await store.open();
    expect(await store.exportBlob()).toEqual(STATE);
  });

  it("says why it does not open, each in its class, and is what it was", async () => {
    await fill(old);
    const state = (await stored()).get("state") as Uint8Array;
    const newer = state.slice();
    newer[9] = 2;
    newer.set(new Uint8Array(await crypto.subtle.digest("SHA-256", newer.slice(0, -32))), newer.length - 32);
    const others = await sealWithPassphrase(STATE, old, { purpose: "permanent", context: "b" });
    const exported = await sealWithPassphrase(STATE, old, { purpose: "export", context: "a" });
    const variables = (await stored()).get("variables");
    for (const [value, secret, reason] of [
      [state, undefined, "missing"],
      [state, next, "wrong-passphrase"],
      [state, "old.", "wrong-passphrase"],
      [newer, undefined, "newer"],
      [newer, old, "newer"],
      [others, old, "other"],
      [others, "old", "other"],
      [exported, old, "other"],
      [variables, old, "other"],
      [STATE, old, "plain"],
    ] as const) {
      await put("state", value);
      const error = await errorOf(found(secret));
      expect(error).toBeInstanceOf(SealedStateError);
      expect([error, reason]).toEqual([expect.objectContaining({ reason, code: "permission" }), reason]);
      expect((await stored()).get("state")).toEqual(value);
    }
  });

  it("is damaged whatever octet has changed, with a passphrase and without", async () => {
    await fill(old);
    const state = (await stored()).get("state") as Uint8Array;
    await assert(
      // From behind the magic on: without that it is a state that no core takes.
      asyncProperty(integer({ min: 8, max: state.length - 1 }), integer({ min: 1, max: 255 }), async (at, mask) => {
        const damaged = state.slice();
        damaged[at] = (damaged[at] as number) ^ mask;
        await put("state", damaged);
        for (const secret of [old, undefined]) {
          const store = storeOf(secret);
          expect(await store.open()).toEqual(damaged);
          expect(store.damage).toMatch(/^is damaged: /);
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
    for (let at = 0; at < 8; at++) {
      const damaged = state.slice();
      damaged[at] = (damaged[at] as number) ^ 1;
      await put("state", damaged);
      expect(await errorOf(found(old))).toMatchObject({ reason: "plain", message: expect.stringContaining("damaged") });
    }
  });

  it.each([
    ["set", undefined, "next"],
    ["changed", "old", "next"],
    ["taken away", "old", undefined],
  ] as const)(
    "is %s in one transaction: a page that goes at any moment leaves the old or the new",
    async (_, from, to) => {
      const keys = { old, next };
      const before = from && keys[from];
      const after = to && keys[to];
      let calls = 1;
      for (const kind of ["throws", "aborts"] as const) {
        for (let at = 0; at < calls; at++) {
          factory = new FakeFactory() as unknown as IDBFactory;
          await fill(before);
          const store = storeOf(before);
          await store.open();
          const faults = faultyIndexedDb(at, kind, true);
          const error = await store.protect(after ?? null).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          calls = Math.max(calls, faults.calls.length + 1);
          faults.restore();
          await store.close();
          const isOld = error !== undefined;
          expect([at, await found(isOld ? before : after)]).toEqual([at, WHOLE]);
          if (!isOld) {
            const sealed = [...(await stored())].filter(([, value]) => value instanceof Uint8Array);
            for (const [, value] of sealed)
              expect(isSealedWithPassphrase(value as Uint8Array)).toBe(after !== undefined);
          }
        }
      }
      expect(calls).toBeGreaterThan(4);
    },
  );

  it("keeps what another passphrase encrypted when it was set aside", async () => {
    await fill(old);
    const aside = await sealWithPassphrase(KEPT, next, { purpose: "permanent", context: "a" });
    await put("kept/2026", aside);
    const store = storeOf(old);
    await store.open();
    await store.protect(null);
    await store.commit(STATE);
    await store.close();
    expect((await stored()).get("kept/2026")).toEqual(aside);
    expect(await found()).toEqual(WHOLE);
  });

  it("is written by nobody else meanwhile", async () => {
    await fill(old);
    const store = storeOf(old);
    await store.open();
    await storeOf(old).open({ takeOver: true });
    expect(await errorOf(store.protect(null))).toMatchObject({ code: "fenced" });
    expect(isSealedWithPassphrase((await stored()).get("state") as Uint8Array)).toBe(true);
  });

  it("is taken away from nobody by who can't open it", async () => {
    await fill(old);
    const owner = storeOf(old);
    await owner.open();
    for (const [secret, reason] of [
      [next, "wrong-passphrase"],
      ["old.", "wrong-passphrase"],
      [undefined, "missing"],
    ] as const) {
      expect(await errorOf(storeOf(secret).open({ takeOver: true }))).toMatchObject({ reason });
      await owner.commit(STATE);
    }
    expect(await storeOf("old").open({ takeOver: true })).toEqual(STATE);
    expect(await errorOf(owner.commit(STATE))).toMatchObject({ code: "fenced" });
  });

  it("stays given up to its migration where that has not its passphrase", async () => {
    await fill(old);
    const source = storeOf(old);
    await source.open();
    await source.giveUp("00112233445566778899aabbccddeeff");
    const migration = { migration: "00112233445566778899aabbccddeeff" };
    expect(await errorOf(storeOf(next).open(migration))).toMatchObject({ reason: "wrong-passphrase" });
    expect(await errorOf(storeOf().open(migration))).toMatchObject({ reason: "missing" });
    expect(await errorOf(storeOf(old).open())).toMatchObject({ code: "given-up" });
    expect(await storeOf(old).open(migration)).toEqual(STATE);
  });

  it("is not encrypted with what can't be a passphrase, whatever is in it", async () => {
    for (const isFilled of [false, true]) {
      const store = storeOf();
      await store.open();
      if (isFilled) await store.commit(STATE);
      for (const words of ["", "x".repeat(2000)]) {
        expect(await errorOf(store.protect(words))).toMatchObject({ name: "SealedStateError", reason: "unusable" });
      }
      await store.commit(STATE);
      await store.close();
      expect((await stored()).get("state")).toEqual(STATE);
      expect(await errorOf(storeOf("").open())).toMatchObject({ reason: "unusable" });
    }
  });

  it("lies among others, which are listed, added, read and given one without being in use", async () => {
    const named = new NamedTpms(options());
    const id = await named.add("Kept", { state: STATE, variables: VARIABLES, secret: old });
    await named.add("Open", { state: STATE, variables: null });
    expect((await named.list()).map(({ name, isProtected }) => [name, isProtected])).toEqual([
      ["Kept", true],
      ["Open", undefined],
    ]);
    expect(isSealedWithPassphrase((await named.read(id))?.state as Uint8Array)).toBe(true);
    expect(await errorOf(named.protect(id, next, null))).toMatchObject({ reason: "wrong-passphrase" });
    await named.protect(id, old, next);
    await named.protect(id, next, null);
    expect(await named.read(id)).toEqual(WHOLE);
    await named.protect("Open", undefined, old);
    expect(await errorOf(named.protect("Open", old, "x".repeat(2000)))).toMatchObject({ reason: "unusable" });
    expect((await named.list()).map(({ isProtected }) => isProtected)).toEqual([undefined, true]);
  });
});

describe("a TPM with such a store", () => {
  const tpmOf = (store: IndexedDbStore) => createTpmOn(nodePlatform, { store });

  it("waits for its passphrase, refuses a wrong one, and goes on with the right one", async () => {
    const first = tpmOf(storeOf());
    await first.ready;
    await first.storeVariables(VARIABLES);
    await first.setPassphrase(old);
    const plain = await first.exportState();
    await first.close();
    expect(isSealedWithPassphrase((await stored()).get("state") as Uint8Array)).toBe(true);

    const second = tpmOf(storeOf());
    expect(await errorOf(second.ready)).toMatchObject({ name: "SealedStateError", reason: "missing" });
    const before = (await stored()).get("state");
    expect(await errorOf(second.unlock(next))).toMatchObject({ reason: "wrong-passphrase" });
    expect(await errorOf(second.ready)).toMatchObject({ reason: "wrong-passphrase" });
    expect((await stored()).get("state")).toEqual(before);
    await second.unlock("old");
    await second.ready;
    expect(await second.exportState()).toEqual(plain);
    expect(await second.readVariables()).toEqual(VARIABLES);
    await second.powerOn();
    await second.setPassphrase(next);
    await second.setPassphrase(null);
    expect(second.power).toBe("on");
    await second.close();
    expect((await stored()).get("variables")).toEqual(VARIABLES);
  });

  it("is damaged, can be set aside, and another one is made", async () => {
    const first = tpmOf(storeOf(old));
    await first.ready;
    await first.close();
    const damaged = (await stored()).get("state") as Uint8Array;
    damaged[100] = (damaged[100] as number) ^ 1;
    await put("state", damaged);
    const second = tpmOf(storeOf());
    const error = await errorOf(second.ready);
    expect(error).toBeInstanceOf(TpmStateError);
    expect(error).toMatchObject({ reason: "damaged", message: expect.stringContaining("checksum") });
    expect(await second.exportState()).toEqual(damaged);
    await second.newTpm();
    await second.close();
    expect([...(await stored())].find(([key]) => key.startsWith("kept/"))?.[1]).toEqual(damaged);
  });

  it("has none where its store can't", async () => {
    const tpm = createTpmOn(nodePlatform, { store: { kind: "memory" } });
    await tpm.ready;
    expect(await errorOf(tpm.setPassphrase("x"))).toMatchObject({ code: "unavailable" });
    await tpm.close();
  });
});
