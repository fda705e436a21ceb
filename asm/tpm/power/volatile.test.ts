import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstVersion } from "../../testkit/blobs.ts";
import { command, hex, password, sized, TestTpm, u8, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";

const RESUMED = 0;
const UNKNOWN = 1;
const OTHER_LAYOUT = 2;
const OTHER_STATE = 3;

const readPcr = command(CC.PCR_Read, [], [u32(1), u16(ALG.SHA256), [3, 0, 0, 1]]);
const extend = command(CC.PCR_Extend, [16], [u32(1), u16(ALG.SHA256), new Uint8Array(32).fill(7)], [password()]);
const random = command(CC.GetRandom, [], [u16(32)]);
const startSession = command(
  CC.StartAuthSession,
  [RH.NULL, RH.NULL],
  [u16(16), new Uint8Array(16), u16(0), u8(SE.POLICY), u16(ALG.NULL), u16(ALG.SHA256)],
);
const policyDigest = (session: number) => command(CC.PolicyGetDigest, [session]);

const view = (tpm: TestTpm) => new Uint8Array(tpm.core.memory.buffer);

/** _TPM_Init of the permanent state, then the volatile one. */
function resume(permanent: Uint8Array, volatile: Uint8Array, seed = "another"): { tpm: TestTpm; status: number } {
  const tpm = new TestTpm({ blob: permanent, seed, now: 77_000 });
  return { tpm, status: tpm.loadVolatile(volatile) };
}

describe("the volatile state", () => {
  it("is resumed: PCRs, sessions, Time; and no TPM2_Startup is due", () => {
    const tpm = TestTpm.started();
    tpm.run(extend);
    const session = tpm.run(startSession).view.getUint32(10);
    tpm.now += 5_000;
    const before = [readPcr, policyDigest(session), command(CC.ReadClock)].map((bytes) => hex(tpm.run(bytes).bytes));
    const { tpm: resumed, status } = resume(tpm.save(), tpm.saveVolatile());
    expect(status).toBe(RESUMED);
    const after = [readPcr, policyDigest(session), command(CC.ReadClock)].map((bytes) => hex(resumed.run(bytes).bytes));
    expect(after).toEqual(before);
    expect(resumed.startup().rc).toBe(rc("TPM_RC_INITIALIZE"));
  });

  it("is resumed with the permanent state of either version, and with no other", () => {
    const tpm = TestTpm.started();
    const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
    expect(resume(firstVersion(permanent), volatile).status).toBe(RESUMED);
    tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1])], [password()]));
    const other = tpm.save();
    for (const blob of [other, firstVersion(other)]) expect(resume(blob, volatile).status).toBe(OTHER_STATE);
  });

  it("has no random numbers in it: two that go on from it differ", () => {
    const tpm = TestTpm.started();
    const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
    const numbers = [tpm, resume(permanent, volatile, "a").tpm, resume(permanent, volatile, "b").tpm].map((each) =>
      hex(each.run(random).body),
    );
    expect(new Set(numbers).size).toBe(3);
  });

  it("of a TPM that is not started, or in failure mode, is resumed as such", () => {
    const fresh = new TestTpm();
    expect(resume(fresh.save(), fresh.saveVolatile()).tpm.run(random).rc).toBe(rc("TPM_RC_INITIALIZE"));
    const failed = TestTpm.started();
    failed.core.fail();
    const { tpm, status } = resume(failed.save(), failed.saveVolatile());
    expect(status).toBe(RESUMED);
    expect(tpm.run(random).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.core.failureMode()).toBe(1);
  });

  it("is refused by another TPM, in another power cycle, and with a change of any bit; then nothing has changed", () => {
    const tpm = TestTpm.started();
    tpm.run(extend);
    const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
    const other = TestTpm.started({ seed: "other" });
    expect(resume(other.save(), volatile).status).toBe(UNKNOWN);
    const next = tpm.powerCycle();
    next.startup();
    expect(resume(next.save(), volatile).status).toBe(OTHER_STATE);
    // So is one from before a later permanent change.
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [u16(1), [5]], [password()])).rc).toBe(0);
    expect(resume(tpm.save(), volatile).status).toBe(OTHER_STATE);
    const untouched = new TestTpm({ blob: permanent }).stateHash();
    fc.assert(
      fc.property(fc.nat(volatile.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = volatile.slice();
        bad[at] = (bad[at] as number) ^ flip;
        const { tpm: refusing, status } = resume(permanent, bad);
        expect(status).toBe(UNKNOWN);
        expect(refusing.stateHash()).toBe(untouched);
      }),
      { numRuns: 40 },
    );
  });

  it("of any bytes and sizes is refused without a trap", () => {
    const tpm = TestTpm.started();
    const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
    const victim = new TestTpm({ blob: permanent });
    const sizes = fc.oneof(
      fc.nat(volatile.length - 1),
      fc.constantFrom(0, 1, 88, 152, 153, 262_144, 262_145, 0xffffffff),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), sizes, (noise, size) => {
        view(victim).set(volatile.subarray(0, 100), victim.core.stateBuffer());
        view(victim).set(noise, victim.core.stateBuffer() + 8);
        expect(victim.core.loadVolatile(size)).toBe(UNKNOWN);
      }),
    );
  });

  it("of another layout is refused even under a right HMAC", () => {
    const tpm = TestTpm.started();
    const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
    // phProof lies in the permanent blob as a TPM2B of 64 bytes; find it by its HMAC.
    const signed = volatile.subarray(0, -64);
    const mac = (key: Uint8Array, bytes: Uint8Array) => createHmac("sha512", key).update(bytes).digest();
    const at = permanent.findIndex((_, i) => mac(permanent.subarray(i, i + 64), signed).equals(volatile.subarray(-64)));
    expect(at).toBeGreaterThan(0);
    const other = signed.slice();
    other[16] = (other[16] as number) ^ 1;
    const forged = Uint8Array.from([...other, ...mac(permanent.subarray(at, at + 64), other)]);
    expect(resume(permanent, forged).status).toBe(OTHER_LAYOUT);
  });
});
