import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, parameters as protection } from "../../testkit/lockoutScenarios.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { keyedHash, OBJECT, runCreatePrimary, SEALED, sensitive } from "../../testkit/objects.ts";
import { lockoutCounter, readClock } from "../../testkit/readings.ts";

const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
/** Milliseconds: Clock is stored when it passes a multiple. */
const INTERVAL = 4096n;
const lockReset = (auth: number[] = []) => command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(auth)]);
const selfTestResult = command(CC.GetTestResult);

/** What the store refuses: a DA failure, changes of the permanent state, and no change but that of Clock. */
const REFUSED: [name: string, bytes: Uint8Array, rc: number][] = [
  ["a failed try at lockoutAuth", lockReset([1]), NV_UNAVAILABLE],
  ["a reset of the lockout", lockReset(), NV_UNAVAILABLE],
  ["a new ownerAuth", command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1])], [password()]), NV_UNAVAILABLE],
  ["no change but the passing of an update interval", selfTestResult, 0],
];

/** Sealed data without noDA; that it is used in this power cycle is on record. */
function protectedData(tpm: TestTpm): number {
  const { handle } = runCreatePrimary(tpm, keyedHash(SEALED & ~OBJECT.noDA), RH.OWNER, sensitive([1, 2, 3], [9]));
  expect(tpm.run(open(handle)).rc).toBe(0);
  return handle;
}
/** After a disorderly shutdown, so that Clock is not safe. */
function unsafeTpm(): TestTpm {
  const tpm = TestTpm.started().powerCycle();
  tpm.startup();
  expect(readClock(tpm)).toMatchObject({ clock: 0n, safe: 0 });
  return tpm;
}

describe.each(REFUSED)("when the store refuses %s", (_name, bytes, answer) => {
  it("Clock is what it was, and still goes back by less than an update interval when the power goes", () => {
    const tpm = TestTpm.started();
    tpm.now += 3000;
    const before = readClock(tpm).clock;
    expect(before).toBe(3000n);
    tpm.now += 10_000;
    tpm.storeFails = true;
    expect(tpm.run(bytes).rc).toBe(answer);
    tpm.storeFails = false;
    const { clock } = readClock(tpm);
    expect(clock).toBe(before);
    tpm.now += 10;
    expect(readClock(tpm).clock).toBe(before + 10n);
    const again = tpm.powerCycle();
    again.startup();
    const lost = before + 10n - readClock(again).clock;
    expect(lost >= 0n && lost < INTERVAL).toBe(true);
  });

  it("Safe goes back with Clock, and comes when an interval is stored", () => {
    const tpm = unsafeTpm();
    tpm.storeFails = true;
    tpm.now += 3 * Number(INTERVAL);
    expect(tpm.run(bytes).rc).toBe(answer);
    tpm.storeFails = false;
    expect(readClock(tpm)).toMatchObject({ clock: 0n, safe: 0 });
    tpm.now += Number(INTERVAL);
    expect(readClock(tpm)).toMatchObject({ clock: INTERVAL, safe: 1 });
  });
});

describe("what a failed commit rolls back", () => {
  it("not the count of a failed try", () => {
    const tpm = TestTpm.started();
    tpm.storeFails = true;
    expect(tpm.run(lockReset([1])).rc).toBe(NV_UNAVAILABLE);
    tpm.storeFails = false;
    expect(tpm.run(lockReset()).rc).toBe(LOCKOUT);
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
    expect(lockoutCounter(tpm)).toBe(1);
    tpm.now += 9_000;
    expect(lockoutCounter(tpm)).toBe(1);
    expect(tpm.run(lockReset()).rc).toBe(LOCKOUT);
    tpm.now += 1_000;
    expect(lockoutCounter(tpm)).toBe(0);
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
      expect(lockoutCounter(tpm)).toBe(0);
      expect(tpm.commits).toBe(commits + 1);
      expect(tpm.run(lockReset()).rc).toBe(0);
    }
  });
});
