import { afterEach, describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { TpmStateError } from "./errors.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, run } from "./testkit/bench.ts";
import { fakeBlob, OP } from "./testkit/fakeCore.ts";

describe.each(BACKENDS)("TPM, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  it("is saved between two commands, and another one goes on from there", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    void run(tpm, OP.slow, 5);
    void run(tpm, OP.setRegister, 9);
    const { permanent, volatile } = await tpm.snapshot();
    const other = bench.start({ medium: new MemoryMedium() });
    await other.importState(permanent);
    await other.powerOn({ volatile });
    expect(await run(other, OP.read)).toMatchObject({ counter: 1, register: 9 });
    // The volatile state is for one _TPM_Init only.
    await other.powerOn();
    expect(await run(other, OP.read)).toMatchObject({ counter: 1, register: 0 });
  });

  it("has no power when the volatile state does not fit, and can be turned on without", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    const error = await errorOf(tpm.powerOn({ volatile: new Uint8Array(3) }));
    expect(error).toBeInstanceOf(TpmStateError);
    expect(error).toMatchObject({ reason: "volatile" });
    expect(tpm.power).toBe("off");
    expect(await errorOf(tpm.snapshot())).toBeInstanceOf(TpmPoweredOffError);
    await tpm.powerOn();
    expect(await run(tpm, OP.read)).toMatchObject({ counter: 0 });
  });

  it("keeps the power of a later _TPM_Init when the volatile state of an earlier one does not fit", async () => {
    let later: Promise<void> | undefined;
    const tpm = bench.start({
      onCall: (name) => {
        if (name === "loadVolatile") later ??= tpm.powerOn();
      },
    });
    expect(await errorOf(tpm.powerOn({ volatile: new Uint8Array(3) }))).toMatchObject({ reason: "volatile" });
    expect(tpm.power).toBe("on");
    await later;
    expect(await run(tpm, OP.increment)).toMatchObject({ responseCode: 0, counter: 1 });
  });

  it("takes a permanent state durably, without power, and only a good one", async () => {
    const medium = new MemoryMedium();
    const tpm = bench.start({ medium });
    await tpm.ready;
    await tpm.importState(fakeBlob(41));
    expect(medium.blob).toEqual(fakeBlob(41));
    const damaged = await errorOf(tpm.importState(new Uint8Array(7)));
    expect(damaged).toMatchObject({ reason: "damaged" });
    expect(damaged.message).toContain(
      "The state that was given (7 bytes) is damaged. The TPM keeps the one that it has",
    );
    expect(await errorOf(tpm.importState(fakeBlob(1, { version: 2 })))).toMatchObject({ reason: "newer" });
    expect(medium.blob).toEqual(fakeBlob(41));
    await tpm.powerOn();
    expect(await run(tpm, OP.increment)).toMatchObject({ counter: 42 });
    expect((await errorOf(tpm.importState(fakeBlob(1)))).message).toContain("cut it before");
    expect(await run(tpm, OP.read)).toMatchObject({ counter: 42 });
  });

  it("keeps its state when the store refuses another", async () => {
    // The first commit is of the new TPM.
    const tpm = bench.start({ store: new FaultyStore(new MemoryStore(), (n) => (n === 2 ? "quota" : "ok")) });
    await tpm.ready;
    expect(await errorOf(tpm.importState(fakeBlob(41, { established: 1 })))).toMatchObject({ name: "StoreError" });
    expect(tpm.state()).toMatchObject({ established: false });
    await tpm.powerOn();
    expect(await run(tpm, OP.read)).toMatchObject({ counter: 0 });
  });

  it("cannot be saved after it trapped", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    await run(tpm, OP.trap);
    expect(await errorOf(tpm.snapshot())).toMatchObject({ reason: "volatile" });
  });

  it("hears of physical presence between two commands, and again after each _TPM_Init", async () => {
    const calls: string[] = [];
    const tpm = bench.start({ onCall: (name) => calls.push(name) });
    await tpm.setPhysicalPresence(true);
    await tpm.powerOn();
    void run(tpm, OP.slow, 2);
    await tpm.setPhysicalPresence(false);
    await tpm.setPhysicalPresence(true);
    await tpm.powerOn();
    expect(calls.filter((name) => /powerOn|physical|step/.test(name))).toEqual([
      ...["powerOn", "physicalPresence 1", "step", "step", "physicalPresence 0", "physicalPresence 1"],
      ...["powerOn", "physicalPresence 1"],
    ]);
  });

  it("goes into failure mode when told, until _TPM_Init", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    await tpm.enterFailureMode();
    expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0x101 });
    expect(tpm.state().failureMode).toBe(true);
    await tpm.powerOn();
    expect(await run(tpm, OP.read)).toMatchObject({ responseCode: 0 });
  });
});
