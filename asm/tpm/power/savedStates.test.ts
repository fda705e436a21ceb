// States that earlier cores saved. testdata/state-v1.json: a permanent state of version 1 after Shutdown(STATE), with
// everything in it that can be, and contexts that the same TPM had saved: of a policy session and of a hash sequence.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firstVersion } from "../../testkit/blobs.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CAP, CC, PT, RH } from "../../testkit/names.ts";
import { nvRead } from "../../testkit/nv.ts";
import { property } from "../../testkit/readings.ts";

const saved: Record<"permanent" | "session" | "sequence", string> = JSON.parse(
  readFileSync(new URL("testdata/state-v1.json", import.meta.url), "utf8"),
);
const bytesOf = (name: keyof typeof saved) => Uint8Array.from(Buffer.from(saved[name], "hex"));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

describe("a permanent state that an earlier core saved", () => {
  it("is loaded, and saved again byte for byte, but for the version's form", () => {
    const tpm = new TestTpm({ blob: bytesOf("permanent"), seed: "another" });
    const blob = tpm.save();
    expect(hex(firstVersion(blob))).toBe(saved.permanent);
    expect(hex(new TestTpm({ blob, seed: "a third" }).save())).toBe(hex(blob));
  });

  it("goes on where it was: authorization, NV, counters, keys, PCRs, dictionary attack, countdown, audit", () => {
    const tpm = new TestTpm({ blob: bytesOf("permanent"), seed: "another" });
    expect(tpm.startup(1).rc).toBe(0);
    expect(hex(tpm.run(nvRead(0x01000001, 0x01000001, 16, 0, [9])).bytes.subarray(16, 32))).toBe("a5".repeat(16));
    expect(hex(tpm.run(nvRead(0x01000002, 0x01000002, 8, 0, [9])).bytes.subarray(16, 24))).toBe("0000000000000003");
    expect(tpm.run(command(CC.ReadPublic, [0x81000001])).rc).toBe(0);
    const pcr0 = tpm.run(command(CC.PCR_Read, [], [u32(1), u16(ALG.SHA256), [3, 1, 0, 0]])).bytes.subarray(-32);
    expect(hex(pcr0)).toBe(hex(sha256(concat(new Uint8Array(32), new Uint8Array(32).fill(7)))));
    const protection = [PT.LOCKOUT_COUNTER, PT.MAX_AUTH_FAIL, PT.LOCKOUT_INTERVAL, PT.LOCKOUT_RECOVERY];
    expect(protection.map((which) => property(tpm, which))).toEqual([1, 5, 3600, 7200]);
    // Set to 1000 seconds, 100 before TPM2_Shutdown.
    expect(tpm.run(command(CC.GetCapability, [], [u32(CAP.ACT), u32(RH.ACT_0), u32(1)])).view.getUint32(23)).toBe(900);
    const auths: [number, number[]][] = [
      [RH.OWNER, [1, 2, 3]],
      [RH.LOCKOUT, [4]],
      [RH.ENDORSEMENT, [5, 6]],
      [RH.PLATFORM, [7]],
    ];
    for (const [handle, auth] of auths)
      expect(tpm.run(command(CC.HierarchyChangeAuth, [handle], [sized([])], [password(auth)])).rc).toBe(0);
  });

  it("takes back the contexts that go with it", () => {
    const tpm = new TestTpm({ blob: bytesOf("permanent"), seed: "another" });
    expect(tpm.startup(1).rc).toBe(0);
    const session = tpm.run(command(CC.ContextLoad, [], [bytesOf("session")])).view.getUint32(10);
    const digest = sha256(concat(new Uint8Array(32), u32(CC.PolicyCommandCode), u32(CC.NV_Write)));
    expect(hex(tpm.run(command(CC.PolicyGetDigest, [session])).bytes.subarray(12))).toBe(hex(digest));
    const sequence = tpm.run(command(CC.ContextLoad, [], [bytesOf("sequence")])).view.getUint32(10);
    const complete = command(CC.SequenceComplete, [sequence], [sized([]), u32(RH.NULL)], [password([7])]);
    expect(hex(tpm.run(complete).bytes.subarray(16, 48))).toBe(hex(sha256(new Uint8Array(100).fill(0x61))));
  });
});
