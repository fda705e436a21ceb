import { describe, expect, it } from "vitest";
import { command, TestTpm, u8 } from "../../tpm/testing/harness.ts";

const selfTest = (full: boolean) => command(0x143, [], [u8(full ? 1 : 0)]);
const getTestResult = command(0x17c);

describe("TPM2_SelfTest", () => {
  it("runs in slices and says that everything is tested", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(0x153);
    expect(tpm.run(selfTest(true)).rc).toBe(0);
    expect(tpm.slices).toBeGreaterThan(1);
    expect([...tpm.run(getTestResult).body]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("can be canceled between slices, and taken up again", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    expect(tpm.run(selfTest(true), 0, () => tpm.core.cancel()).rc).toBe(0x909);
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(0x153);
    expect(tpm.run(selfTest(false)).rc).toBe(0);
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(0);
    const slices = tpm.slices;
    expect(tpm.run(selfTest(false)).rc).toBe(0);
    expect(tpm.slices).toBeLessThanOrEqual(slices);
  });

  it("a cancel that comes too early or too late does nothing", () => {
    const tpm = TestTpm.started();
    tpm.core.cancel();
    expect(tpm.run(selfTest(true)).rc).toBe(0);
    tpm.core.cancel();
    expect(tpm.run(selfTest(true)).rc).toBe(0);
  });

  it("_TPM_Init in the middle loses the command", () => {
    const tpm = TestTpm.started();
    let initialised = false;
    const bytes = selfTest(true);
    new Uint8Array(tpm.core.memory.buffer).set(bytes, tpm.core.commandBuffer());
    expect(tpm.core.execute(bytes.length, 0)).toBe(0);
    tpm.core.powerOn();
    initialised = true;
    expect(initialised && tpm.core.step()).toBe(0);
    expect(tpm.run(getTestResult).rc).toBe(0x100);
    expect(tpm.startup().rc).toBe(0);
  });

  it("takes only YES and NO", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(command(0x143, [], [u8(2)])).rc).toBe(0x1c4);
  });
});
