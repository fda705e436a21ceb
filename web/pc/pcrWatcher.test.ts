import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { InlineTpm, PcrSelection } from "../../src/node/index.ts";
import type { PcrValue } from "./pcrs.ts";
import { PcrWatcher } from "./pcrWatcher.ts";
import { getRandom, hashAlgorithm, notingClient, pcrExtend, poweredTpm, startup } from "./testkit/tpm.ts";

const sha256 = hashAlgorithm("sha256");

interface Seen {
  readonly banks: readonly PcrSelection[];
  readonly values: readonly PcrValue[];
}

let tpm: InlineTpm;
/** Names of the commands that the watcher has sent. */
let sent: string[];
let watcher: PcrWatcher;
let seen: Seen[];
/** Waits for what the watcher reports next. */
let next: () => Promise<Seen>;

/** A watcher of the page. @param execute how its commands get to the TPM. */
function watch(execute: (command: Uint8Array) => Promise<Uint8Array>): void {
  const noting = notingClient(execute);
  sent = noting.sent;
  seen = [];
  const waiting: ((reading: Seen) => void)[] = [];
  next = () => new Promise((resolve) => waiting.push(resolve));
  watcher = new PcrWatcher({
    client: noting.client,
    onValues: (banks, values) => {
      seen.push({ banks, values });
      waiting.shift()?.({ banks, values });
    },
    now: () => Date.now(),
  });
}

/** The guest executes a command, and the watcher hears of it. */
async function guest(command: Uint8Array): Promise<void> {
  watcher.observe(command, await tpm.execute(command));
}

/** Lets time pass, timers included. */
const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);

/** What is read when the guest has fallen quiet. */
async function quiet(): Promise<Seen> {
  const reading = next();
  pass(150);
  return reading;
}

beforeEach(async () => {
  tpm = await poweredTpm();
  // The TPM's own clock is the real one.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  watch((command) => tpm.execute(command));
});
afterEach(async () => {
  vi.useRealTimers();
  await tpm.close();
});

describe("after TPM2_Startup", () => {
  test("all PCRs of all banks are read, in as many commands as it takes", async () => {
    await guest(startup);
    const { banks, values } = await quiet();
    expect(banks.map(({ algorithm }) => algorithm)).toContain(sha256);
    const all = banks.flatMap(({ algorithm, pcrs }) => pcrs.map((pcr) => `${algorithm}:${pcr}`));
    expect(all.length).toBe(24 * banks.length);
    expect(values.map(({ algorithm, pcr }) => `${algorithm}:${pcr}`).sort()).toEqual(all.sort());
    expect(values).toContainEqual({ algorithm: sha256, pcr: 0, hex: "00".repeat(32) });
    expect(values).toContainEqual({ algorithm: sha256, pcr: 17, hex: "ff".repeat(32) });
    // Eight PCRs a command.
    expect(sent).toEqual(["GetCapability", ...Array(3 * banks.length).fill("PCR_Read")]);
  });

  test("later changes are read alone, all banks in one command", async () => {
    await guest(startup);
    const { banks, values: before } = await quiet();
    await guest(pcrExtend(16));
    await guest(pcrExtend(10));
    const { values } = await quiet();
    const expected = banks.flatMap(({ algorithm }) => [10, 16].map((pcr) => ({ algorithm, pcr })));
    expect(expected.length).toBeLessThanOrEqual(8);
    expect(values.map(({ algorithm, pcr }) => ({ algorithm, pcr }))).toEqual(expected);
    const hexOf = (list: readonly PcrValue[], bank: number) =>
      list.find(({ algorithm, pcr }) => algorithm === bank && pcr === 16)!.hex;
    for (const { algorithm } of banks) {
      // Only this bank was extended.
      expect(hexOf(values, algorithm) !== hexOf(before, algorithm)).toBe(algorithm === sha256);
    }
    expect(sent.slice(1 + 3 * banks.length)).toEqual(["PCR_Read"]);
  });

  test("banks may be others after each Startup: they are read anew", async () => {
    await guest(startup);
    const { banks } = await quiet();
    await tpm.powerOn();
    sent.length = 0;
    await guest(startup);
    expect((await quiet()).values).toHaveLength(24 * banks.length);
    expect(sent[0]).toBe("GetCapability");
  });

  test("a failed change and commands that change no PCR cause no reading", async () => {
    await guest(startup);
    await quiet();
    sent.length = 0;
    // A dynamic launch's PCR: TPM_RC_LOCALITY.
    await guest(pcrExtend(20));
    await guest(getRandom);
    pass(10_000);
    expect(sent).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the guest goes first", () => {
  test("nothing is read while its commands follow each other closely", async () => {
    await guest(startup);
    for (let i = 0; i < 10; i++) {
      pass(100);
      await guest(getRandom);
      expect(sent).toEqual([]);
    }
    await quiet();
    expect(seen).toHaveLength(1);
  });

  test("a guest that never rests does not starve the panel", async () => {
    await guest(startup);
    const reading = next();
    for (let i = 0; i < 14; i++) {
      pass(100);
      await guest(getRandom);
    }
    expect(sent).toEqual([]);
    pass(100);
    await reading;
    expect(seen).toHaveLength(1);
  });

  test("nothing is read while a command of the guest's is in flight, however long it takes", async () => {
    let isBusy = true;
    const noting = notingClient((command) => tpm.execute(command));
    let told: () => void = () => {};
    const values = new Promise<void>((resolve) => {
      told = resolve;
    });
    watcher = new PcrWatcher({
      client: noting.client,
      onValues: () => told(),
      isBusy: () => isBusy,
      now: () => Date.now(),
    });
    await guest(startup);
    pass(60_000);
    expect(noting.sent).toEqual([]);
    isBusy = false;
    pass(150);
    await values;
    expect(noting.sent[0]).toBe("GetCapability");
  });

  test("what could not be read is read with the next change", async () => {
    let refuses = true;
    const refusal = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1);
    watch((command) => (refuses ? Promise.resolve(refusal) : tpm.execute(command)));
    await guest(startup);
    pass(150);
    await tpm.execute(getRandom);
    expect([sent, seen]).toEqual([["GetCapability"], []]);
    refuses = false;
    await guest(pcrExtend(16));
    const { banks, values } = await quiet();
    expect(values).toHaveLength(24 * banks.length);
  });
});

describe("reset", () => {
  test("what was to be read is forgotten", async () => {
    await guest(startup);
    watcher.forget();
    pass(10_000);
    expect(sent).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an answer from before the reset is dropped", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    watch(async (command) => {
      const response = await tpm.execute(command);
      await held;
      return response;
    });
    await guest(startup);
    pass(150);
    expect(sent).toEqual(["GetCapability"]);
    watcher.forget();
    release();
    await guest(pcrExtend(16));
    const { banks, values } = await quiet();
    expect(sent).toEqual(["GetCapability", "GetCapability", "PCR_Read"]);
    expect(values.map(({ pcr }) => pcr)).toEqual(banks.map(() => 16));
    expect(seen).toHaveLength(1);
  });

  test("a TPM that refuses is left alone until the next Startup", async () => {
    await guest(startup);
    // A reset that the watcher is not told of: the TPM answers TPM_RC_INITIALIZE.
    await tpm.powerOn();
    pass(150);
    // It queues behind the reading.
    await tpm.execute(getRandom);
    pass(10_000);
    expect(sent).toEqual(["GetCapability"]);
    expect(seen).toEqual([]);
    await guest(startup);
    const { banks } = await quiet();
    expect(sent).toEqual(["GetCapability", "GetCapability", ...Array(3 * banks.length).fill("PCR_Read")]);
  });

  test("a TPM that lost its power is left alone, too", async () => {
    await guest(startup);
    await tpm.powerOff();
    pass(150);
    await expect(tpm.execute(getRandom)).rejects.toThrow("power");
    pass(10_000);
    expect(sent).toEqual(["GetCapability"]);
    expect(seen).toEqual([]);
  });
});
