import { describe, expect, it } from "vitest";
import { command, hex, password, sized, TestTpm, u8, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, PT, RH, rc } from "../../testkit/names.ts";
import { property } from "../../testkit/readings.ts";
import { secretsOf } from "../../testkit/secrets.ts";

const control = (auth: number, enable: number, state: number) =>
  command(CC.HierarchyControl, [auth], [u32(enable), u8(state)], [password()]);
const changeAuth = (handle: number, to: number[], from: number[] = []) =>
  command(CC.HierarchyChangeAuth, [handle], [sized(to)], [password(from)]);
const clear = (handle: number = RH.PLATFORM) => command(CC.Clear, [handle], [], [password()]);
const enables = (tpm: TestTpm) => property(tpm, PT.STARTUP_CLEAR) & 15;
const hash = (hierarchy: number) => command(CC.Hash, [], [sized([1, 2, 3, 4]), u16(ALG.SHA256), u32(hierarchy)]);
/** The ticket of a hierarchy: it changes with the hierarchy's proof. */
const ticket = (tpm: TestTpm, hierarchy: number) => hex(tpm.run(hash(hierarchy)).bytes.subarray(-64));
const seeds = (tpm: TestTpm) => {
  const { epSeed, spSeed, ppSeed } = secretsOf(tpm.save());
  return [epSeed, spSeed, ppSeed].map(hex);
};

describe("TPM2_HierarchyControl", () => {
  it("a disabled hierarchy authorises nothing, until the platform or a start enables it", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(control(RH.OWNER, RH.OWNER, 0)).rc).toBe(0);
    expect(enables(tpm)).toBe(0b1101);
    expect(tpm.run(changeAuth(RH.OWNER, [])).rc).toBe(rc("TPM_RC_HIERARCHY", { handle: 1 }));
    expect(tpm.run(control(RH.PLATFORM, RH.OWNER, 1)).rc).toBe(0);
    expect(tpm.run(changeAuth(RH.OWNER, [])).rc).toBe(0);
    tpm.run(control(RH.ENDORSEMENT, RH.ENDORSEMENT, 0));
    tpm.run(control(RH.PLATFORM, RH.PLATFORM_NV, 0));
    expect(enables(tpm)).toBe(0b0011);
    tpm.core.powerOn();
    tpm.startup();
    expect(enables(tpm)).toBe(0b1111);
  });

  it("TPM Resume keeps the enables, but for the platform's", () => {
    const tpm = TestTpm.started();
    tpm.run(control(RH.PLATFORM, RH.OWNER, 0));
    tpm.run(control(RH.PLATFORM, RH.PLATFORM, 0));
    expect(enables(tpm)).toBe(0b1100);
    expect(tpm.run(clear()).rc).toBe(rc("TPM_RC_HIERARCHY", { handle: 1 }));
    expect(tpm.shutdown(1).rc).toBe(0);
    const again = tpm.powerCycle();
    expect(again.startup(1).rc).toBe(0);
    expect(enables(again)).toBe(0b1101);
  });
});

describe("authorization values and policies", () => {
  it("outlive power, but for the platform's", () => {
    const tpm = TestTpm.started();
    for (const handle of [RH.OWNER, RH.ENDORSEMENT, RH.LOCKOUT, RH.PLATFORM])
      expect(tpm.run(changeAuth(handle, [handle & 255])).rc).toBe(0);
    const again = tpm.powerCycle();
    again.startup();
    for (const handle of [RH.OWNER, RH.ENDORSEMENT, RH.LOCKOUT])
      expect(again.run(changeAuth(handle, [], [handle & 255])).rc).toBe(0);
    expect(again.run(changeAuth(RH.PLATFORM, [])).rc).toBe(0);
  });

  it("one that could not be stored was not set", () => {
    const tpm = TestTpm.started();
    tpm.storeFails = true;
    expect(tpm.run(changeAuth(RH.OWNER, [1])).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    tpm.storeFails = false;
    expect(tpm.run(changeAuth(RH.OWNER, [])).rc).toBe(0);
  });

  it("the platform's is not stored: it needs a store only when a shutdown is on record", () => {
    const tpm = TestTpm.started();
    const { commits } = tpm;
    expect(tpm.run(changeAuth(RH.PLATFORM, [1])).rc).toBe(0);
    expect(tpm.commits).toBe(commits);
    tpm.shutdown();
    tpm.storeFails = true;
    expect(tpm.run(changeAuth(RH.PLATFORM, [2], [1])).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.run(changeAuth(RH.PLATFORM, [2], [2])).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
  });
});

describe("TPM2_Clear", () => {
  it("makes a new storage hierarchy and new proofs; the platform's and the endorsement seed stay", () => {
    const tpm = TestTpm.started();
    tpm.run(changeAuth(RH.OWNER, [1]));
    tpm.run(changeAuth(RH.ENDORSEMENT, [2]));
    tpm.run(changeAuth(RH.LOCKOUT, [3]));
    const [ep, sp, pp] = seeds(tpm);
    const tickets = [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM].map((handle) => ticket(tpm, handle));
    expect(tpm.run(clear()).rc).toBe(0);
    const [ep2, sp2, pp2] = seeds(tpm);
    expect([ep2 === ep, sp2 === sp, pp2 === pp]).toEqual([true, false, true]);
    const same = [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM].map((handle, i) => ticket(tpm, handle) === tickets[i]);
    expect(same).toEqual([false, false, true]);
    for (const handle of [RH.OWNER, RH.ENDORSEMENT, RH.LOCKOUT]) expect(tpm.run(changeAuth(handle, [])).rc).toBe(0);
  });

  it("is refused once ClearControl disabled it, over power cycles, until the platform enables it", () => {
    const tpm = TestTpm.started();
    const setClear = (handle: number, disable: number) =>
      command(CC.ClearControl, [handle], [u8(disable)], [password()]);
    expect(tpm.run(setClear(RH.LOCKOUT, 1)).rc).toBe(0);
    const again = tpm.powerCycle();
    again.startup();
    expect(again.run(clear()).rc).toBe(rc("TPM_RC_DISABLED"));
    expect(again.run(setClear(RH.LOCKOUT, 0)).rc).toBe(rc("TPM_RC_AUTH_FAIL"));
    expect(again.run(setClear(RH.PLATFORM, 0)).rc).toBe(0);
    expect(again.run(clear(RH.LOCKOUT)).rc).toBe(0);
  });

  it("needs NV, and does nothing without", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    tpm.storeFails = true;
    expect(tpm.run(clear()).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
  });
});

describe("TPM2_ChangeEPS and TPM2_ChangePPS", () => {
  it("ChangeEPS: a new seed and proof, no authorization, nothing else", () => {
    const tpm = TestTpm.started();
    tpm.run(changeAuth(RH.ENDORSEMENT, [2]));
    tpm.run(changeAuth(RH.OWNER, [1]));
    const before = seeds(tpm);
    const owner = ticket(tpm, RH.OWNER);
    const endorsement = ticket(tpm, RH.ENDORSEMENT);
    expect(tpm.run(command(CC.ChangeEPS, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(seeds(tpm).map((seed, i) => seed === before[i])).toEqual([false, true, true]);
    expect([ticket(tpm, RH.OWNER) === owner, ticket(tpm, RH.ENDORSEMENT) === endorsement]).toEqual([true, false]);
    expect(tpm.run(changeAuth(RH.ENDORSEMENT, [])).rc).toBe(0);
    expect(tpm.run(changeAuth(RH.OWNER, [])).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
  });

  it("ChangePPS: a new seed and proof, no platform policy; platformAuth stays", () => {
    const tpm = TestTpm.started();
    tpm.run(changeAuth(RH.PLATFORM, [7]));
    const before = seeds(tpm);
    const platform = ticket(tpm, RH.PLATFORM);
    expect(tpm.run(command(CC.ChangePPS, [RH.PLATFORM], [], [password([7])])).rc).toBe(0);
    expect(seeds(tpm).map((seed, i) => seed === before[i])).toEqual([true, true, false]);
    expect(ticket(tpm, RH.PLATFORM)).not.toBe(platform);
    expect(tpm.run(changeAuth(RH.PLATFORM, [])).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
  });
});

describe("a new TPM", () => {
  it("has seeds and proofs of its own", () => {
    const one = new TestTpm({ seed: "one" });
    const other = new TestTpm({ seed: "other" });
    const all = [...seeds(one), ...seeds(other)];
    expect(new Set(all).size).toBe(6);
    for (const seed of all) expect(seed).not.toBe("00".repeat(64));
  });

  it("is made with a profile that exists", () => {
    const tpm = new TestTpm();
    const before = tpm.stateHash();
    expect(tpm.core.manufacture(2)).toBe(1);
    expect(tpm.stateHash()).toBe(before);
  });
});
