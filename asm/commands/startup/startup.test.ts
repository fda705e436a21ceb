import { describe, expect, it } from "vitest";
import { command, hex, password, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { CC, PT, RH, rc } from "../../testkit/names.ts";
import { property } from "../../testkit/readings.ts";

const readClock = command(CC.ReadClock);
const extend = (pcr: number) =>
  command(CC.PCR_Extend, [pcr], [u32(1), u16(0x000b), new Uint8Array(32).fill(7)], [password()]);
/** TPM2_PCR_Read of one SHA-256 PCR: its value in hex. */
function pcr(tpm: TestTpm, number: number): string {
  const select = [0, 0, 0];
  select[number >> 3] = 1 << (number & 7);
  const response = tpm.run(command(CC.PCR_Read, [], [u32(1), u16(0x000b), [3, ...select]]));
  expect(response.rc).toBe(0);
  return hex(response.bytes.subarray(-32));
}
const startupClear = (tpm: TestTpm) => property(tpm, PT.STARTUP_CLEAR);
const ZERO = "00".repeat(32);
const ONES = "ff".repeat(32);

describe("TPM2_Startup", () => {
  it("takes only TPM_SU_CLEAR and TPM_SU_STATE", () => {
    const tpm = new TestTpm();
    expect(tpm.startup(2).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.startup(0xffff).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("comes at locality 0 or 3", () => {
    const tpm = new TestTpm();
    for (const locality of [1, 2, 4]) expect(tpm.startup(0, locality).rc).toBe(rc("TPM_RC_LOCALITY"));
    expect(tpm.startup(0, 3).rc).toBe(0);
    expect(pcr(tpm, 0)).toBe(`${"00".repeat(31)}03`);
  });

  it("with TPM_SU_STATE needs a Shutdown(STATE) before it", () => {
    const tpm = new TestTpm();
    expect(tpm.startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.startup(0).rc).toBe(0);
    const lost = tpm.powerCycle();
    expect(lost.startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(lost.startup(0).rc).toBe(0);
    expect(lost.shutdown(0).rc).toBe(0);
    expect(lost.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("sets the PCRs to their initial values", () => {
    const tpm = TestTpm.started();
    for (let i = 0; i < 24; i++) expect(pcr(tpm, i)).toBe(i >= 17 && i <= 22 ? ONES : ZERO);
  });

  it("enables all hierarchies and shows how the last cycle ended", () => {
    const tpm = TestTpm.started();
    // A new TPM counts as shut down in order.
    expect(startupClear(tpm)).toBe(0x8000000f);
    const second = tpm.powerCycle();
    second.startup();
    expect(startupClear(second)).toBe(0x0000000f);
    second.shutdown();
    const third = second.powerCycle();
    third.startup();
    expect(startupClear(third)).toBe(0x8000000f);
  });
});

describe("TPM Reset, Restart and Resume", () => {
  /** [resetCount, restartCount] of TPM2_ReadClock. */
  function counts(tpm: TestTpm): [number, number] {
    const response = tpm.run(readClock);
    expect(response.rc).toBe(0);
    return [response.view.getUint32(26), response.view.getUint32(30)];
  }

  it("Reset: PCRs new, resetCount up, restartCount zero", () => {
    const tpm = TestTpm.started();
    expect(counts(tpm)).toEqual([1, 0]);
    tpm.run(extend(1));
    const reset = tpm.powerCycle();
    expect(reset.startup().rc).toBe(0);
    expect(pcr(reset, 1)).toBe(ZERO);
    expect(counts(reset)).toEqual([2, 0]);
  });

  it("Resume: static PCRs kept, the others new, restartCount up, platform authorization kept", () => {
    const tpm = TestTpm.started();
    tpm.run(extend(1));
    tpm.run(extend(16));
    const value = pcr(tpm, 1);
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [u16(1), [5]], [password()])).rc).toBe(0);
    expect(tpm.shutdown(1).rc).toBe(0);
    const resumed = tpm.powerCycle();
    expect(resumed.startup(1).rc).toBe(0);
    expect(pcr(resumed, 1)).toBe(value);
    expect(pcr(resumed, 16)).toBe(ZERO);
    expect(counts(resumed)).toEqual([1, 1]);
    expect(resumed.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [u16(0)], [password()])).rc).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
    expect(resumed.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [u16(0)], [password([5])])).rc).toBe(0);
  });

  it("Restart: PCRs and platform authorization new, resetCount kept, restartCount up", () => {
    const tpm = TestTpm.started();
    tpm.run(extend(1));
    tpm.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [u16(1), [5]], [password()]));
    expect(tpm.shutdown(1).rc).toBe(0);
    const restarted = tpm.powerCycle();
    expect(restarted.startup(0).rc).toBe(0);
    expect(pcr(restarted, 1)).toBe(ZERO);
    expect(counts(restarted)).toEqual([1, 1]);
    expect(restarted.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [u16(0)], [password()])).rc).toBe(0);
  });

  it("a change after Shutdown(STATE) nullifies it", () => {
    for (const change of [extend(1), command(CC.HierarchyChangeAuth, [RH.PLATFORM], [u16(1), [5]], [password()])]) {
      const tpm = TestTpm.started();
      expect(tpm.shutdown(1).rc).toBe(0);
      expect(tpm.run(change).rc).toBe(0);
      const again = tpm.powerCycle();
      expect(again.startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
      expect(again.startup(0).rc).toBe(0);
    }
  });

  it("an extend of a PCR that is not saved does not", () => {
    const tpm = TestTpm.started();
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.run(extend(16)).rc).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(0);
  });

  it("Resume is possible only at the locality of the startup before", () => {
    const tpm = new TestTpm();
    expect(tpm.startup(0, 3).rc).toBe(0);
    expect(tpm.shutdown(1).rc).toBe(0);
    const resumed = tpm.powerCycle();
    expect(resumed.startup(1, 0).rc).toBe(rc("TPM_RC_LOCALITY"));
    expect(resumed.startup(1, 3).rc).toBe(0);
  });
});

describe("TPM2_Shutdown", () => {
  it("takes only TPM_SU_CLEAR and TPM_SU_STATE", () => {
    const tpm = TestTpm.started();
    expect(tpm.shutdown(2).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("needs NV", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    tpm.storeFails = true;
    expect(tpm.shutdown(1).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
  });
});
