import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u64 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { readClock } from "../../testkit/readings.ts";

function clockAndSafe(tpm: TestTpm): [clock: bigint, safe: number] {
  const { clock, safe } = readClock(tpm);
  return [clock, safe];
}
const setClock = (time: bigint, handle: number = RH.OWNER) => command(CC.ClockSet, [handle], [u64(time)], [password()]);
/** After a disorderly shutdown, when Clock is not safe, at 4096 ms. */
function unsafeTpm(): TestTpm {
  const tpm = TestTpm.started();
  tpm.now += 4096;
  expect(clockAndSafe(tpm)).toEqual([4096n, 1]);
  const again = tpm.powerCycle();
  again.startup();
  expect(clockAndSafe(again)).toEqual([4096n, 0]);
  return again;
}

describe("TPM2_ClockSet and Safe", () => {
  it("sets it when Clock gets into another update interval: no such value was ever reported", () => {
    const tpm = unsafeTpm();
    expect(tpm.run(setClock(8192n)).rc).toBe(0);
    expect(clockAndSafe(tpm)).toEqual([8192n, 1]);
    // Durably: it is so after an orderly shutdown.
    expect(tpm.shutdown().rc).toBe(0);
    const again = tpm.powerCycle();
    again.startup();
    expect(clockAndSafe(again)).toEqual([8192n, 1]);
  });

  it("leaves it within the interval, where values may have been reported", () => {
    const tpm = unsafeTpm();
    expect(tpm.run(setClock(8191n)).rc).toBe(0);
    expect(clockAndSafe(tpm)).toEqual([8191n, 0]);
    tpm.now += 1;
    expect(clockAndSafe(tpm)).toEqual([8192n, 1]);
  });

  it("takes Clock as it is, and up to FFFF0000 00000000", () => {
    const tpm = unsafeTpm();
    expect(tpm.run(setClock(4095n)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.run(setClock(4096n)).rc).toBe(0);
    expect(clockAndSafe(tpm)).toEqual([4096n, 0]);
    expect(tpm.run(setClock(0xffff_0000_0000_0001n)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.run(setClock(0xffff_0000_0000_0000n, RH.PLATFORM)).rc).toBe(0);
    expect(clockAndSafe(tpm)).toEqual([0xffff_0000_0000_0000n, 1]);
  });
});
