import { afterEach, describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreError } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import type { TpmCommandEvent } from "./api.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, gate, run, turn, until } from "./testkit/bench.ts";
import { command, counterOf, decode, fakeBlob, OP } from "./testkit/fakeCore.ts";

describe.each(BACKENDS)("TPM, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  describe("commands", () => {
    it("are executed in the order of the calls", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => run(tpm, i % 5 === 0 ? OP.slow : OP.increment, 2)),
      );
      expect(answers.map(({ counter }) => counter)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });

    it("are copied before the call returns", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const bytes = command(OP.setRegister, 5);
      const answer = tpm.execute(bytes);
      bytes[1] = 9;
      expect(decode(await answer).register).toBe(5);
    });

    it("carry their locality; others than 0 to 4 are refused", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      for (const locality of [0, 1, 2, 3, 4] as const) {
        expect(decode(await tpm.execute(command(OP.read), { locality })).locality).toBe(locality);
      }
      for (const locality of [-1, 5, 1.5] as unknown as 0[]) {
        expect(await errorOf(tpm.execute(command(OP.read), { locality }))).toBeInstanceOf(RangeError);
      }
    });

    it("longer than the buffer answer TPM_RC_COMMAND_SIZE", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      expect(decode(await tpm.execute(new Uint8Array(4097))).responseCode).toBe(0x142);
      expect(decode(await tpm.execute(new Uint8Array(4096))).responseCode).toBe(0);
    });

    it("are reported with their responses", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const events: TpmCommandEvent[] = [];
      const off = tpm.on("command", (event) => events.push(event));
      const now = () => performance.timeOrigin + performance.now();
      const before = now();
      const response = await tpm.execute(command(OP.slow, 3), { locality: 2 });
      off();
      await run(tpm, OP.read);
      expect(events).toMatchObject([{ command: command(OP.slow, 3), response, locality: 2 }]);
      expect(events[0]!.duration).toBeGreaterThanOrEqual(0);
      const { startedAt, duration } = events[0]!;
      expect(startedAt).toBeGreaterThanOrEqual(before);
      expect(startedAt + duration).toBeLessThanOrEqual(now());
    });

    it("end with TPM_RC_CANCELED when they are cancelled between two slices", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const answer = run(tpm, OP.slow, 255);
      tpm.cancel();
      expect((await answer).responseCode).toBe(0x909);
      expect(await run(tpm, OP.increment)).toMatchObject({ counter: 1 });
    });

    it("that wait behind an event are cancelled, and the event is not", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const event = tpm.hashEnd();
      const answer = run(tpm, OP.slow, 255);
      tpm.cancel();
      expect((await answer).responseCode).toBe(0x909);
      await event;
      expect(tpm.established).toBe(true);
    });

    it("are not touched by a cancel that came before them", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      tpm.cancel();
      expect(await run(tpm, OP.slow, 3)).toMatchObject({ responseCode: 0, counter: 1 });
    });

    it("are cancelled one by one through their signals", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      const controller = new AbortController();
      const first = run(tpm, OP.slow, 5);
      const second = tpm.execute(command(OP.slow, 255), { signal: controller.signal });
      const third = run(tpm, OP.slow, 2);
      controller.abort();
      expect(await first).toMatchObject({ responseCode: 0, counter: 1 });
      expect(decode(await second).responseCode).toBe(0x909);
      expect(await third).toMatchObject({ responseCode: 0, counter: 2 });
    });
  });

  describe("commit before response", () => {
    it("holds the response back until the store has the state", async () => {
      const { promise, release } = gate();
      const store = new FaultyStore(new MemoryStore(), (commit) => (commit === 2 ? promise : "ok"));
      const tpm = bench.start({ store });
      await tpm.powerOn();
      let answered = false;
      const answer = run(tpm, OP.increment).finally(() => {
        answered = true;
      });
      await until(() => store.commits === 2);
      await turn();
      expect([answered, store.stored]).toEqual([false, 1]);
      release();
      expect(await answer).toMatchObject({ responseCode: 0, counter: 1 });
      expect(store.stored).toBe(2);
    });

    it("commits nothing for a command that changed nothing", async () => {
      const store = new FaultyStore(new MemoryStore());
      const tpm = bench.start({ store });
      await tpm.powerOn();
      await run(tpm, OP.read);
      await run(tpm, OP.setRegister, 1);
      expect(store.commits).toBe(1);
    });

    it.each(["abort", "quota"] as const)(
      "answers TPM_RC_NV_UNAVAILABLE on %s, rolls back and recovers",
      async (fault) => {
        const medium = new MemoryMedium();
        const store = new FaultyStore(new MemoryStore(medium), (commit) =>
          commit === 3 || commit === 4 ? fault : "ok",
        );
        const tpm = bench.start({ store });
        const errors: StoreError[] = [];
        tpm.on("storeError", (error) => errors.push(error));
        await tpm.powerOn();
        expect(await run(tpm, OP.increment)).toMatchObject({ responseCode: 0, counter: 1 });
        expect((await run(tpm, OP.increment)).responseCode).toBe(0x923);
        expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0, counter: 1 });
        expect((await run(tpm, OP.slow, 2)).responseCode).toBe(0x923);
        expect(counterOf(medium.blob)).toBe(1);
        expect(await run(tpm, OP.increment)).toMatchObject({ responseCode: 0, counter: 2 });
        expect(counterOf(medium.blob)).toBe(2);
        expect(errors.map(({ code }) => code)).toEqual(Array(2).fill(fault === "quota" ? "full" : "aborted"));
        expect(errors[0]).toBeInstanceOf(StoreError);
        expect(tpm.power).toBe("on");
      },
    );

    it.each([1, 2, 3, 4].flatMap((at) => [["die-before", at, at - 2] as const, ["die-after", at, at - 1] as const]))(
      "%s commit %i: a restart finds %i increments",
      async (fault, at, expected) => {
        const medium = new MemoryMedium();
        const store = new FaultyStore(new MemoryStore(medium), (commit) => (commit === at ? fault : "ok"));
        const dying = bench.startUnowned({ store });
        void dying.powerOn().catch(() => {});
        let acknowledged = 0;
        for (let i = 0; i < 4; i++) {
          void run(dying, OP.increment).then(
            ({ counter }) => {
              acknowledged = counter;
            },
            () => {},
          );
        }
        await store.died;
        await turn();
        medium.owner = null;
        const tpm = bench.start({ medium });
        await tpm.powerOn();
        // Dying before the first commit leaves no TPM at all, and a new one is made.
        expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0, counter: Math.max(0, expected) });
        expect(acknowledged).toBe(Math.max(0, at - 2));
      },
    );

    it("stores what _TPM_Init changed before it answers a command", async () => {
      const medium = new MemoryMedium();
      const store = new FaultyStore(new MemoryStore(medium), (commit) =>
        commit === 2 || commit === 3 ? "abort" : "ok",
      );
      const tpm = bench.start({ store, initChangesState: true });
      await tpm.powerOn();
      expect(medium.blob).toEqual(fakeBlob(0));
      expect((await run(tpm, OP.read)).responseCode).toBe(0x923);
      expect((await run(tpm, OP.read)).responseCode).toBe(0);
      expect(medium.blob).toEqual(fakeBlob(0, { inits: 1 }));
    });
  });

  describe("a trap", () => {
    it.each([
      ["in a command", OP.trap],
      ["when the state is saved", OP.trapInSave],
    ])("%s answers TPM_RC_FAILURE until _TPM_Init, and commits nothing", async (_where, op) => {
      const medium = new MemoryMedium();
      const tpm = bench.start({ medium });
      await tpm.powerOn();
      await run(tpm, OP.increment);
      const answer = await tpm.execute(command(op));
      expect([answer.length, decode(answer).responseCode]).toEqual([10, 0x101]);
      expect((await run(tpm, OP.read)).responseCode).toBe(0x101);
      await tpm.hashStart();
      expect(tpm.state()).toMatchObject({ power: "on", failureMode: true, error: { message: "unreachable" } });
      expect(counterOf(medium.blob)).toBe(1);
      await tpm.powerOn();
      expect(tpm.state()).toMatchObject({ power: "on", failureMode: false, error: null });
      expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0, counter: 1 });
    });

    it("leaves a TPM in failure mode: TPM2_GetTestResult and TPM2_GetCapability answer from a fresh instance", async () => {
      const medium = new MemoryMedium();
      const calls: string[] = [];
      const tpm = bench.start({ medium, onCall: (name) => calls.push(name) });
      await tpm.powerOn();
      await run(tpm, OP.increment);
      const blob = medium.blob;
      calls.length = 0;
      expect((await run(tpm, OP.trap)).responseCode).toBe(0x101);
      for (let i = 0; i < 2; i++) {
        expect(await run(tpm, OP.getTestResult)).toMatchObject({ responseCode: 0, counter: 0 });
        expect((await run(tpm, OP.increment)).responseCode).toBe(0x101);
      }
      expect((await run(tpm, OP.trap)).responseCode).toBe(0x101);
      // The instance that stands in has neither state nor power, and nothing of it is saved.
      expect(calls.filter((name) => name !== "execute")).toEqual(["fail"]);
      expect(medium.blob).toEqual(blob);
      await tpm.powerOn();
      expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0, counter: 1 });
    });

    it("is not the TPM's own failure mode, in which the core answers", async () => {
      const tpm = bench.start();
      await tpm.powerOn();
      await run(tpm, OP.failureMode);
      expect(tpm.state()).toMatchObject({ failureMode: true, error: null });
      expect((await run(tpm, OP.read)).responseCode).toBe(0x101);
      await tpm.powerOn();
      expect(tpm.state().failureMode).toBe(false);
    });
  });

  describe("locality 4 events", () => {
    it("set tpmEstablished, which outlives power, until localities 3 or 4 reset it", async () => {
      const medium = new MemoryMedium();
      const calls: string[] = [];
      const tpm = bench.start({ medium, onCall: (name) => calls.push(name) });
      await tpm.powerOn();
      expect(tpm.established).toBe(false);
      calls.length = 0;
      await Promise.all([tpm.hashStart(), tpm.hashData(new Uint8Array(10_000).fill(1)), tpm.hashEnd()]);
      expect(calls.filter((name) => name.startsWith("hash"))).toEqual([
        "hashStart",
        "hashData 4096",
        "hashData 4096",
        "hashData 1808",
        "hashEnd",
      ]);
      expect(await run(tpm, OP.read)).toMatchObject({ register: 10_000 });
      expect([tpm.established, medium.blob?.[3]]).toEqual([true, 1]);
      await tpm.powerOn();
      expect(tpm.established).toBe(true);
      expect(await tpm.resetEstablished(1)).toBe(false);
      expect(tpm.established).toBe(true);
      expect(await tpm.resetEstablished(4)).toBe(true);
      expect([tpm.established, medium.blob?.[3]]).toEqual([false, 0]);
    });

    it("that can't be stored are undone and rejected", async () => {
      const store = new FaultyStore(new MemoryStore(), (commit) => (commit === 2 ? "quota" : "ok"));
      const tpm = bench.start({ store });
      await tpm.powerOn();
      expect(await errorOf(tpm.hashEnd())).toMatchObject({ name: "StoreError", code: "full" });
      expect(tpm.established).toBe(false);
      await tpm.hashEnd();
      expect(tpm.established).toBe(true);
    });

    it("need power", async () => {
      const tpm = bench.start();
      await tpm.ready;
      expect(await errorOf(tpm.hashStart())).toBeInstanceOf(TpmPoweredOffError);
      expect(await errorOf(tpm.resetEstablished(4))).toBeInstanceOf(TpmPoweredOffError);
    });
  });
});
