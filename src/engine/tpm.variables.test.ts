/** The firmware's variables as a platform sees them through its TPM. */
import { afterEach, describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import type { StoreError, TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench } from "./testkit/bench.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.each(BACKENDS)("TPM, %s: the firmware's variables", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  it("are there after a restart, with power and without", async () => {
    const medium = new MemoryMedium();
    const first = bench.startUnowned({ medium });
    await first.ready;
    expect(await first.readVariables()).toBeNull();
    const given = bytes(1, 2);
    const stored = first.storeVariables(given);
    given[0] = 9;
    await stored;
    await first.powerOn();
    expect(await first.readVariables()).toEqual(bytes(1, 2));
    await first.close();
    const second = bench.start({ medium });
    expect(await second.readVariables()).toEqual(bytes(1, 2));
  });

  it("go with the TPM that a new one replaces", async () => {
    const medium = new MemoryMedium();
    const tpm = bench.start({ medium });
    await tpm.storeVariables(bytes(1));
    await tpm.newTpm();
    expect(await tpm.readVariables()).toBeNull();
    expect(medium.variables).toBeNull();
  });

  it("are not the next TPM's where only the state was removed", async () => {
    const medium = new MemoryMedium();
    const first = bench.startUnowned({ medium });
    await first.ready;
    await first.storeVariables(bytes(1));
    await first.close();
    medium.blob = null;
    const second = bench.start({ medium });
    expect(await second.readVariables()).toBeNull();
    expect(medium.variables).toBeNull();
  });

  it("stay when the new TPM could not be stored", async () => {
    const medium = new MemoryMedium();
    const tpm = bench.start({
      store: new FaultyStore(new MemoryStore(medium), (commit) => (commit === 2 ? "quota" : "ok")),
    });
    await tpm.ready;
    await tpm.storeVariables(bytes(1));
    await errorOf(tpm.newTpm());
    expect(await tpm.readVariables()).toEqual(bytes(1));
  });

  it("are not stored, and said not to be, in a store that has no place for them", async () => {
    const inner = new MemoryStore();
    const store: TpmStore = {
      kind: "notebook",
      open: (options) => inner.open(options),
      commit: (blob) => inner.commit(blob),
      exportBlob: () => inner.exportBlob(),
      archive: () => inner.archive(),
      close: () => inner.close(),
    };
    const tpm = bench.start({ store });
    expect(await tpm.readVariables()).toBeNull();
    const error = await errorOf<StoreError>(tpm.storeVariables(bytes(1)));
    expect([error.code, error.message]).toEqual([
      "unavailable",
      expect.stringContaining("The notebook store has no place"),
    ]);
    await tpm.newTpm();
  });

  it("are nobody's once the TPM is closed", async () => {
    const tpm = bench.startUnowned();
    await tpm.ready;
    await tpm.close();
    expect(await errorOf(tpm.readVariables())).toBeInstanceOf(TpmPoweredOffError);
    expect(await errorOf(tpm.storeVariables(bytes(1)))).toBeInstanceOf(TpmPoweredOffError);
  });
});
