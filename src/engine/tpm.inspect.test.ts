import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { furnish, recordOf } from "../../asm/testkit/inspection.ts";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { TpmCoreError } from "./core.ts";
import type { TpmInspection } from "./inspection.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, gate, run } from "./testkit/bench.ts";
import { OP } from "./testkit/fakeCore.ts";

let record: Uint8Array;
beforeAll(async () => {
  record = recordOf((await furnish()).tpm);
});

describe.each(BACKENDS)("inspect, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  it("answers between two slices, before the command that is in execution and those that wait", async () => {
    const order: string[] = [];
    let looking: Promise<TpmInspection> | undefined;
    const look = async () => {
      const inspection = await tpm.inspect();
      order.push("inspected");
      return inspection;
    };
    const tpm = bench.start({
      record,
      onCall: (name) => {
        if (name === "step") looking ??= look();
      },
    });
    await tpm.powerOn();
    const slow = run(tpm, OP.slow, 200).then(() => order.push("slow"));
    await Promise.all([slow, run(tpm, OP.read).then(() => order.push("waiting"))]);
    expect(order).toEqual(["inspected", "slow", "waiting"]);
    const { profile, nvIndices } = (await looking) as TpmInspection;
    expect([profile, nvIndices.length]).toEqual(["full", 3]);
  });

  it("is no command: there is no event of it, it is not busy, and TPM2_Shutdown does not wait for it", async () => {
    const tpm = bench.start({ record });
    const events: unknown[] = [];
    tpm.on("command", (event) => events.push(event));
    await tpm.powerOn();
    const looking = tpm.inspect();
    expect(tpm.busy).toBe(false);
    await looking;
    expect(events).toEqual([]);
    const again = tpm.inspect();
    // The fake core knows no TPM2_Shutdown; it was sent.
    expect(await tpm.shutDown()).toBe(false);
    await again;
    expect(events).toHaveLength(1);
  });

  it("answers while the store takes its time", async () => {
    const { promise, release } = gate();
    let isSlow = false;
    const store = new FaultyStore(new MemoryStore(), () => (isSlow ? promise : "ok"));
    const tpm = bench.start({ record, store });
    await tpm.powerOn();
    isSlow = true;
    const change = run(tpm, OP.increment);
    await tpm.inspect();
    release();
    expect(await change).toMatchObject({ responseCode: 0 });
  });

  it("waits for a _TPM_Init that is to come, and for nothing else", async () => {
    const tpm = bench.start({ record });
    const on = tpm.powerOn();
    expect((await tpm.inspect()).started).toBe(true);
    await on;
  });

  it("needs power, and loses its answer with it", async () => {
    const tpm = bench.start({ record });
    await tpm.ready;
    expect(await errorOf(tpm.inspect())).toBeInstanceOf(TpmPoweredOffError);
    await tpm.powerOn();
    await tpm.powerOff();
    expect(await errorOf(tpm.inspect())).toBeInstanceOf(TpmPoweredOffError);
  });

  it("tells of the stand-in after a trap, and costs a core that can't tell nothing", async () => {
    const tpm = bench.start({ record, profile: "libtpms-0.9" });
    await tpm.powerOn();
    await run(tpm, OP.trap);
    // The stand-in's record says "full", as any fresh instance's.
    expect((await tpm.inspect()).profile).toBe("libtpms-0.9");
    const mute = bench.start();
    await mute.powerOn();
    expect(await errorOf(mute.inspect())).toBeInstanceOf(TpmCoreError);
    expect(await run(mute, OP.increment)).toMatchObject({ responseCode: 0, counter: 1 });
  });
});
