import { afterEach, describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreError, type TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { TpmStateError } from "./errors.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, gate, run, turn, until } from "./testkit/bench.ts";
import { command, counterOf, fakeBlob, OP } from "./testkit/fakeCore.ts";

describe.each(BACKENDS)("TPM, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  describe("start", () => {
    it("stores a new TPM before it is ready, and has no power then", async () => {
      const medium = new MemoryMedium();
      const tpm = bench.start({ medium });
      expect(tpm.power).toBe("off");
      await tpm.ready;
      expect(medium.blob).toEqual(fakeBlob(0));
      expect(tpm.power).toBe("off");
      expect(tpm.state()).toMatchObject({ power: "off", profile: "full", store: "memory", stateSize: 16, error: null });
      expect(await errorOf(tpm.execute(command(OP.read)))).toBeInstanceOf(TpmPoweredOffError);
    });

    it("executes commands that were queued behind powerOn() before it was ready", async () => {
      const tpm = bench.start();
      void tpm.powerOn();
      expect(await run(tpm, OP.increment)).toMatchObject({ responseCode: 0, counter: 1 });
      expect(tpm.power).toBe("on");
    });

    it("loads what another TPM object stored", async () => {
      const medium = new MemoryMedium();
      const first = bench.start({ medium });
      await first.powerOn();
      await run(first, OP.increment);
      await first.close();
      const second = bench.start({ medium });
      await second.powerOn();
      expect(await run(second, OP.read)).toMatchObject({ counter: 1 });
    });

    it.each([
      ["damaged", "(3 bytes in the memory store) is damaged. It was kept;", Uint8Array.of(1, 2, 3)],
      [
        "damaged",
        "(9000 bytes in the memory store) is larger than any state can be. It was kept;",
        new Uint8Array(9000),
      ],
      ["damaged", "(0 bytes in the memory store) is damaged. It was kept;", new Uint8Array(0)],
      ["newer", "was written by a newer tabtpm. Update tabtpm,", fakeBlob(7, { version: 2 })],
    ] as const)("reports a %s state and keeps it: %s", async (reason, why, blob) => {
      const medium = new MemoryMedium();
      medium.blob = blob.slice();
      const tpm = bench.start({ medium });
      const error = (await errorOf(tpm.ready)) as TpmStateError;
      expect([error.constructor, error.reason]).toEqual([TpmStateError, reason]);
      expect(error.message).toContain(why);
      expect(tpm.power).toBe("failed");
      expect(tpm.state().error).toMatchObject({ name: "TpmStateError", message: error.message });
      expect(await errorOf(tpm.powerOn())).toBeInstanceOf(TpmStateError);
      expect(await errorOf(tpm.execute(command(OP.read)))).toBeInstanceOf(TpmStateError);
      expect(medium.blob).toEqual(blob);
      expect(await tpm.exportState()).toEqual(blob);

      await tpm.newTpm();
      await tpm.ready;
      expect(tpm.power).toBe("off");
      await tpm.powerOn();
      expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0, counter: 0 });
      expect([...medium.kept.values()]).toEqual([blob]);
      await tpm.newTpm();
      expect(medium.kept.size).toBe(1);
    });

    it("loads a state that was repaired since; it is an old one when a new TPM is made, and none to be set aside", async () => {
      const medium = new MemoryMedium();
      medium.blob = Uint8Array.of(1, 2, 3);
      const tpm = bench.start({ medium });
      expect(await errorOf(tpm.ready)).toMatchObject({ reason: "damaged" });
      medium.blob = fakeBlob(7);
      await tpm.takeOver();
      expect([tpm.power, tpm.state().error]).toEqual(["off", null]);
      await tpm.newTpm();
      expect([counterOf(medium.blob), medium.kept.size]).toEqual([0, 0]);
    });

    it("keeps the profile of the manufacture, and says so when another one is asked for", async () => {
      const medium = new MemoryMedium();
      await bench.start({ medium, profile: "libtpms-0.9" }).close();
      const other = bench.startUnowned({ medium, profile: "full" });
      const error = (await errorOf(other.ready)) as TpmStateError;
      expect([error.constructor, error.reason]).toEqual([TpmStateError, "profile"]);
      expect(error.message).toContain('"libtpms-0.9"');
      await other.close();
      for (const options of [{ profile: "libtpms-0.9" as const }, {}]) {
        const tpm = bench.startUnowned({ medium, ...options });
        await tpm.ready;
        expect(tpm.state().profile).toBe("libtpms-0.9");
        await tpm.close();
      }
      const tpm = bench.start({ medium });
      await tpm.newTpm({ profile: "full" });
      expect([tpm.state().profile, medium.kept.size]).toEqual(["full", 0]);
    });

    it("takes a new TPM that was made elsewhere, with its profile, or leaves the old one as it is", async () => {
      const elsewhere = bench.start({ medium: new MemoryMedium(), profile: "libtpms-0.9" });
      await elsewhere.powerOn();
      await run(elsewhere, OP.increment);
      const permanent = (await elsewhere.exportState()) as Uint8Array;

      const medium = new MemoryMedium();
      const tpm = bench.start({ medium, profile: "full" });
      await tpm.ready;
      const old = medium.blob;
      const error = (await errorOf(tpm.newTpm({ permanent: Uint8Array.of(1, 2, 3) }))) as TpmStateError;
      expect([error.reason, medium.blob, tpm.state().profile]).toEqual(["damaged", old, "full"]);
      await tpm.newTpm({ permanent });
      expect([medium.blob, tpm.state().profile, tpm.power]).toEqual([permanent, "libtpms-0.9", "off"]);
      await tpm.powerOn();
      expect(await run(tpm, OP.read)).toMatchObject({ counter: 1 });
    });

    it("sets a damaged state aside for one that was made elsewhere", async () => {
      const elsewhere = bench.start({ medium: new MemoryMedium() });
      await elsewhere.ready;
      const permanent = (await elsewhere.exportState()) as Uint8Array;
      const medium = new MemoryMedium();
      medium.blob = Uint8Array.of(9);
      const tpm = bench.start({ medium });
      await errorOf(tpm.ready);
      await errorOf(tpm.newTpm({ permanent: Uint8Array.of(1) }));
      expect([medium.blob, medium.kept.size, tpm.power]).toEqual([Uint8Array.of(9), 0, "failed"]);
      await tpm.newTpm({ permanent });
      expect([medium.blob, [...medium.kept.values()], tpm.power]).toEqual([permanent, [Uint8Array.of(9)], "off"]);
    });

    it("fails when a new TPM can't be stored", async () => {
      const tpm = bench.start({ store: new FaultyStore(new MemoryStore(), () => "quota") });
      expect(await errorOf(tpm.ready)).toMatchObject({ name: "StoreError", code: "full" });
      expect(tpm.power).toBe("failed");
    });

    it("fails when there is no core, and lets go of the store", async () => {
      const medium = new MemoryMedium();
      const tpm = make({ store: new MemoryStore(medium), newCore: () => Promise.reject(new Error("no core")) });
      expect((await errorOf(tpm.ready)).message).toBe("no core");
      expect([tpm.power, medium.owner]).toEqual(["failed", null]);
      await tpm.close();
    });
  });

  describe("power", () => {
    it("off loses the command in execution and those behind it, at once", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const lost = [run(tpm, OP.slow, 255), run(tpm, OP.increment)].map((answer) => errorOf(answer));
      const off = tpm.powerOff();
      expect(tpm.power).toBe("off");
      for (const error of lost) expect(await error).toBeInstanceOf(TpmPoweredOffError);
      await off;
      await tpm.powerOn();
      expect(await run(tpm, OP.read)).toMatchObject({ counter: 0 });
    });

    it.each([
      ["stores it", "ok", 1],
      ["refuses it", "abort", 0],
    ] as const)(
      "off during a commit gives no response; afterwards the state is as the store says: %s",
      async (_how, fault, counter) => {
        const { promise, release } = gate();
        const medium = new MemoryMedium();
        const inner = new MemoryStore(medium);
        let isSlow = false;
        let isCommitting = false;
        const slow: TpmStore = {
          kind: "memory",
          open: () => inner.open(),
          async commit(blob) {
            if (isSlow) {
              isCommitting = true;
              await promise;
              if (fault === "abort") throw new StoreError("aborted", { code: "aborted" });
            }
            await inner.commit(blob);
          },
          exportBlob: () => inner.exportBlob(),
          archive: () => inner.archive(),
          close: () => inner.close(),
        };
        const tpm = bench.start({ store: slow });
        await tpm.powerOn();
        isSlow = true;
        const answer = errorOf(run(tpm, OP.increment));
        await until(() => isCommitting);
        await tpm.powerOff();
        expect(await answer).toBeInstanceOf(TpmPoweredOffError);
        const on = tpm.powerOn();
        const read = run(tpm, OP.read);
        let answered = false;
        void read.then(() => {
          answered = true;
        });
        await turn();
        expect(answered).toBe(false);
        release();
        await on;
        expect(await read).toMatchObject({ responseCode: 0, counter });
        expect(counterOf(medium.blob)).toBe(counter);
      },
    );

    it("on again resets the volatile state, and loses the command in execution only", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      await run(tpm, OP.setRegister, 7);
      await run(tpm, OP.increment);
      const lost = errorOf(run(tpm, OP.slow, 255));
      const on = tpm.powerOn();
      const after = run(tpm, OP.read);
      expect(tpm.power).toBe("on");
      expect(await lost).toBeInstanceOf(TpmPoweredOffError);
      await on;
      expect(await after).toMatchObject({ responseCode: 0, counter: 1, register: 0 });
    });

    it("on twice is one _TPM_Init after the other; off in between wins", async () => {
      const medium = new MemoryMedium();
      const tpm = bench.start({ medium, initChangesState: true });
      await tpm.ready;
      await Promise.all([tpm.powerOn(), tpm.powerOn()]);
      expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0 });
      const overtaken = errorOf(tpm.powerOn());
      const off = tpm.powerOff();
      expect(await overtaken).toBeInstanceOf(TpmPoweredOffError);
      await off;
      expect(tpm.power).toBe("off");
    });

    it("off wipes the memory of every core", async () => {
      const memories: ArrayBuffer[] = [];
      const tpm = bench.start({ onMemory: (memory) => memories.push(memory) });
      await tpm.powerOn();
      await run(tpm, OP.increment);
      await Promise.all([tpm.powerOn(), tpm.powerOn()]);
      await run(tpm, OP.increment);
      await tpm.close();
      expect(memories.length).toBeGreaterThan(1);
      for (const memory of memories) expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true);
    });

    it("never on is wiped when it is closed or fails", async () => {
      for (const isTaken of [false, true]) {
        const medium = new MemoryMedium();
        const memories: ArrayBuffer[] = [];
        const wiped = () => memories.map((memory) => new Uint8Array(memory).every((byte) => byte === 0));
        const tpm = bench.start({ medium, onMemory: (memory) => memories.push(memory) });
        await tpm.ready;
        expect(wiped()).toEqual([false]);
        if (isTaken) {
          new MemoryStore(medium).openSync({ takeOver: true });
          await until(() => tpm.power === "failed");
        } else await tpm.close();
        expect(wiped()).toEqual([true]);
      }
    });

    it("off in the middle of _TPM_Init wipes its core", async () => {
      const { promise, release } = gate();
      const memories: ArrayBuffer[] = [];
      const store = new FaultyStore(new MemoryStore(), (commit) => (commit === 2 ? promise : "ok"));
      const tpm = bench.start({ store, initChangesState: true, onMemory: (memory) => memories.push(memory) });
      const overtaken = errorOf(tpm.powerOn());
      await until(() => store.commits === 2);
      const off = tpm.powerOff();
      release();
      expect(await overtaken).toBeInstanceOf(TpmPoweredOffError);
      await off;
      expect(memories.length).toBe(1);
      for (const memory of memories) expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true);
    });
  });

  describe("a new TPM on request", () => {
    it("replaces the old one and has no power", async () => {
      const medium = new MemoryMedium();
      const tpm = bench.start({ medium });
      await tpm.powerOn();
      await run(tpm, OP.increment);
      const lost = errorOf(run(tpm, OP.slow, 255));
      await tpm.newTpm();
      expect(await lost).toBeInstanceOf(TpmPoweredOffError);
      expect([tpm.power, counterOf(medium.blob)]).toEqual(["off", 0]);
      await tpm.powerOn();
      expect(await run(tpm, OP.read)).toMatchObject({ counter: 0 });
    });

    it("that can't be stored leaves the old one", async () => {
      const medium = new MemoryMedium();
      const store = new FaultyStore(new MemoryStore(medium), (commit) => (commit === 3 ? "quota" : "ok"));
      const tpm = bench.start({ store });
      await tpm.powerOn();
      await run(tpm, OP.increment);
      expect(await errorOf(tpm.newTpm())).toMatchObject({ code: "full" });
      await tpm.powerOn();
      expect(await run(tpm, OP.read)).toMatchObject({ counter: 1 });
    });
  });

  describe("close", () => {
    it("loses what is pending, gives the store back and is final", async () => {
      const medium = new MemoryMedium();
      const tpm = bench.start({ medium });
      await tpm.powerOn();
      const lost = errorOf(run(tpm, OP.slow, 255));
      const closing = tpm.close();
      expect(await lost).toBeInstanceOf(TpmPoweredOffError);
      await closing;
      await tpm.close();
      expect([medium.owner, tpm.power]).toEqual([null, "off"]);
      for (const call of [tpm.powerOn(), tpm.execute(command(OP.read)), tpm.newTpm(), tpm.takeOver()]) {
        expect(await errorOf(call)).toBeInstanceOf(TpmPoweredOffError);
      }
      await tpm.powerOff();
    });

    it("waits for the commit in flight", async () => {
      const { promise, release } = gate();
      const medium = new MemoryMedium();
      const store = new FaultyStore(new MemoryStore(medium), (commit) => (commit === 2 ? promise : "ok"));
      const tpm = bench.start({ store });
      await tpm.powerOn();
      const lost = errorOf(run(tpm, OP.increment));
      await until(() => store.commits === 2);
      const closing = tpm.close();
      expect(await lost).toBeInstanceOf(TpmPoweredOffError);
      expect(medium.owner).not.toBeNull();
      release();
      await closing;
      expect([medium.owner, counterOf(medium.blob)]).toEqual([null, 1]);
    });
  });
});
