import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u8 } from "../../testkit/harness.ts";
import { CC, RH } from "../../testkit/names.ts";
import { readClock } from "../../testkit/readings.ts";

function times(tpm: TestTpm): [time: bigint, clock: bigint] {
  const { time, clock } = readClock(tpm);
  return [time, clock];
}

describe("Clock of a TPM that is resumed", () => {
  it("is that of the volatile state, where the permanent one has stored less", () => {
    const tpm = TestTpm.started();
    const permanent = tpm.stored as Uint8Array;
    tpm.now += 4000;
    expect(times(tpm)).toEqual([4000n, 4000n]);
    expect(tpm.stored).toBe(permanent);
    expect(times(TestTpm.resumed(permanent, tpm.saveVolatile()))).toEqual([4000n, 4000n]);
  });

  it("is that of the permanent state, where the TPM ran on after its volatile state was saved: it never goes back", () => {
    const tpm = TestTpm.started();
    tpm.now += 4000;
    expect(times(tpm)).toEqual([4000n, 4000n]);
    const volatile = tpm.saveVolatile();
    tpm.now += 8000;
    expect(times(tpm)).toEqual([12_000n, 12_000n]);
    const later = TestTpm.resumed(tpm.stored as Uint8Array, volatile);
    expect(times(later)).toEqual([4000n, 12_000n]);
    later.now += 5;
    expect(times(later)).toEqual([4005n, 12_005n]);
  });

  it("runs at the rate that it had", () => {
    const tpm = TestTpm.started();
    // Faster by a coarse step.
    expect(tpm.run(command(CC.ClockRateAdjust, [RH.OWNER], [u8(3)], [password()])).rc).toBe(0);
    const later = TestTpm.resumed(tpm.save(), tpm.saveVolatile());
    later.now += 297_000;
    expect(times(later)).toEqual([300_000n, 300_000n]);
  });
});
