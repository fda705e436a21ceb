import { afterEach, describe, expect, it } from "vitest";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmCoreError } from "./core.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { serve } from "./serve.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, run, turn, until } from "./testkit/bench.ts";
import { fakeBlob, fakeCore, OP } from "./testkit/fakeCore.ts";

describe.each(BACKENDS)("what a TPM tells of itself, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  it("power, when it has changed: a reset is no change", async () => {
    const tpm = bench.start();
    const powers: string[] = [];
    tpm.on("power", (power) => powers.push(power));
    await tpm.powerOn();
    await tpm.powerOn();
    await tpm.powerOff();
    await tpm.powerOn();
    expect(powers).toEqual(["on", "off", "on"]);
  });

  it("its state, when something in it has changed", async () => {
    const tpm = bench.start();
    const states: unknown[] = [];
    tpm.on("state", ({ power, lastCommit }) => states.push([power, lastCommit !== null]));
    await tpm.powerOn();
    await run(tpm, OP.read);
    const before = states.length;
    await run(tpm, OP.read);
    expect(states.length).toBe(before);
    expect(states.at(-1)).toEqual(["on", true]);
    await tpm.powerOff();
    expect(states.at(-1)).toEqual(["off", true]);
  });

  it("power before the state that has it", async () => {
    const medium = new MemoryMedium();
    const tpm = bench.start({ medium });
    let told = tpm.power;
    const states: [ofState: string, told: string][] = [];
    tpm.on("power", (power) => {
      told = power;
    });
    tpm.on("state", ({ power }) => {
      states.push([power, told]);
    });
    await tpm.powerOn();
    await run(tpm, OP.increment);
    await tpm.powerOff();
    await tpm.newTpm();
    await tpm.powerOn();
    const other = bench.start({ medium });
    await errorOf(other.ready);
    await other.takeOver();
    await until(() => states.at(-1)?.[0] === "failed");
    for (const [ofState, told] of states) expect(ofState).toBe(told);
    expect(new Set(states.map(([ofState]) => ofState))).toEqual(new Set(["off", "on", "failed"]));
  });

  it("that another one is in its place, once that is stored, and nothing of one that is refused", async () => {
    const medium = new MemoryMedium();
    const tpm = bench.start({ medium });
    const found: unknown[] = [];
    tpm.on("replaced", () => found.push([tpm.power, medium.blob]));
    await tpm.powerOn();
    await run(tpm, OP.increment);
    expect(await errorOf(tpm.importState(fakeBlob(7)))).toBeInstanceOf(Error);
    await tpm.powerOff();
    await errorOf(tpm.newTpm({ permanent: Uint8Array.of(1) }));
    expect(found).toEqual([]);
    await tpm.newTpm();
    await tpm.importState(fakeBlob(7));
    expect(found).toEqual([
      ["off", fakeBlob(0)],
      ["off", fakeBlob(7)],
    ]);
  });

  it("that it failed, once, when it can't start", async () => {
    const medium = new MemoryMedium();
    medium.blob = Uint8Array.of(1);
    const tpm = bench.start({ medium });
    const events: unknown[] = [];
    tpm.on("power", (power) => events.push(power));
    tpm.on("state", ({ power, error }) => events.push([power, error?.name]));
    await errorOf(tpm.ready);
    await turn();
    expect(events).toEqual(["failed", ["failed", "TpmStateError"]]);
  });

  it("why it failed when its core traps while _TPM_Init stores, and it can be started again", async () => {
    const medium = new MemoryMedium();
    medium.blob = fakeBlob(7);
    let traps = true;
    const onCall = (name: string) => {
      if (traps && name === "saveState") throw new WebAssembly.RuntimeError("unreachable");
    };
    const tpm = bench.start({ medium, initChangesState: true, onCall });
    const error = await errorOf(tpm.powerOn());
    expect(error).toBeInstanceOf(TpmCoreError);
    expect(error.message).toBe(
      "The TPM core failed at _TPM_Init: unreachable. That is a defect of tabtpm; the TPM's state is kept in its store.",
    );
    expect((error.cause as Error).message).toBe("unreachable");
    expect(tpm.state()).toMatchObject({ power: "failed", error: { message: error.message } });
    expect(medium.blob).toEqual(fakeBlob(7));
    traps = false;
    await tpm.takeOver();
    await tpm.powerOn();
    expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0, counter: 7 });
  });

  it.each(["powerOn", "loadVolatile"])("why it failed when its core traps in %s", async (call) => {
    const onCall = (name: string) => {
      if (name === call) throw new WebAssembly.RuntimeError("unreachable");
    };
    const tpm = bench.start({ onCall });
    const error = await errorOf(tpm.powerOn({ volatile: new Uint8Array(4) }));
    expect(error).toBeInstanceOf(TpmCoreError);
    expect(error.message).toContain("failed at _TPM_Init: unreachable.");
    expect(tpm.power).toBe("failed");
  });
});

describe("a worker that starts", () => {
  /** What it says until it is ready. */
  async function messages(blob: Uint8Array | null): Promise<FromWorker[]> {
    const said: FromWorker[] = [];
    let receive: (message: ToWorker) => void = () => {};
    const medium = new MemoryMedium();
    medium.blob = blob;
    const parts = { makeStore: () => new MemoryStore(medium), coreFactory: () => async () => fakeCore() };
    const channel = {
      post: (message: FromWorker) => said.push(message),
      listen(onMessage: (message: ToWorker) => void) {
        receive = onMessage;
      },
    };
    serve(channel, parts);
    // Before it is told what to be, it is nothing.
    receive({ type: "call", id: 1, name: "exportState", args: [] });
    receive({ type: "start", store: { kind: "memory" }, profile: undefined, wasm: new Uint8Array() });
    await until(() => said.some(({ type }) => type === "ready"));
    return said;
  }

  it("says its status once, and that it is ready", async () => {
    expect(await messages(null)).toMatchObject([
      { type: "status", status: { isFailed: false, profile: "full", stateSize: 16, error: null } },
      { type: "ready", outcome: { ok: true } },
    ]);
  });

  it("or why it is not", async () => {
    expect(await messages(Uint8Array.of(1))).toMatchObject([
      { type: "status", status: { isFailed: true, profile: null, error: { reason: "damaged" } } },
      { type: "ready", outcome: { ok: false, error: { reason: "damaged" } } },
    ]);
  });
});
