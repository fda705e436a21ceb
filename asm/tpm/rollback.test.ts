/** What a commit that failed takes back beside the command's own change: Clock and what it says of itself. */
import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u16 } from "../testkit/harness.ts";
import { RH } from "../testkit/names.ts";

const CC = {
  ReadClock: 0x181,
  GetRandom: 0x17b,
  HierarchyChangeAuth: 0x129,
  DictionaryAttackLockReset: 0x139,
} as const;
const RC = { SUCCESS: 0, NV_UNAVAILABLE: 0x923 } as const;
/** Milliseconds: NV_CLOCK_UPDATE_INTERVAL. Clock is stored when it passes a multiple. */
const UPDATE_INTERVAL = 4096n;

function readClock(tpm: TestTpm): { clock: bigint; safe: number } {
  const response = tpm.run(command(CC.ReadClock));
  expect(response.rc).toBe(RC.SUCCESS);
  return { clock: response.view.getBigUint64(18), safe: response.view.getUint8(34) };
}

/** With a store that refuses: a DA failure, another change of the permanent state, and no change but that of Clock. */
const REFUSED: [name: string, bytes: Uint8Array, rc: number][] = [
  [
    "a failed try at lockoutAuth",
    command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password([1])]),
    RC.NV_UNAVAILABLE,
  ],
  ["a change", command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1])], [password()]), RC.NV_UNAVAILABLE],
  ["no change but the passing of an update interval", command(CC.GetRandom, [], [u16(8)]), RC.SUCCESS],
];

describe.each(REFUSED)("when the store refuses %s", (_name, bytes, rc) => {
  it("Clock is what it was, and still goes back by less than an update interval when the power goes", () => {
    const tpm = TestTpm.started();
    tpm.now += 3000;
    const before = readClock(tpm).clock;
    expect(before).toBe(3000n);
    tpm.now += 3000;
    tpm.storeFails = true;
    expect(tpm.run(bytes).rc).toBe(rc);
    tpm.storeFails = false;
    const { clock } = readClock(tpm);
    expect(clock).toBe(before);
    const again = tpm.powerCycle();
    expect(again.startup().rc).toBe(RC.SUCCESS);
    expect(clock - readClock(again).clock).toBeLessThan(UPDATE_INTERVAL);
  });

  it("Clock that was not safe is not safe because the command passed an update interval", () => {
    // After a disorderly shutdown.
    const tpm = TestTpm.started().powerCycle();
    expect(tpm.startup().rc).toBe(RC.SUCCESS);
    expect(readClock(tpm).safe).toBe(0);
    tpm.now += 6000;
    tpm.storeFails = true;
    expect(tpm.run(bytes).rc).toBe(rc);
    tpm.storeFails = false;
    expect(readClock(tpm).safe).toBe(0);
    tpm.now += Number(UPDATE_INTERVAL);
    expect(readClock(tpm).safe).toBe(1);
  });
});
