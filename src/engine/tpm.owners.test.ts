import { afterEach, describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { NotGivenUpError, StoreError, StoreFencedError, StoreGivenUpError, StoreLockedError } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, run, until } from "./testkit/bench.ts";
import { counterOf, OP } from "./testkit/fakeCore.ts";

describe.each(BACKENDS)("other owners of a TPM, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  it("are reported, and can be taken over from", async () => {
    const medium = new MemoryMedium();
    const first = bench.start({ medium });
    await first.powerOn();
    await run(first, OP.increment);
    const second = bench.start({ medium });
    expect(await errorOf(second.ready)).toBeInstanceOf(StoreLockedError);
    expect(second.power).toBe("failed");
    expect(await errorOf(second.newTpm())).toBeInstanceOf(StoreLockedError);

    await second.takeOver();
    await second.ready;
    expect(second.power).toBe("off");
    await until(() => first.power === "failed");
    expect(first.state().error).toBeInstanceOf(StoreFencedError);
    expect(await errorOf(run(first, OP.read))).toBeInstanceOf(StoreFencedError);
    expect(await errorOf(first.newTpm())).toBeInstanceOf(StoreFencedError);
    await second.powerOn();
    expect(await run(second, OP.increment)).toMatchObject({ responseCode: 0, counter: 2 });

    await first.takeOver();
    await first.powerOn();
    expect(await run(first, OP.read)).toMatchObject({ counter: 2 });
  });

  it("get a TPM that was given up to them, and it is back where they did not ask", async () => {
    const MOVE = "00112233445566778899aabbccddeeff";
    const medium = new MemoryMedium();
    const source = bench.start({ medium });
    await source.powerOn();
    await run(source, OP.increment);
    await source.giveUp(MOVE);
    expect(source.power).toBe("failed");
    const error = source.state().error as StoreGivenUpError;
    expect(error).toBeInstanceOf(StoreGivenUpError);
    expect(error.migration).toBe(MOVE);
    expect(await errorOf(run(source, OP.read))).toBeInstanceOf(StoreGivenUpError);
    expect(await errorOf(source.newTpm())).toBeInstanceOf(StoreGivenUpError);
    expect(await errorOf(source.takeOver())).toBeInstanceOf(StoreGivenUpError);

    const target = bench.start({ medium });
    expect(await errorOf(target.ready)).toBeInstanceOf(StoreGivenUpError);
    await target.takeOver({ migration: MOVE });
    await target.powerOn();
    expect(await run(target, OP.increment)).toMatchObject({ responseCode: 0, counter: 2 });
    expect(await errorOf(source.takeOver({ migration: MOVE }))).toBeInstanceOf(NotGivenUpError);
    expect(await run(target, OP.increment)).toMatchObject({ responseCode: 0, counter: 3 });

    await target.giveUp(MOVE);
    await source.takeOver({ migration: MOVE });
    await source.powerOn();
    expect(await run(source, OP.read)).toMatchObject({ counter: 3 });
  });

  it("get nothing of a TPM whose store can't give it up: it goes on", async () => {
    const tpm = bench.start({ store: new FaultyStore(new MemoryStore()) });
    await tpm.powerOn();
    const error = await errorOf<StoreError>(tpm.giveUp("00112233445566778899aabbccddeeff"));
    expect(error).toBeInstanceOf(StoreError);
    expect(error.code).toBe("unavailable");
    expect(await run(tpm, OP.increment)).toMatchObject({ responseCode: 0, counter: 1 });
  });

  it("leave no power behind: a TPM that failed and is taken over waits for powerOn", async () => {
    const medium = new MemoryMedium();
    const first = bench.start({ medium });
    await first.powerOn();
    const second = bench.start({ medium });
    // Asked for before anybody knew that there would be no TPM.
    const early = errorOf(second.powerOn());
    await errorOf(second.ready);
    expect(await early).toBeInstanceOf(StoreLockedError);
    await second.takeOver();
    await until(() => first.power === "failed");
    await first.takeOver();
    expect(first.power).toBe("off");
    expect(await errorOf(run(first, OP.read))).toBeInstanceOf(TpmPoweredOffError);
    await until(() => second.power === "failed");
    await second.takeOver();
    expect(second.power).toBe("off");
    expect(await errorOf(run(second, OP.read))).toBeInstanceOf(TpmPoweredOffError);
  });

  it("fence a commit in flight: no response, and the TPM says why it stopped", async () => {
    const medium = new MemoryMedium();
    const store = new FaultyStore(new MemoryStore(medium), (commit) => (commit === 2 ? "fenced" : "ok"));
    const tpm = bench.start({ store });
    await tpm.powerOn();
    const storeErrors: unknown[] = [];
    tpm.on("storeError", (error) => storeErrors.push(error));
    const [first, second] = await Promise.all([errorOf(run(tpm, OP.increment)), errorOf(run(tpm, OP.read))]);
    expect(first).toBeInstanceOf(StoreFencedError);
    expect(second).toBeInstanceOf(StoreFencedError);
    expect(tpm.power).toBe("failed");
    expect(tpm.state().error).toBeInstanceOf(StoreFencedError);
    expect([counterOf(medium.blob), storeErrors]).toEqual([0, []]);
  });
});
