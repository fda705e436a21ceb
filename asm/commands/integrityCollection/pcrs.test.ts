import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";

const BANKS = [
  [ALG.SHA1, "sha1", 20],
  [ALG.SHA256, "sha256", 32],
  [ALG.SHA384, "sha384", 48],
  [ALG.SHA512, "sha512", 64],
] as const;

function selection(algorithm: number, ...pcrs: number[]): Uint8Array {
  const bits = [0, 0, 0];
  for (const pcr of pcrs) bits[pcr >> 3] = (bits[pcr >> 3] ?? 0) | (1 << (pcr & 7));
  return concat(u16(algorithm), [3, ...bits]);
}
const read = (...selections: Uint8Array[]) => command(CC.PCR_Read, [], [u32(selections.length), ...selections]);
const extend = (pcr: number, algorithm: number, digest: Uint8Array) =>
  command(CC.PCR_Extend, [pcr], [u32(1), u16(algorithm), digest], [password()]);
function value(tpm: TestTpm, algorithm: number, pcr: number): string {
  return hex(tpm.run(read(selection(algorithm, pcr))).bytes.subarray(30));
}
const counter = (tpm: TestTpm) => tpm.run(read()).view.getUint32(10);
const allocate = (...selections: Uint8Array[]) =>
  command(CC.PCR_Allocate, [RH.PLATFORM], [u32(selections.length), ...selections], [password()]);
const ALL = Array.from({ length: 24 }, (_, i) => i);

describe("TPM2_PCR_Extend", () => {
  it("makes H(old || digest), bank by bank", () => {
    const tpm = TestTpm.started();
    for (const [algorithm, name, size] of BANKS) {
      let expected = Buffer.alloc(size);
      for (let i = 1; i < 5; i++) {
        const digest = new Uint8Array(size).fill(i);
        expect(tpm.run(extend(5, algorithm, digest)).rc).toBe(0);
        expected = createHash(name).update(concat(expected, digest)).digest();
        expect(value(tpm, algorithm, 5)).toBe(hex(expected));
      }
    }
  });

  it("counts in pcrUpdateCounter once for each bank, but for the PCRs that do not count", () => {
    const tpm = TestTpm.started();
    const start = counter(tpm);
    for (const pcr of ALL) {
      const before = counter(tpm);
      const locality = pcr >= 17 && pcr <= 22 ? 2 : 0;
      const digests = [u16(ALG.SHA1), new Uint8Array(20), u16(ALG.SHA256), new Uint8Array(32)];
      const response = tpm.run(command(CC.PCR_Extend, [pcr], [u32(2), ...digests], [password()]), locality);
      expect(response.rc).toBe(0);
      expect(counter(tpm) - before).toBe([16, 21, 22, 23].includes(pcr) ? 0 : 2);
    }
    expect(counter(tpm) - start).toBe(40);
  });
});

describe("hash algorithms that have no bank", () => {
  const digests = concat(u16(ALG.SM3_256), new Uint8Array(32).fill(7), u16(ALG.SHA3_512), new Uint8Array(64).fill(7));

  it("are passed over by TPM2_PCR_Extend and read as no PCR", () => {
    const tpm = TestTpm.started();
    const before = tpm.run(read(...BANKS.map(([algorithm]) => selection(algorithm, 5)))).bytes;
    expect(tpm.run(command(CC.PCR_Extend, [5], [u32(2), digests], [password()])).rc).toBe(0);
    expect(hex(tpm.run(read(...BANKS.map(([algorithm]) => selection(algorithm, 5)))).bytes)).toBe(hex(before));
    const sha1 = concat(u16(ALG.SHA1), new Uint8Array(20).fill(7));
    expect(tpm.run(command(CC.PCR_Extend, [5], [u32(3), digests, sha1], [password()])).rc).toBe(0);
    expect(value(tpm, ALG.SHA1, 5)).toBe(
      createHash("sha1")
        .update(concat(new Uint8Array(20), new Uint8Array(20).fill(7)))
        .digest("hex"),
    );
    const none = tpm.run(read(selection(ALG.SHA3_256, 0, 5, 23)));
    expect(hex(none.body.subarray(4))).toBe(hex(concat(u32(1), selection(ALG.SHA3_256), u32(0))));
    const eight = [...BANKS.map(([algorithm]) => algorithm), ALG.SM3_256, ALG.SHA3_256, ALG.SHA3_384, ALG.SHA3_512];
    expect(tpm.run(read(...eight.map((algorithm) => selection(algorithm, 1)))).view.getUint32(14)).toBe(8);
    expect(tpm.run(read(...eight.map((algorithm) => selection(algorithm)), selection(ALG.SHA1))).rc).toBe(
      rc("TPM_RC_SIZE", { parameter: 1 }),
    );
  });

  it("get none by TPM2_PCR_Allocate", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    expect(tpm.run(allocate(selection(ALG.SM3_256, 0, 17))).rc).toBe(rc("TPM_RC_HASH", { parameter: 1 }));
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.run(allocate(selection(ALG.SHA3_384))).rc).toBe(0);
  });

  it("do not exist in the profile libtpms-0.9", () => {
    const tpm = TestTpm.started({ profile: 1 });
    expect(tpm.run(command(CC.PCR_Extend, [5], [u32(2), digests], [password()])).rc).toBe(
      rc("TPM_RC_HASH", { parameter: 1 }),
    );
    expect(tpm.run(read(selection(ALG.SHA3_256, 0))).rc).toBe(rc("TPM_RC_HASH", { parameter: 1 }));
    expect(tpm.run(allocate(selection(ALG.SM3_256))).rc).toBe(rc("TPM_RC_HASH", { parameter: 1 }));
  });
});

describe("TPM2_PCR_Event", () => {
  it("extends every bank by the digest of the data, and returns the digests", () => {
    const tpm = TestTpm.started();
    const response = tpm.run(command(CC.PCR_Event, [9], [sized(text("event"))], [password()]));
    let at = 4;
    for (const [algorithm, name, size] of BANKS) {
      const digest = createHash(name).update("event").digest();
      expect(hex(response.parameters.subarray(at, at + 2 + size))).toBe(hex(concat(u16(algorithm), digest)));
      at += 2 + size;
      expect(value(tpm, algorithm, 9)).toBe(
        hex(
          createHash(name)
            .update(concat(new Uint8Array(size), digest))
            .digest(),
        ),
      );
    }
  });
});

describe("TPM2_PCR_Reset", () => {
  it("sets the PCR to zero in all banks and leaves the others", () => {
    const tpm = TestTpm.started();
    for (const [algorithm, , size] of BANKS) tpm.run(extend(16, algorithm, new Uint8Array(size).fill(1)));
    tpm.run(extend(23, ALG.SHA256, new Uint8Array(32)));
    expect(tpm.run(command(CC.PCR_Reset, [16], [], [password()])).rc).toBe(0);
    for (const [algorithm, , size] of BANKS) expect(value(tpm, algorithm, 16)).toBe("00".repeat(size));
    expect(value(tpm, ALG.SHA256, 23)).not.toBe("00".repeat(32));
  });
});

describe("TPM2_PCR_Allocate", () => {
  it("takes effect at the next start, and after a Shutdown(CLEAR) only", () => {
    const tpm = TestTpm.started();
    const only256 = [selection(ALG.SHA1), selection(ALG.SHA256, ...ALL), selection(ALG.SHA384), selection(ALG.SHA512)];
    const response = tpm.run(allocate(...only256));
    expect(hex(response.parameters)).toBe("01" + "00000018" + "00000300" + "00000f60");
    expect(value(tpm, ALG.SHA1, 0).length).toBe(40);
    expect(tpm.shutdown(1).rc).toBe(rc("TPM_RC_TYPE", { parameter: 1 }));
    expect(tpm.shutdown(0).rc).toBe(0);
    const again = tpm.powerCycle();
    again.startup();
    expect(value(again, ALG.SHA1, 0)).toBe("");
    expect(value(again, ALG.SHA256, 0)).toBe("00".repeat(32));
    // An extend of a bank that is not there is no error.
    expect(again.run(extend(1, ALG.SHA1, new Uint8Array(20))).rc).toBe(0);
    expect(hex(again.run(command(CC.GetCapability, [], [u32(5), u32(0), u32(1)])).parameters)).toBe(
      "00" + "00000005" + "00000004" + "000403000000" + "000b03ffffff" + "000c03000000" + "000d03000000",
    );
    expect(again.shutdown(1).rc).toBe(0);
  });

  it("keeps banks that are not named", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(allocate(selection(ALG.SHA1, 0, 17))).rc).toBe(0);
    tpm.core.powerOn();
    tpm.startup();
    expect(hex(tpm.run(command(CC.GetCapability, [], [u32(5), u32(0), u32(1)])).parameters)).toBe(
      "00" + "00000005" + "00000004" + "000403010002" + "000b03ffffff" + "000c03ffffff" + "000d03ffffff",
    );
  });

  it("overwrites an earlier one that waits for _TPM_Init", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(allocate(selection(ALG.SHA1, 0, 17), selection(ALG.SHA256))).rc).toBe(0);
    expect(hex(tpm.run(allocate(selection(ALG.SHA384))).parameters)).toBe("01" + "00000018" + "00000ae0" + "00000f60");
    tpm.core.powerOn();
    tpm.startup();
    expect(hex(tpm.run(command(CC.GetCapability, [], [u32(5), u32(0), u32(1)])).parameters)).toBe(
      "00" + "00000005" + "00000004" + "000403ffffff" + "000b03ffffff" + "000c03000000" + "000d03ffffff",
    );
  });

  it("needs NV", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    tpm.storeFails = true;
    expect(tpm.run(allocate(selection(ALG.SHA1))).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
  });
});

describe("TPM2_PCR_SetAuthValue and TPM2_PCR_SetAuthPolicy", () => {
  it("the authValue is gone at the next start, the policy stays", () => {
    const tpm = TestTpm.started();
    const extend20 = command(CC.PCR_Extend, [20], [u32(0)], [password()]);
    expect(tpm.run(command(CC.PCR_SetAuthValue, [20], [sized([5])], [password()])).rc).toBe(0);
    expect(tpm.run(extend20, 2).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    tpm.shutdown(0);
    const again = tpm.powerCycle();
    again.startup();
    expect(again.run(extend20, 2).rc).toBe(0);
    const policy = command(
      CC.PCR_SetAuthPolicy,
      [RH.PLATFORM],
      [sized(new Uint8Array(32)), u16(ALG.SHA256), u32(20)],
      [password()],
    );
    expect(again.run(policy).rc).toBe(0);
    const third = again.powerCycle();
    third.startup();
    expect(third.run(extend20, 2).rc).toBe(rc("TPM_RC_AUTH_TYPE"));
  });

  it("TPM Resume keeps the authValue", () => {
    const tpm = TestTpm.started();
    tpm.run(command(CC.PCR_SetAuthValue, [20], [sized([5])], [password()]));
    tpm.shutdown(1);
    const again = tpm.powerCycle();
    expect(again.startup(1).rc).toBe(0);
    expect(again.run(command(CC.PCR_Extend, [20], [u32(0)], [password()]), 2).rc).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
    expect(again.run(command(CC.PCR_Extend, [20], [u32(0)], [password([5])]), 2).rc).toBe(0);
  });
});
