/** No response to a use of lockoutAuth leaves before the store has it, whichever store: sync, async, refusing, killed. */
import { afterEach, describe, expect, it } from "vitest";
import { rc } from "../spec/testkit/responseCode.ts";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import type { TpmStore } from "../store/store.ts";
import { StoreError } from "../store/store.ts";
import type { InlineTpm, Tpm } from "./api.ts";
import { createTpmOn } from "./create.ts";
import { nodePlatform } from "./node.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { lockReset, readClock, responseCode, startup } from "./testkit/commands.ts";
import { coreFactory } from "./wasm.ts";

const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
const AUTH_FAIL = rc("TPM_RC_AUTH_FAIL", { session: 1 });
const LOCKOUT = rc("TPM_RC_LOCKOUT");
const RIGHT = new Uint8Array(0);
const WRONG = Uint8Array.of(8);
const newCore = coreFactory(nodePlatform.wasm, nodePlatform.compile);
const turn = () => new Promise((resolve) => setImmediate(resolve));

const open: Tpm[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((tpm) => tpm.close()));
});
const ask = async (tpm: Tpm, bytes: Uint8Array) => responseCode(await tpm.execute(bytes));

describe.each(BACKENDS)("a use of lockoutAuth, %s", (_name, make) => {
  async function started(store: TpmStore, keepsOpen = false): Promise<Tpm> {
    const tpm = make({ store, newCore });
    if (!keepsOpen) open.push(tpm);
    await tpm.powerOn();
    expect(await ask(tpm, startup())).toBe(0);
    return tpm;
  }

  it("with a store that refuses is TPM_RC_NV_UNAVAILABLE, right or wrong, in each power cycle", async () => {
    for (const auth of [RIGHT, WRONG]) {
      let refuses = false;
      const store = new FaultyStore(new MemoryStore(), () => (refuses ? "quota" : "ok"));
      const tpm = await started(store);
      refuses = true;
      for (let i = 0; i < 3; i++) expect(await ask(tpm, lockReset(auth))).toBe(NV_UNAVAILABLE);
      refuses = false;
      await tpm.powerOn();
      expect(await ask(tpm, startup())).toBe(0);
      expect(await ask(tpm, lockReset(RIGHT))).toBe(0);
    }
  });

  it("has no answer while the store has none, right or wrong; and a wrong one is in the store then", async () => {
    for (const [auth, expected] of [
      [RIGHT, 0],
      [WRONG, AUTH_FAIL],
    ] as const) {
      const medium = new MemoryMedium();
      let write: () => void = () => {};
      const written = new Promise<void>((resolve) => {
        write = resolve;
      });
      let slow = false;
      const store = new FaultyStore(new MemoryStore(medium), () => (slow ? written : "ok"));
      const tpm = await started(store);
      const { commits } = store;
      const before = medium.blob;
      slow = true;
      let answer: number | null = null;
      const asked = ask(tpm, lockReset(auth)).then((code) => {
        answer = code;
      });
      while (store.commits === commits) await turn();
      for (let i = 0; i < 5; i++) await turn();
      expect([answer, medium.blob]).toEqual([null, before]);
      write();
      await asked;
      expect(answer).toBe(expected);
      slow = false;
      await tpm.powerOn();
      expect(await ask(tpm, startup())).toBe(0);
      expect(await ask(tpm, lockReset(RIGHT))).toBe(auth === RIGHT ? 0 : LOCKOUT);
    }
  });

  it.each(["die-before", "die-after"] as const)(
    "of a process that is killed (%s the write) has no answer",
    async (death) => {
      for (const auth of [RIGHT, WRONG]) {
        const medium = new MemoryMedium();
        let dies = false;
        const store = new FaultyStore(new MemoryStore(medium), () => (dies ? death : "ok"));
        // It never closes: its process is gone.
        const tpm = await started(store, true);
        dies = true;
        let answered = false;
        void tpm.execute(lockReset(auth)).then(
          () => {
            answered = true;
          },
          () => {},
        );
        await store.died;
        for (let i = 0; i < 5; i++) await turn();
        expect(answered).toBe(false);
        medium.owner = null;
        const next = await started(new MemoryStore(medium));
        const isStored = death === "die-after" && auth === WRONG;
        expect(await ask(next, lockReset(RIGHT))).toBe(isStored ? LOCKOUT : 0);
      }
    },
  );
});

describe("a use of lockoutAuth, at once", () => {
  it("with a store that refuses is TPM_RC_NV_UNAVAILABLE, right or wrong", async () => {
    for (const auth of [RIGHT, WRONG]) {
      let refuses = false;
      class Refusing extends MemoryStore {
        override commitSync(blob: Uint8Array): void {
          if (refuses) throw new StoreError("Injected: the quota is used up.", { code: "full" });
          super.commitSync(blob);
        }
      }
      const tpm = createTpmOn(nodePlatform, { store: new Refusing() }) as InlineTpm;
      open.push(tpm);
      await tpm.powerOn();
      expect(responseCode(tpm.executeSync(startup()))).toBe(0);
      refuses = true;
      for (let i = 0; i < 3; i++) expect(responseCode(tpm.executeSync(lockReset(auth)))).toBe(NV_UNAVAILABLE);
      refuses = false;
      expect(responseCode(tpm.executeSync(lockReset(RIGHT)))).toBe(auth === RIGHT ? 0 : LOCKOUT);
      expect(responseCode(tpm.executeSync(readClock()))).toBe(0);
    }
  });
});
