import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u8 } from "../../testkit/harness.ts";
import { RH } from "../../testkit/names.ts";

const RESUMED = 0;
const view = (tpm: TestTpm) => new Uint8Array(tpm.core.memory.buffer);

function saveVolatile(tpm: TestTpm): Uint8Array {
  const size = tpm.core.saveVolatile();
  return view(tpm).slice(tpm.core.stateBuffer(), tpm.core.stateBuffer() + size);
}
function resumed(permanent: Uint8Array, volatile: Uint8Array): TestTpm {
  const tpm = new TestTpm({ blob: permanent, seed: "another", now: 77_000 });
  view(tpm).set(volatile, tpm.core.stateBuffer());
  expect(tpm.core.loadVolatile(volatile.length)).toBe(RESUMED);
  return tpm;
}
/** [Time, Clock] of TPM2_ReadClock. */
function times(tpm: TestTpm): [bigint, bigint] {
  const { rc, view: response } = tpm.run(command(0x181));
  expect(rc).toBe(0);
  return [response.getBigUint64(10), response.getBigUint64(18)];
}

describe("Clock of a TPM that is resumed", () => {
  it("is that of the volatile state, where the permanent one has stored less", () => {
    const tpm = TestTpm.started();
    const permanent = tpm.stored as Uint8Array;
    tpm.now += 4000;
    expect(times(tpm)).toEqual([4000n, 4000n]);
    expect(times(resumed(permanent, saveVolatile(tpm)))).toEqual([4000n, 4000n]);
  });

  it("is that of the permanent state, where the TPM ran on after its volatile state was saved: it never goes back", () => {
    const tpm = TestTpm.started();
    tpm.now += 4000;
    expect(times(tpm)).toEqual([4000n, 4000n]);
    const volatile = saveVolatile(tpm);
    tpm.now += 8000;
    expect(times(tpm)).toEqual([12_000n, 12_000n]);
    const later = resumed(tpm.stored as Uint8Array, volatile);
    expect(times(later)).toEqual([4000n, 12_000n]);
    later.now += 5;
    expect(times(later)).toEqual([4005n, 12_005n]);
  });

  it("runs at the rate that it had", () => {
    const tpm = TestTpm.started();
    // TPM2_ClockRateAdjust: faster by a coarse step.
    expect(tpm.run(command(0x130, [RH.OWNER], [u8(3)], [password()])).rc).toBe(0);
    const later = resumed(tpm.save(), saveVolatile(tpm));
    later.now += 297_000;
    expect(times(later)).toEqual([300_000n, 300_000n]);
  });
});
