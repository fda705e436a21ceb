import { describe, expect, it } from "vitest";
import { command, hex, password, TestTpm } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, parameters as protection, sealed } from "../../testkit/lockoutScenarios.ts";
import { CC, RH } from "../../testkit/names.ts";
import { lockoutCounter, readClock } from "../../testkit/readings.ts";

const lockReset = (auth: number[] = []) => command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(auth)]);
/** A TPM whose clock and protection are all under way: not safe, two tries, lockoutAuth closed, at other times than 0. */
async function busyTpm(): Promise<TestTpm> {
  const tpm = TestTpm.started().powerCycle();
  tpm.startup();
  const guarded = await sealed((bytes) => tpm.run(bytes).bytes);
  expect(tpm.run(protection(9, 100, 200)).rc).toBe(0);
  tpm.run(open(guarded));
  tpm.now += 1000;
  for (let i = 0; i < 2; i++) expect(tpm.run(open(guarded, [8])).rc).toBe(AUTH_FAIL);
  tpm.now += 1000;
  expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
  tpm.now += 1000;
  expect(readClock(tpm).safe).toBe(0);
  return tpm;
}

describe("a TPM whose volatile state is saved", () => {
  it("is as it was: clock and protection go on, there and where it is resumed", async () => {
    const tpm = await busyTpm();
    const before = hex(tpm.save());
    const volatile = tpm.saveVolatile();
    expect(hex(tpm.save())).toBe(before);
    const resumed = TestTpm.resumed(tpm.save(), volatile, { now: tpm.now });
    expect(hex(resumed.save())).toBe(before);
    for (const each of [tpm, resumed]) {
      each.now += 97_000;
      expect(lockoutCounter(each)).toBe(2);
      each.now += 1000;
      expect(lockoutCounter(each)).toBe(1);
      each.now += 100_000;
      expect(lockoutCounter(each)).toBe(0);
      expect(each.run(lockReset()).rc).toBe(LOCKOUT);
      each.now += 1000;
      expect(each.run(lockReset()).rc).toBe(0);
    }
  });

  it("is as it was in its first second, when lockoutAuth is open and Clock safe", () => {
    const tpm = TestTpm.started();
    const before = hex(tpm.save());
    tpm.saveVolatile();
    expect(hex(tpm.save())).toBe(before);
  });

  it("may run on: its volatile state still goes with what time has healed since, and with a later failure", async () => {
    for (const later of ["healed", "failed"] as const) {
      const tpm = await busyTpm();
      const volatile = tpm.saveVolatile();
      tpm.now += 300_000;
      if (later === "failed") expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
      else expect(lockoutCounter(tpm)).toBe(0);
      const resumed = TestTpm.resumed(tpm.stored as Uint8Array, volatile, { now: tpm.now });
      expect(lockoutCounter(resumed)).toBe(0);
      expect(readClock(resumed).safe).toBe(1);
      expect(resumed.run(lockReset()).rc).toBe(later === "healed" ? 0 : LOCKOUT);
    }
  });

  it("is as it was when the blob is of another state", async () => {
    const [tpm, other] = [await busyTpm(), TestTpm.started()];
    const volatile = other.saveVolatile();
    const before = hex(tpm.save());
    expect(tpm.loadVolatile(volatile)).toBeGreaterThan(0);
    expect(hex(tpm.save())).toBe(before);
  });
});
