import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u8, u16, u32 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";

/** A TPM whose known answer for SHA-384 was damaged in memory, as by a fault of the hardware. */
function broken(): TestTpm {
  const tpm = TestTpm.started();
  const memory = Buffer.from(tpm.core.memory.buffer);
  const answer = Buffer.from("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163", "hex");
  const at = memory.indexOf(answer);
  expect(at).toBeGreaterThan(0);
  memory[at] = 0;
  return tpm;
}
const property = (property: number, count = 1) => command(CC.GetCapability, [], [u32(6), u32(property), u32(count)]);

describe("failure mode", () => {
  it("a self-test with a wrong answer leads to it, and every command then fails", () => {
    const tpm = broken();
    expect(tpm.core.failureMode()).toBe(0);
    expect(tpm.run(command(CC.SelfTest, [], [u8(1)])).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.core.failureMode()).toBe(1);
    for (const bytes of [
      command(CC.GetRandom, [], [u16(8)]),
      command(CC.Startup, [], [u16(0)]),
      command(CC.SelfTest, [], [u8(1)]),
      u8(0),
    ])
      expect(tpm.run(bytes).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.run(command(CC.PCR_Extend, [16], [u32(0)], [password()])).rc).toBe(rc("TPM_RC_FAILURE"));
  });

  it("so does the first use of the algorithm, whose command has no effect", () => {
    const tpm = broken();
    const before = tpm.stateHash();
    const extend = command(CC.PCR_Extend, [16], [u32(1), u16(12), new Uint8Array(48)], [password()]);
    expect(tpm.run(extend).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.core.failureMode()).toBe(1);
    expect(tpm.core.commitPending()).toBe(0);
    expect(typeof before).toBe("string");
  });

  it("after a trap a fresh instance without state stands in until _TPM_Init", () => {
    const tpm = new TestTpm();
    const blob = tpm.stored;
    tpm.core.fail();
    expect(tpm.core.failureMode()).toBe(1);
    expect([...tpm.run(command(CC.GetTestResult)).body]).toEqual([
      0, 12, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1,
    ]);
    expect(tpm.run(property(0x105)).rc).toBe(0);
    expect(tpm.startup().rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.core.commitPending()).toBe(0);
    expect(tpm.stored).toBe(blob);
    tpm.core.powerOn();
    expect(tpm.core.failureMode()).toBe(0);
    expect(tpm.startup().rc).toBe(0);
  });

  it("TPM2_GetTestResult says what failed", () => {
    const tpm = broken();
    tpm.run(command(CC.SelfTest, [], [u8(1)]));
    const response = tpm.run(command(CC.GetTestResult));
    expect(response.rc).toBe(0);
    expect([...response.body]).toEqual([0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 1, 1, 0, 0, 1, 1]);
    expect(tpm.run(command(CC.GetTestResult, [], [u8(0)])).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.run(command(CC.GetTestResult, [], [], [password()])).rc).toBe(rc("TPM_RC_FAILURE"));
  });

  it("TPM2_GetCapability tells the vendor, and nothing else", () => {
    const tpm = broken();
    tpm.run(command(CC.SelfTest, [], [u8(1)]));
    const manufacturer = tpm.run(property(0x100));
    expect(manufacturer.rc).toBe(0);
    expect([...manufacturer.body]).toEqual([1, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 1, 5, 0x54, 0x41, 0x42, 0x54]);
    expect(tpm.run(property(0x10c)).body[0]).toBe(0);
    expect([...tpm.run(property(0x10d)).body]).toEqual([0, 0, 0, 0, 6, 0, 0, 0, 0]);
    expect([...tpm.run(property(0x105, 0)).body]).toEqual([1, 0, 0, 0, 6, 0, 0, 0, 0]);
    expect(tpm.run(command(CC.GetCapability, [], [u32(0), u32(0), u32(1)])).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.run(command(CC.GetCapability, [], [u32(6), u32(0)])).rc).toBe(rc("TPM_RC_FAILURE"));
  });

  it("_TPM_Init starts again", () => {
    const tpm = broken();
    tpm.run(command(CC.SelfTest, [], [u8(1)]));
    tpm.core.powerOn();
    expect(tpm.core.failureMode()).toBe(0);
    expect(tpm.startup().rc).toBe(0);
  });
});
