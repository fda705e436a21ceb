import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { command, concat, hex, password, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, rc } from "../../testkit/names.ts";

const algorithms = [
  [ALG.SHA1, "sha1", 20],
  [ALG.SHA256, "sha256", 32],
  [ALG.SHA384, "sha384", 48],
  [ALG.SHA512, "sha512", 64],
] as const;

function pcr(tpm: TestTpm, algorithm: number, number: number): string {
  const select = [0, 0, 0];
  select[number >> 3] = 1 << (number & 7);
  const response = tpm.run(command(CC.PCR_Read, [], [u32(1), u16(algorithm), [3, ...select]]));
  expect(response.rc).toBe(0);
  return hex(response.bytes.subarray(10 + 4 + 10 + 4 + 2));
}
const pieces = [text("the "), text(""), text("code that was launched")];

describe("_TPM_Hash_Start, _TPM_Hash_Data, _TPM_Hash_End", () => {
  it("after TPM2_Startup: dynamic PCRs go to zero, PCR 17 takes the digest, in every bank", () => {
    const tpm = TestTpm.started();
    expect(tpm.core.established()).toBe(0);
    tpm.hashSequence(...pieces);
    expect(tpm.core.established()).toBe(1);
    for (const [algorithm, name, size] of algorithms) {
      const digest = createHash(name)
        .update(concat(...pieces))
        .digest();
      const expected = createHash(name)
        .update(concat(new Uint8Array(size), digest))
        .digest();
      expect(pcr(tpm, algorithm, 17)).toBe(hex(expected));
      for (const number of [18, 19, 20, 21, 22]) expect(pcr(tpm, algorithm, number)).toBe("00".repeat(size));
      expect(pcr(tpm, algorithm, 16)).toBe("00".repeat(size));
    }
  });

  it("after TPM2_Startup it increments restartCount; before it does not", () => {
    const restartCount = (tpm: TestTpm) => tpm.run(command(CC.ReadClock)).view.getUint32(30);
    const tpm = new TestTpm();
    tpm.hashSequence(...pieces);
    tpm.startup();
    expect(restartCount(tpm)).toBe(0);
    tpm.hashSequence(...pieces);
    tpm.hashSequence();
    expect(restartCount(tpm)).toBe(2);
  });

  it("before TPM2_Startup: PCR 0 starts from 4 and keeps its value", () => {
    const tpm = new TestTpm();
    tpm.hashSequence(...pieces);
    expect(tpm.startup().rc).toBe(0);
    for (const [algorithm, name, size] of algorithms) {
      const digest = createHash(name)
        .update(concat(...pieces))
        .digest();
      const start = new Uint8Array(size);
      start[size - 1] = 4;
      expect(pcr(tpm, algorithm, 0)).toBe(hex(createHash(name).update(concat(start, digest)).digest()));
      expect(pcr(tpm, algorithm, 17)).toBe("ff".repeat(size));
    }
  });

  it("Resume needs the same H-CRTM as the start before", () => {
    const tpm = new TestTpm();
    tpm.hashSequence(...pieces);
    tpm.startup();
    const value = pcr(tpm, ALG.SHA256, 0);
    expect(tpm.shutdown(1).rc).toBe(0);
    const resumed = tpm.powerCycle();
    expect(resumed.startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    resumed.hashSequence(...pieces);
    expect(resumed.startup(1).rc).toBe(0);
    expect(pcr(resumed, ALG.SHA256, 0)).toBe(value);
  });

  it("a command ends an open sequence without effect; data and end without start do nothing", () => {
    const tpm = TestTpm.started();
    const before = pcr(tpm, ALG.SHA256, 17);
    tpm.core.hashStart();
    tpm.core.hashData(10);
    expect(tpm.run(command(CC.GetRandom, [], [u16(1)])).rc).toBe(0);
    tpm.core.hashEnd();
    expect(pcr(tpm, ALG.SHA256, 17)).toBe(before);
    tpm.core.hashData(10);
    tpm.core.hashEnd();
    expect(pcr(tpm, ALG.SHA256, 17)).toBe(before);
  });

  it("the established flag outlives power, and localities 3 and 4 clear it", () => {
    const tpm = TestTpm.started();
    tpm.hashSequence(text("x"));
    const again = tpm.powerCycle();
    expect(again.core.established()).toBe(1);
    for (const locality of [0, 1, 2]) expect(again.core.resetEstablished(locality)).toBe(0);
    expect(again.core.established()).toBe(1);
    expect(again.core.resetEstablished(3)).toBe(1);
    expect(again.core.commitPending()).toBe(1);
    again.core.committed();
    expect(again.core.established()).toBe(0);
    expect(again.core.resetEstablished(4)).toBe(1);
    expect(again.core.commitPending()).toBe(0);
  });

  it("nullifies a Shutdown(STATE): PCR 17 is new, and state before it is no more", () => {
    const tpm = TestTpm.started();
    tpm.shutdown(1);
    tpm.hashSequence(text("x"));
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.run(command(CC.PCR_Extend, [17], [u32(0)], [password()]), 4).rc).toBe(0);
  });
});
