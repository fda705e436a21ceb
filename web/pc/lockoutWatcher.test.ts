import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type InlineTpm, marshalCommand, password, TpmClient } from "../../src/node/index.ts";
import type { Lockout } from "../state/model.ts";
import { LockoutWatcher } from "./lockoutWatcher.ts";
import { countingTpm, getRandom, poweredTpm, startup } from "./testkit/tpm.ts";

const INDEX = 0x0150_0000;
const nothing = new Uint8Array(0);
const guess = marshalCommand("NV_Write", {
  handles: { authHandle: INDEX, nvIndex: INDEX },
  parameters: { data: Uint8Array.of(1), offset: 0 },
  sessions: [password("wrong")],
});
const lockReset = marshalCommand("DictionaryAttackLockReset", { handles: { lockHandle: "TPM_RH_LOCKOUT" } });
const setParameters = (newMaxTries: number) =>
  marshalCommand("DictionaryAttackParameters", {
    handles: { lockHandle: "TPM_RH_LOCKOUT" },
    parameters: { newMaxTries, newRecoveryTime: 7200, lockoutRecovery: 86_400 },
  });

let tpm: InlineTpm;
let looks: () => number;
let seen: Lockout[];
let isBusy: boolean;
let watcher: LockoutWatcher;
let next: () => Promise<Lockout>;

beforeEach(async () => {
  tpm = await poweredTpm();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const counting = countingTpm(tpm);
  looks = counting.looks;
  seen = [];
  isBusy = false;
  const waiting: ((lockout: Lockout) => void)[] = [];
  next = () => new Promise((resolve) => waiting.push(resolve));
  watcher = new LockoutWatcher({
    tpm: counting.tpm,
    onChange: (lockout) => {
      seen.push(lockout);
      waiting.shift()?.(lockout);
    },
    isBusy: () => isBusy,
    now: () => Date.now(),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await tpm.close();
});

async function guest(command: Uint8Array): Promise<void> {
  watcher.observe(command, await tpm.execute(command));
}
async function quiet(): Promise<Lockout> {
  const lockout = next();
  vi.advanceTimersByTime(150);
  return lockout;
}
/** A started TPM with an index whose authValue can be guessed. */
async function started(): Promise<void> {
  await guest(startup);
  await quiet();
  await new TpmClient(tpm).call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: {
      auth: Uint8Array.of(1),
      publicInfo: {
        nvIndex: INDEX,
        nameAlg: "TPM_ALG_SHA256",
        attributes: 0x0006_0006,
        authPolicy: nothing,
        dataSize: 1,
      },
    },
  });
}

test("failed tries are seen, up to the lockout, and the way out of it", async () => {
  await started();
  await guest(setParameters(2));
  expect(await quiet()).toEqual({
    failedTries: 0,
    maxTries: 2,
    isLocked: false,
    recovery: "2 h",
    lockoutRecovery: "1 d",
    isLockoutAuthSet: false,
  });
  // The first one may be told to try again.
  for (let tries = 0; tries < 3; tries++) await guest(guess);
  expect(await quiet()).toMatchObject({ failedTries: 2, isLocked: true });
  await guest(lockReset);
  expect(await quiet()).toMatchObject({ failedTries: 0, isLocked: false });
});

test("what changes nothing of it is no reason to look", async () => {
  await started();
  const before = looks();
  await guest(getRandom);
  vi.advanceTimersByTime(100_000);
  expect(looks()).toBe(before);
  expect(vi.getTimerCount()).toBe(0);
});

test("failed tries are looked at again, as the TPM forgets them; none are not", async () => {
  await started();
  for (let tries = 0; tries < 2; tries++) await guest(guess);
  await quiet();
  const before = looks();
  const later = next();
  vi.advanceTimersByTime(30_000);
  vi.advanceTimersByTime(150);
  await later;
  expect(looks()).toBe(before + 1);
  watcher.forget();
  expect(vi.getTimerCount()).toBe(0);
});

test("nothing is asked while a command of the guest's is in flight, however long", async () => {
  await started();
  const before = looks();
  isBusy = true;
  await guest(setParameters(5));
  vi.advanceTimersByTime(20_000);
  expect(looks()).toBe(before);
  isBusy = false;
  expect(await quiet()).toMatchObject({ maxTries: 5 });
});

test("a reset forgets what was about to be asked, and what is on its way", async () => {
  await started();
  const before = seen.length;
  await guest(setParameters(5));
  vi.advanceTimersByTime(150);
  watcher.forget();
  await tpm.inspect();
  expect(seen).toHaveLength(before);
  expect(vi.getTimerCount()).toBe(0);
});
