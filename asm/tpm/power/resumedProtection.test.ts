/** What a volatile state that is resumed, once or again and again, must not forgive: failed tries, lockouts, uses. */
import { describe, expect, it } from "vitest";
import { command, hex, password, sized, TestTpm, u16, u32, u64 } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, parameters as protection, sealed } from "../../testkit/lockoutScenarios.ts";
import { CAP, CC, RH, rc } from "../../testkit/names.ts";
import { defineSpace, NV, nvIncrement, nvRead, nvWrite, pin } from "../../testkit/nv.ts";
import { flush } from "../../testkit/objects.ts";
import { lockoutCounter, readClock } from "../../testkit/readings.ts";

const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
const OTHER_STATE = 3;
const lockReset = (auth: number[] = []) => command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(auth)]);
const clockSet = (milliseconds: bigint) => command(CC.ClockSet, [RH.OWNER], [u64(milliseconds)], [password()]);
const setActTimeout = (seconds: number) => command(CC.ACT_SetTimeout, [RH.ACT_0], [u32(seconds)], [password()]);
const actTimeout = (tpm: TestTpm) =>
  tpm.run(command(CC.GetCapability, [], [u32(CAP.ACT), u32(RH.ACT_0), u32(1)])).view.getUint32(23);

/** The host's clock where the state is resumed: started again at 0, as it was, and far ahead. */
const CLOCKS = [0, 1000, 77_000, 1e12];
const resume = (tpm: TestTpm, volatile: Uint8Array, now = 0) =>
  TestTpm.resumed(tpm.stored as Uint8Array, volatile, { now });

/** A TPM with sealed data under protection, whose first use is on record. */
async function usedTpm(tries = 9, recovery = 1000, lockoutRecovery = 1000) {
  const tpm = TestTpm.started();
  const guarded = await sealed((bytes) => tpm.run(bytes).bytes);
  expect(tpm.run(protection(tries, recovery, lockoutRecovery)).rc).toBe(0);
  tpm.run(open(guarded));
  expect(tpm.run(open(guarded)).rc).toBe(0);
  return { tpm, guarded };
}

describe("a failure after the volatile state was saved", () => {
  it.each(CLOCKS)("of lockoutAuth stays, however often that is resumed (host clock at %i)", (now) => {
    const tpm = TestTpm.started();
    tpm.now += 5000;
    readClock(tpm);
    const volatile = tpm.saveVolatile();
    tpm.now += 600_000;
    expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    let latest = tpm;
    for (let i = 0; i < 3; i++) {
      latest = resume(latest, volatile, now);
      expect(latest.run(lockReset()).rc).toBe(LOCKOUT);
      latest.now += 999_000;
      expect(latest.run(lockReset()).rc).toBe(LOCKOUT);
    }
    latest.now += 1000;
    expect(latest.run(lockReset()).rc).toBe(0);
  });

  it("of lockoutAuth stays when only a start opens it", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(protection(3, 1000, 0)).rc).toBe(0);
    const volatile = tpm.saveVolatile();
    tpm.now += 5000;
    expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    const later = resume(tpm, volatile);
    later.now += 1e9;
    expect(later.run(lockReset()).rc).toBe(LOCKOUT);
  });

  it.each(CLOCKS)("counts in failedTries, which heals from where it goes on (host clock at %i)", async (now) => {
    const { tpm, guarded } = await usedTpm(3, 100);
    tpm.now += 5000;
    readClock(tpm);
    const volatile = tpm.saveVolatile();
    let latest = tpm;
    for (let tries = 1; tries <= 3; tries++) {
      latest.now += 50_000;
      expect(latest.run(open(guarded, [8])).rc).toBe(AUTH_FAIL);
      latest = resume(latest, volatile, now);
      expect(lockoutCounter(latest)).toBe(tries);
    }
    expect(latest.run(open(guarded)).rc).toBe(LOCKOUT);
    latest.now += 99_000;
    expect(latest.run(open(guarded)).rc).toBe(LOCKOUT);
    latest.now += 1000;
    expect(lockoutCounter(latest)).toBe(2);
    expect(latest.run(open(guarded)).rc).toBe(0);
  });

  it("is not made old by another state of the same power cycle, whose Time is later", async () => {
    const { tpm, guarded } = await usedTpm();
    const early = tpm.saveVolatile();
    tpm.now += 999_000;
    readClock(tpm);
    const late = tpm.saveVolatile();
    const first = resume(tpm, early);
    first.now += 1000;
    expect(first.run(open(guarded, [8])).rc).toBe(AUTH_FAIL);
    expect(first.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    const second = resume(first, late);
    second.now += 999_000;
    expect(lockoutCounter(second)).toBe(1);
    expect(second.run(lockReset()).rc).toBe(LOCKOUT);
    second.now += 1000;
    expect(lockoutCounter(second)).toBe(0);
    expect(second.run(lockReset()).rc).toBe(0);
  });

  it("leaves the other timer as it was", async () => {
    const { tpm, guarded } = await usedTpm(9, 100);
    expect(tpm.run(open(guarded, [8])).rc).toBe(AUTH_FAIL);
    tpm.now += 60_000;
    readClock(tpm);
    const volatile = tpm.saveVolatile();
    expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    const later = resume(tpm, volatile);
    later.now += 40_000;
    expect(lockoutCounter(later)).toBe(0);
  });
});

describe("a lockout from before the volatile state was saved", () => {
  it("stays over a state that was saved before TPM2_Startup: its times are of the power cycle before", () => {
    let tpm = TestTpm.started();
    tpm.now += 999_000;
    expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    tpm.now += 1000;
    expect(tpm.shutdown().rc).toBe(0);
    tpm = tpm.powerCycle();
    const later = resume(tpm, tpm.saveVolatile(), tpm.now);
    expect(later.startup().rc).toBe(0);
    expect(later.run(lockReset()).rc).toBe(LOCKOUT);
    later.now += 998_000;
    expect(later.run(lockReset()).rc).toBe(LOCKOUT);
    later.now += 2000;
    expect(later.run(lockReset()).rc).toBe(0);
  });

  it("lasts as long as it would have: the pause does not count, whenever the state is brought back after _TPM_Init", () => {
    for (const pause of [0, 1e9]) {
      const tpm = TestTpm.started();
      expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
      tpm.now += 600_000;
      readClock(tpm);
      const volatile = tpm.saveVolatile();
      const later = new TestTpm({ blob: tpm.stored as Uint8Array, now: 50 });
      later.now += pause;
      expect(later.loadVolatile(volatile)).toBe(0);
      later.now += 399_000;
      expect(later.run(lockReset()).rc).toBe(LOCKOUT);
      later.now += 1000;
      expect(later.run(lockReset()).rc).toBe(0);
    }
  });

  it("is not shortened by TPM2_ClockSet, before or after the resume; and Clock does not go back", () => {
    const tpm = TestTpm.started();
    const volatile = tpm.saveVolatile();
    expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    expect(tpm.run(clockSet(10_000_000_000n)).rc).toBe(0);
    const later = resume(tpm, volatile);
    expect(readClock(later)).toMatchObject({ time: 0n, clock: 10_000_000_000n });
    expect(later.run(clockSet(9_999_999_999n)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(later.run(clockSet(20_000_000_000n)).rc).toBe(0);
    later.now += 999_000;
    expect(later.run(lockReset()).rc).toBe(LOCKOUT);
    later.now += 1000;
    expect(later.run(lockReset()).rc).toBe(0);
  });

  it("does not end when the host's clock goes back", () => {
    const tpm = TestTpm.started({ now: 1e9 });
    expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
    tpm.now = 0;
    expect(tpm.run(lockReset()).rc).toBe(LOCKOUT);
    const later = resume(tpm, tpm.saveVolatile(), 1e9);
    later.now = 0;
    expect(later.run(lockReset()).rc).toBe(LOCKOUT);
    later.now = 1e9 + 1000_000;
    expect(later.run(lockReset()).rc).toBe(0);
  });
});

describe("a countdown timer", () => {
  it.each(CLOCKS)("goes on with what it had left, whatever a later state set it to (host clock at %i)", (now) => {
    const tpm = TestTpm.started();
    expect(tpm.run(setActTimeout(100)).rc).toBe(0);
    tpm.now += 40_000;
    expect(actTimeout(tpm)).toBe(60);
    const volatile = tpm.saveVolatile();
    tpm.now += 500_000;
    expect(tpm.run(setActTimeout(7)).rc).toBe(0);
    const later = resume(tpm, volatile, now);
    expect(actTimeout(later)).toBe(60);
    later.now += 59_000;
    expect([actTimeout(later), later.core.actSignaled()]).toEqual([1, 0]);
    later.now += 1000;
    expect([actTimeout(later), later.core.actSignaled()]).toEqual([0, 1]);
  });
});

describe("a TPM that was resumed", () => {
  it("compares no protected authValue while its store refuses: what failed before may have been lost", async () => {
    const { tpm, guarded } = await usedTpm();
    const volatile = tpm.saveVolatile();
    for (const auth of [[1, 2, 3], [8], [1, 2, 3]]) {
      const later = resume(tpm, volatile);
      later.storeFails = true;
      expect(later.run(open(guarded, auth)).rc).toBe(NV_UNAVAILABLE);
    }
    const later = resume(tpm, volatile);
    expect(later.run(open(guarded)).rc).toBe(0);
    // Once the store had it, nothing has to be stored for a right one.
    later.storeFails = true;
    expect(later.run(open(guarded)).rc).toBe(0);
    expect(later.run(flush(guarded)).rc).toBe(0);
  });

  const INDEX = 0x01000000;
  it.each([
    ["PIN Fail", NV.PIN_FAIL, [8]],
    ["PIN Pass", NV.PIN_PASS, [1]],
  ] as const)(
    "has each use of a %s index counted, orderly or not: the state from before it is refused",
    (_, type, auth) => {
      for (const orderly of [0, NV.ORDERLY]) {
        const tpm = TestTpm.started();
        const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.AUTHREAD | NV.NO_DA | type | orderly;
        expect(tpm.run(defineSpace({ handle: INDEX, attributes, size: 8 }, [1])).rc).toBe(0);
        expect(tpm.run(nvWrite(RH.OWNER, INDEX, pin(0, 2))).rc).toBe(0);
        const volatile = tpm.saveVolatile();
        expect(new TestTpm({ blob: tpm.stored as Uint8Array }).loadVolatile(volatile)).toBe(0);
        tpm.run(nvRead(INDEX, INDEX, 8, 0, [...auth]));
        expect(hex(tpm.run(nvRead(RH.OWNER, INDEX, 8)).parameters)).toBe(`0008${hex(pin(1, 2))}`);
        expect(new TestTpm({ blob: tpm.stored as Uint8Array }).loadVolatile(volatile)).toBe(OTHER_STATE);
      }
    },
  );

  it("shows no smaller value of an orderly counter than it did after the state was saved", () => {
    const tpm = TestTpm.started();
    const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.NO_DA | NV.ORDERLY | NV.COUNTER;
    expect(tpm.run(defineSpace({ handle: INDEX, attributes, size: 8 })).rc).toBe(0);
    const count = (each: TestTpm) => each.run(nvRead(RH.OWNER, INDEX, 8)).view.getBigUint64(16);
    for (let i = 0; i < 3; i++) expect(tpm.run(nvIncrement(RH.OWNER, INDEX)).rc).toBe(0);
    let volatile = tpm.saveVolatile();
    for (let i = 0; i < 5; i++) expect(tpm.run(nvIncrement(RH.OWNER, INDEX)).rc).toBe(0);
    const before = count(tpm);
    const later = resume(tpm, volatile);
    const after = count(later);
    expect(after).toBeGreaterThanOrEqual(before);
    expect(later.run(nvIncrement(RH.OWNER, INDEX)).rc).toBe(0);
    expect(count(later)).toBe(after + 1n);
    // What a shutdown has recorded is the value: nothing counted since.
    expect(later.shutdown(1).rc).toBe(0);
    volatile = later.saveVolatile();
    expect(count(resume(later, volatile))).toBe(after + 1n);
  });

  it("gives contexts of objects numbers of their own, and loads those from before", () => {
    const tpm = TestTpm.started();
    const sequence = command(CC.HashSequenceStart, [], [sized([]), u16(0x000b)]);
    const handle = tpm.run(sequence).view.getUint32(10);
    const save = (each: TestTpm) => each.run(command(CC.ContextSave, [handle])).body;
    const old = save(tpm);
    const volatile = tpm.saveVolatile();
    const twice = ["a", "b"].map((seed) => TestTpm.resumed(tpm.stored as Uint8Array, volatile, { seed }));
    const saved = twice.map(save);
    expect(new Set([old, ...saved].map((context) => hex(context.subarray(0, 8)))).size).toBe(3);
    for (const [i, each] of twice.entries()) {
      for (const context of [old, saved[i] as Uint8Array])
        expect(each.run(command(CC.ContextLoad, [], [context])).rc).toBe(0);
    }
  });
});
