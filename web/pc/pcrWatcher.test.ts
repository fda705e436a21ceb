import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { InlineTpm, PcrSelection } from "../../src/node/index.ts";
import type { PcrValue } from "./pcrs.ts";
import { PcrWatcher } from "./pcrWatcher.ts";
import { countingTpm, getRandom, hashAlgorithm, pcrExtend, poweredTpm, startup } from "./testkit/tpm.ts";

const sha256 = hashAlgorithm("sha256");

interface Seen {
  readonly banks: readonly PcrSelection[];
  readonly values: readonly PcrValue[];
}

let tpm: InlineTpm;
/** How often the watcher has looked. */
let looks: () => number;
/** Commands that the TPM has executed beside the guest's. */
let sent: number;
let watcher: PcrWatcher;
let seen: Seen[];
/** Waits for what the watcher reports next. */
let next: () => Promise<Seen>;

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A watcher of the page. */
function watch(looked: Pick<InlineTpm, "inspect">, isBusy?: () => boolean): void {
  seen = [];
  const waiting: ((reading: Seen) => void)[] = [];
  next = () => new Promise((resolve) => waiting.push(resolve));
  watcher = new PcrWatcher({
    tpm: looked,
    onValues: (banks, values) => {
      seen.push({ banks, values });
      waiting.shift()?.({ banks, values });
    },
    isBusy,
    now: () => Date.now(),
  });
}

/** The guest executes a command, and the watcher hears of it. */
async function guest(command: Uint8Array): Promise<void> {
  const response = await tpm.execute(command);
  sent--;
  watcher.observe(command, response);
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
  sent = 0;
  tpm.on("command", () => sent++);
  const counting = countingTpm(tpm);
  looks = counting.looks;
  watch(counting.tpm);
});
afterEach(async () => {
  vi.useRealTimers();
  expect(sent).toBe(0);
  await tpm.close();
});

describe("after TPM2_Startup", () => {
  test("all PCRs of all banks are seen at one look, without a command", async () => {
    await guest(startup);
    const { banks, values } = await quiet();
    expect(banks.map(({ algorithm }) => algorithm)).toContain(sha256);
    const all = banks.flatMap(({ algorithm, pcrs }) => pcrs.map((pcr) => `${algorithm}:${pcr}`));
    expect(all.length).toBe(24 * banks.length);
    expect(values.map(({ algorithm, pcr }) => `${algorithm}:${pcr}`).sort()).toEqual(all.sort());
    expect(values).toContainEqual({ algorithm: sha256, pcr: 0, hex: "00".repeat(32) });
    expect(values).toContainEqual({ algorithm: sha256, pcr: 17, hex: "ff".repeat(32) });
    expect(looks()).toBe(1);
  });

  test("of later changes only what has changed is told, of all banks", async () => {
    await guest(startup);
    const { banks, values: before } = await quiet();
    await guest(pcrExtend(16));
    await guest(pcrExtend(10));
    const { values } = await quiet();
    const expected = banks.flatMap(({ algorithm }) => [10, 16].map((pcr) => ({ algorithm, pcr })));
    expect(values.map(({ algorithm, pcr }) => ({ algorithm, pcr }))).toEqual(expected);
    const hexOf = (list: readonly PcrValue[], bank: number) =>
      list.find(({ algorithm, pcr }) => algorithm === bank && pcr === 16)!.hex;
    for (const { algorithm } of banks) {
      // Only this bank was extended.
      expect(hexOf(values, algorithm) !== hexOf(before, algorithm)).toBe(algorithm === sha256);
    }
    expect(looks()).toBe(2);
  });

  test("banks may be others after each Startup: they are read anew", async () => {
    await guest(startup);
    const { banks } = await quiet();
    await tpm.powerOn();
    await guest(startup);
    expect((await quiet()).values).toHaveLength(24 * banks.length);
  });

  test("a failed change and commands that change no PCR cause no reading", async () => {
    await guest(startup);
    await quiet();
    // A dynamic launch's PCR: TPM_RC_LOCALITY.
    await guest(pcrExtend(20));
    await guest(getRandom);
    pass(10_000);
    expect(looks()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the guest goes first", () => {
  test("nothing is read while its commands follow each other closely", async () => {
    await guest(startup);
    for (let i = 0; i < 10; i++) {
      pass(100);
      await guest(getRandom);
      expect(looks()).toBe(0);
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
    expect(looks()).toBe(0);
    pass(100);
    await reading;
    expect(seen).toHaveLength(1);
  });

  test("nothing is read while a command of the guest's is in flight, however long it takes", async () => {
    let isBusy = true;
    watch(tpm, () => isBusy);
    await guest(startup);
    pass(60_000);
    expect(seen).toEqual([]);
    isBusy = false;
    await quiet();
    expect(seen).toHaveLength(1);
  });

  test("what could not be seen is looked at with the next change", async () => {
    let refuses = true;
    const lost = deferred();
    watch({
      inspect() {
        if (!refuses) return tpm.inspect();
        queueMicrotask(lost.resolve);
        return Promise.reject(new Error("no power"));
      },
    });
    await guest(startup);
    pass(150);
    await lost.promise;
    expect(seen).toEqual([]);
    refuses = false;
    await guest(pcrExtend(16));
    const { banks, values } = await quiet();
    expect(values).toHaveLength(24 * banks.length);
  });

  test("what changes while it looks is looked at again", async () => {
    const held = deferred();
    let looks = 0;
    watch({
      async inspect() {
        const inspection = await tpm.inspect();
        if (looks++ === 1) await held.promise;
        return inspection;
      },
    });
    await guest(startup);
    await quiet();
    await guest(pcrExtend(10));
    const first = next();
    pass(150);
    await guest(pcrExtend(16));
    held.resolve();
    expect(new Set((await first).values.map(({ pcr }) => pcr))).toEqual(new Set([10]));
    expect(new Set((await quiet()).values.map(({ pcr }) => pcr))).toEqual(new Set([16]));
  });
});

describe("reset", () => {
  test("what was to be looked at is forgotten", async () => {
    await guest(startup);
    watcher.forget();
    pass(10_000);
    expect(looks()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what was seen before the reset is dropped", async () => {
    const held = deferred();
    watch({
      async inspect() {
        const inspection = await tpm.inspect();
        await held.promise;
        return inspection;
      },
    });
    await guest(startup);
    pass(150);
    watcher.forget();
    held.resolve();
    await guest(pcrExtend(16));
    const { banks, values } = await quiet();
    expect(values.map(({ pcr }) => pcr)).toEqual(banks.map(() => 16));
    expect(seen).toHaveLength(1);
  });

  test("a TPM that waits for TPM2_Startup has nothing to show until then", async () => {
    await guest(startup);
    // A reset that the watcher is not told of.
    await tpm.powerOn();
    pass(150);
    await tpm.inspect();
    pass(10_000);
    expect([looks(), seen]).toEqual([1, []]);
    await guest(startup);
    const { banks, values } = await quiet();
    expect(values).toHaveLength(24 * banks.length);
  });

  test("a TPM that lost its power is left alone, too", async () => {
    await guest(startup);
    await tpm.powerOff();
    pass(150);
    await expect(tpm.inspect()).rejects.toThrow("power");
    pass(10_000);
    expect([looks(), seen]).toEqual([1, []]);
  });
});
