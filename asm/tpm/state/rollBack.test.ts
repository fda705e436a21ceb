import { describe, expect, it } from "vitest";
import { command, password, TestTpm } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, parameters as protection, RETRY } from "../../testkit/lockoutScenarios.ts";
import { RH } from "../../testkit/names.ts";
import { keyedHash, OBJECT, runCreatePrimary, SEALED, sensitive } from "../../testkit/objects.ts";

const NV_UNAVAILABLE = 0x923;
const INTERVAL = 4096n;
const lockReset = (auth: number[] = []) => command(0x139, [RH.LOCKOUT], [], [password(auth)]);
const selfTestResult = command(0x17c);

/** Sealed data without noDA; that it is used in this power cycle is on record. */
function protectedData(tpm: TestTpm): number {
  const { handle } = runCreatePrimary(tpm, keyedHash(SEALED & ~OBJECT.noDA), RH.OWNER, sensitive([1, 2, 3], [9]));
  expect(tpm.run(open(handle)).rc).toBe(RETRY);
  expect(tpm.run(open(handle)).rc).toBe(0);
  return handle;
}
/** TPM_PT_LOCKOUT_COUNTER. */
function tries(tpm: TestTpm): number {
  const response = tpm.run(
    command(
      0x17a,
      [],
      [
        [0, 0, 0, 6],
        [0, 0, 2, 0x0e],
        [0, 0, 0, 1],
      ],
    ),
  );
  return response.view.getUint32(response.size - 4);
}
/** Clock and Safe of TPM2_ReadClock. */
function readClock(tpm: TestTpm): { clock: bigint; safe: number } {
  const { rc, view } = tpm.run(command(0x181));
  expect(rc).toBe(0);
  return { clock: view.getBigUint64(18), safe: view.getUint8(34) };
}
/** What TPM2_ReadClock says after the power was cut. */
function afterPowerCut(tpm: TestTpm): { clock: bigint; safe: number } {
  const again = tpm.powerCycle();
  expect(again.startup().rc).toBe(0);
  return readClock(again);
}

describe("what a failed commit rolls back", () => {
  it("a failed try: the count stays, Clock and Safe go back, or a reported Clock could be lost with the power", () => {
    const tpm = TestTpm.started();
    const again = tpm.powerCycle();
    again.startup();
    const before = readClock(again);
    expect(before.safe).toBe(0);
    again.storeFails = true;
    again.now += 3 * Number(INTERVAL);
    expect(again.run(lockReset([1])).rc).toBe(NV_UNAVAILABLE);
    again.storeFails = false;
    expect(readClock(again)).toEqual(before);
    again.now += 10;
    expect(readClock(again).clock).toBe(before.clock + 10n);
    expect(again.run(lockReset()).rc).toBe(LOCKOUT);
  });

  it("never lets Clock go back by an interval, whatever could not be stored", () => {
    for (const refused of [lockReset([1]), lockReset(), selfTestResult]) {
      const tpm = TestTpm.started();
      tpm.storeFails = true;
      tpm.now += 10_000;
      tpm.run(refused);
      tpm.storeFails = false;
      const { clock } = readClock(tpm);
      const lost = clock - afterPowerCut(tpm).clock;
      expect(lost >= 0n && lost < INTERVAL).toBe(true);
    }
  });

  it("Safe goes back with Clock, in whatever command", () => {
    const tpm = TestTpm.started().powerCycle();
    tpm.startup();
    tpm.storeFails = true;
    tpm.now += Number(INTERVAL);
    expect(tpm.run(selfTestResult).rc).toBe(0);
    tpm.storeFails = false;
    expect(readClock(tpm)).toEqual({ clock: 0n, safe: 0 });
  });

  it("not the time of a failed try: it heals from then on", () => {
    const tpm = TestTpm.started();
    const guarded = protectedData(tpm);
    expect(tpm.run(protection(5, 10, 20)).rc).toBe(0);
    tpm.now += 15_000;
    tpm.storeFails = true;
    expect(tpm.run(open(guarded, [8])).rc).toBe(NV_UNAVAILABLE);
    expect(tpm.run(lockReset([1])).rc).toBe(NV_UNAVAILABLE);
    tpm.storeFails = false;
    expect(tries(tpm)).toBe(1);
    tpm.now += 9_000;
    expect(tries(tpm)).toBe(1);
    expect(tpm.run(lockReset()).rc).toBe(LOCKOUT);
    tpm.now += 1_000;
    expect(tries(tpm)).toBe(0);
    tpm.now += 9_000;
    expect(tpm.run(lockReset()).rc).toBe(LOCKOUT);
    tpm.now += 1_000;
    expect(tpm.run(lockReset()).rc).toBe(0);
  });

  it("healing that could not be stored: the next command heals anew, and stores it", () => {
    for (const fail of ["object", "lockout"] as const) {
      const tpm = TestTpm.started();
      const guarded = protectedData(tpm);
      expect(tpm.run(protection(5, 1, 1)).rc).toBe(0);
      expect(tpm.run(fail === "object" ? open(guarded, [8]) : lockReset([1])).rc).toBe(AUTH_FAIL);
      tpm.storeFails = true;
      // Less than an interval of Clock: only the healing asks for a commit.
      tpm.now += 1000;
      expect(tpm.run(selfTestResult).rc).toBe(0);
      tpm.storeFails = false;
      const commits = tpm.commits;
      expect(tries(tpm)).toBe(0);
      expect(tpm.commits).toBe(commits + 1);
      expect(tpm.run(lockReset()).rc).toBe(0);
    }
  });
});
