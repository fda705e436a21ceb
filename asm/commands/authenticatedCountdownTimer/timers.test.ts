import { describe, expect, it } from "vitest";
import { command, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { Policy, policyDigest } from "../../testkit/policies.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";

const ACT_0 = 0x40000110;
const ACT_A = 0x4000011a;
const STOP = 0xffffffff;
const setTimeoutOf = (act: number, seconds: number, auth: number[] = []) =>
  command(CC.ACT_SetTimeout, [act], [u32(seconds)], [password(auth)]);
/** TPM_CAP_ACT: handle, timeout and attributes of each. */
function timers(tpm: TestTpm, first = ACT_0, count = 16): { more: number; list: number[][] } {
  const { rc, view } = tpm.run(command(CC.GetCapability, [], [u32(10), u32(first), u32(count)]));
  expect(rc).toBe(0);
  const list = Array.from({ length: view.getUint32(15) }, (_, i) =>
    [0, 4, 8].map((n) => view.getUint32(19 + 12 * i + n)),
  );
  return { more: view.getUint8(10), list };
}
const timer = (tpm: TestTpm, act = ACT_0) => timers(tpm, act, 1).list[0]?.slice(1);

describe("authenticated countdown timers", () => {
  it("0 and A are there, and no others", () => {
    const tpm = TestTpm.started();
    expect(timers(tpm)).toEqual({
      more: 0,
      list: [
        [ACT_0, 0, 0],
        [ACT_A, 0, 0],
      ],
    });
    expect(timers(tpm, ACT_0, 1)).toEqual({ more: 1, list: [[ACT_0, 0, 0]] });
    expect(timers(tpm, ACT_0 + 1, 1)).toEqual({ more: 0, list: [[ACT_A, 0, 0]] });
    expect(timers(tpm, ACT_A + 1, 1)).toEqual({ more: 0, list: [] });
    for (const handle of [ACT_0 + 1, ACT_0 + 15])
      expect(tpm.run(setTimeoutOf(handle, 1)).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    for (const handle of [ACT_0 - 1, ACT_0 + 16, RH.PLATFORM])
      expect(tpm.run(setTimeoutOf(handle, 1)).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    const { view } = tpm.run(command(CC.GetCapability, [], [u32(1), u32(ACT_0), u32(4)]));
    expect([view.getUint32(15), view.getUint32(19), view.getUint32(23)]).toEqual([2, ACT_0, ACT_A]);
  });

  it("libtpms 0.9 has none", () => {
    const tpm = TestTpm.started({ profile: 1 });
    expect(timers(tpm).list).toEqual([]);
    expect(tpm.run(setTimeoutOf(ACT_0, 1)).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    expect(tpm.run(command(CC.SetPrimaryPolicy, [ACT_0], [u16(0), u16(ALG.NULL)], [password()])).rc).toBe(
      rc("TPM_RC_VALUE", { handle: 1 }),
    );
  });

  it("count down by the second and signal at zero; the host sees it without asking the TPM", () => {
    const tpm = TestTpm.started();
    expect(tpm.core.actDelay()).toBe(-1);
    expect(tpm.run(setTimeoutOf(ACT_A, 10)).rc).toBe(0);
    expect(tpm.core.actDelay()).toBe(10_000);
    expect(timer(tpm, ACT_A)).toEqual([10, 0]);
    tpm.now += 1;
    expect(timer(tpm, ACT_A)).toEqual([10, 0]);
    tpm.now += 3999;
    expect(timer(tpm, ACT_A)).toEqual([6, 0]);
    tpm.now += 5999;
    expect(timer(tpm, ACT_A)).toEqual([1, 0]);
    expect(tpm.core.actSignaled()).toBe(0);
    expect(tpm.core.actDelay()).toBe(1);
    tpm.now += 1;
    expect(tpm.core.actSignaled()).toBe(1 << 0xa);
    expect(tpm.core.actDelay()).toBe(-1);
    expect(timer(tpm, ACT_A)).toEqual([0, 1]);
    tpm.now += 100_000;
    expect(timer(tpm, ACT_A)).toEqual([0, 1]);
    expect(timer(tpm, ACT_0)).toEqual([0, 0]);
  });

  it("the four transitions of Part 3, 33.2, and taking a signal back", () => {
    const tpm = TestTpm.started();
    // Zero to zero: no signal, and none to take back.
    expect(tpm.run(setTimeoutOf(ACT_0, 0)).rc).toBe(0);
    expect(timer(tpm)).toEqual([0, 0]);
    expect(tpm.run(setTimeoutOf(ACT_0, STOP)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    // Non-zero to zero.
    expect(tpm.run(setTimeoutOf(ACT_0, 100)).rc).toBe(0);
    expect(tpm.run(setTimeoutOf(ACT_0, STOP)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.run(setTimeoutOf(ACT_0, 0)).rc).toBe(0);
    expect(timer(tpm)).toEqual([0, 1]);
    expect(tpm.core.actSignaled()).toBe(1);
    // Zero to zero with a signal.
    expect(tpm.run(setTimeoutOf(ACT_0, 0)).rc).toBe(0);
    expect(timer(tpm)).toEqual([0, 1]);
    // Zero to non-zero, and from there to another.
    expect(tpm.run(setTimeoutOf(ACT_0, 7)).rc).toBe(0);
    expect(timer(tpm)).toEqual([7, 0]);
    expect(tpm.run(setTimeoutOf(ACT_0, 0xfffffffe)).rc).toBe(0);
    expect(timer(tpm)).toEqual([0xfffffffe, 0]);
    expect(tpm.run(setTimeoutOf(ACT_0, 0)).rc).toBe(0);
    expect(tpm.run(setTimeoutOf(ACT_0, STOP)).rc).toBe(0);
    expect(timer(tpm)).toEqual([STOP, 0]);
    tpm.now += 1e12;
    expect(timer(tpm)).toEqual([STOP, 0]);
    // It has not expired.
    expect(tpm.run(setTimeoutOf(ACT_0, STOP)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("outlive TPM Resume with half the time, or all of it when they were set since; a signal stays", () => {
    const tpm = TestTpm.started();
    tpm.run(setTimeoutOf(ACT_0, 100));
    tpm.run(setTimeoutOf(ACT_A, 1));
    tpm.now += 20_000;
    expect(tpm.shutdown(1).rc).toBe(0);
    const resumed = tpm.powerCycle();
    expect(resumed.core.actSignaled()).toBe(0);
    expect(resumed.startup(1).rc).toBe(0);
    expect(timers(resumed).list).toEqual([
      [ACT_0, 80, 0],
      [ACT_A, 0, 1],
    ]);
    expect(resumed.core.actSignaled()).toBe(1 << 0xa);
    expect(resumed.shutdown(1).rc).toBe(0);
    const again = resumed.powerCycle();
    expect(again.startup(1).rc).toBe(0);
    expect(timers(again).list).toEqual([
      [ACT_0, 40, 0],
      [ACT_A, 0, 1],
    ]);
    for (const left of [2, 1, 0]) {
      const next = again.powerCycle();
      expect(next.startup(0).rc).toBe(0);
      expect(timers(next).list).toEqual([
        [ACT_0, 0, 0],
        [ACT_A, 0, 0],
      ]);
      next.run(setTimeoutOf(ACT_0, left + 1));
      next.now += 1000;
      expect(timer(next)).toEqual([left, left === 0 ? 1 : 0]);
    }
    // One second is not halved to nothing; one that stands still is not halved.
    const last = TestTpm.started();
    last.run(setTimeoutOf(ACT_0, 1));
    last.run(setTimeoutOf(ACT_A, 1));
    last.run(setTimeoutOf(ACT_A, 0));
    last.run(setTimeoutOf(ACT_A, STOP));
    let cycle = last;
    for (let i = 0; i < 3; i++) {
      expect(cycle.shutdown(1).rc).toBe(0);
      cycle = cycle.powerCycle();
      expect(cycle.startup(1).rc).toBe(0);
    }
    expect(timers(cycle).list).toEqual([
      [ACT_0, 1, 0],
      [ACT_A, STOP, 0],
    ]);
  });

  it("setting one takes back a Shutdown(STATE)", () => {
    const tpm = TestTpm.started();
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.run(setTimeoutOf(ACT_0, 5)).rc).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("platformAuth authorises, while the platform is enabled; so does a policy of their own", async () => {
    const tpm = TestTpm.started();
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [sized([1, 2])], [password()])).rc).toBe(0);
    expect(tpm.run(setTimeoutOf(ACT_0, 5)).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    expect(tpm.run(setTimeoutOf(ACT_0, 5, [1, 2])).rc).toBe(0);
    const policy = new Policy().extend(CC.PolicyPhysicalPresence);
    const setPolicy = command(CC.SetPrimaryPolicy, [ACT_0], [sized(policy.value), u16(ALG.SHA256)], [password([1, 2])]);
    expect(tpm.run(setPolicy).rc).toBe(0);
    // TPM_CAP_AUTH_POLICIES
    const { view, bytes } = tpm.run(command(CC.GetCapability, [], [u32(9), u32(ACT_0), u32(2)]));
    expect([view.getUint32(15), view.getUint32(19), view.getUint16(23)]).toEqual([2, ACT_0, ALG.SHA256]);
    expect(hex(bytes.subarray(25, 57))).toBe(hex(policy.value));
    expect([view.getUint32(57), view.getUint16(61)]).toEqual([ACT_A, ALG.NULL]);
    const session = await AuthSession.start(run, { type: SE.POLICY });
    const byPolicy = (act: number) => ({
      code: CC.ACT_SetTimeout,
      handles: [act],
      parameters: [u32(30)],
      uses: [{ session, entity: { auth: new Uint8Array(0) } }],
    });
    const off = command(CC.HierarchyControl, [RH.PLATFORM], [u32(RH.PLATFORM), Uint8Array.of(0)], [password([1, 2])]);
    expect(tpm.run(off).rc).toBe(0);
    expect(tpm.run(setTimeoutOf(ACT_0, 5, [1, 2])).rc).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    expect((await call(run, byPolicy(ACT_A))).response.rc).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    expect((await call(run, byPolicy(ACT_0))).response.rc).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
    expect(tpm.run(command(CC.PolicyPhysicalPresence, [session.handle])).rc).toBe(0);
    expect(await policyDigest(run, session)).toBe(hex(policy.value));
    tpm.core.physicalPresence(1);
    expect((await call(run, byPolicy(ACT_0))).response.rc).toBe(0);
    expect(timer(tpm)).toEqual([30, 0]);
    // Kept by TPM Resume, gone with TPM Reset.
    expect(tpm.shutdown(1).rc).toBe(0);
    for (const [type, algorithm] of [
      [1, ALG.SHA256],
      [0, ALG.NULL],
    ] as const) {
      const again = tpm.powerCycle();
      expect(again.startup(type).rc).toBe(0);
      expect(again.run(command(CC.GetCapability, [], [u32(9), u32(ACT_0), u32(1)])).view.getUint16(23)).toBe(algorithm);
    }
  });
});
