import { describe, expect, it } from "vitest";
import { command, hex, password, TestTpm, u32 } from "../../testkit/harness.ts";
import { CC, PT, RH, rc, SE } from "../../testkit/names.ts";
import {
  defineSpace,
  NV,
  nvIncrement,
  nvRead,
  nvReadLock,
  nvReadPublic,
  nvWrite,
  OPEN,
  policyNv,
  undefineSpace,
} from "../../testkit/nv.ts";
import { nvScenarios } from "../../testkit/nvScenarios.ts";
import { property } from "../../testkit/readings.ts";
import { AuthSession } from "../../testkit/sessions.ts";

const INDEX = 0x01000000;
const NV_UNINITIALIZED = rc("TPM_RC_NV_UNINITIALIZED");

describe("authorization of NV Indices, as a client sees it", () => {
  for (const [name, scenario] of nvScenarios) {
    it(name, async () => {
      const tpm = TestTpm.started();
      await scenario((bytes) => tpm.run(bytes).bytes);
    });
  }
});

describe("an index that was never written", () => {
  const attributes = OPEN & ~NV.NO_DA;
  const make = () => {
    const tpm = TestTpm.started();
    expect(tpm.run(defineSpace({ handle: INDEX, attributes, size: 8 }, [1])).rc).toBe(0);
    return tpm;
  };

  it("says so before its authValue is looked at: no failed try is counted", async () => {
    const tpm = make();
    const policy = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { type: SE.POLICY });
    for (const auth of [[1], [2], [], [1]]) {
      expect(tpm.run(nvRead(INDEX, INDEX, 1, 0, auth)).rc).toBe(NV_UNINITIALIZED);
      expect(tpm.run(policyNv(INDEX, INDEX, policy.handle, [0], 0, 0, auth)).rc).toBe(NV_UNINITIALIZED);
      expect(tpm.run(command(CC.PolicyAuthorizeNV, [INDEX, INDEX, policy.handle], [], [password(auth)])).rc).toBe(
        NV_UNINITIALIZED,
      );
      // Whatever else is wrong: the answers to a right and to a wrong authValue do not differ.
      expect(tpm.run(command(CC.NV_Read, [INDEX, INDEX], [], [password(auth)])).rc).toBe(NV_UNINITIALIZED);
    }
    expect(property(tpm, PT.LOCKOUT_COUNTER)).toBe(0);
  });

  it("may be locked for reading, and be part of a trial policy, by who knows its authValue", async () => {
    const tpm = make();
    const trial = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { type: SE.TRIAL });
    expect(tpm.run(policyNv(INDEX, INDEX, trial.handle, [0], 0, 0, [1])).rc).toBe(0);
    expect(tpm.run(policyNv(INDEX, INDEX, trial.handle, [0], 0, 0, [2])).rc).toBe(
      rc("TPM_RC_AUTH_FAIL", { session: 1 }),
    );
    expect(tpm.run(nvReadLock(INDEX, INDEX, [2])).rc).toBe(rc("TPM_RC_AUTH_FAIL", { session: 1 }));
    expect(tpm.run(nvReadLock(INDEX, INDEX, [1])).rc).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 2 }));
    expect(property(tpm, PT.LOCKOUT_COUNTER)).toBe(2);
  });
});

describe("hierarchies", () => {
  it("TPM2_Clear removes what the owner defined, and no counter starts again from below", () => {
    const tpm = TestTpm.started();
    const owner = NV.OWNERREAD | NV.OWNERWRITE | NV.PPREAD | NV.PPWRITE | NV.NO_DA;
    for (const [offset, flags] of [0, NV.ORDERLY, NV.COUNTER, NV.COUNTER | NV.ORDERLY].entries()) {
      for (const created of [0, NV.PLATFORMCREATE]) {
        const handle = INDEX + offset + (created ? 0x100 : 0);
        expect(tpm.run(defineSpace({ handle, attributes: owner | flags | created, size: 8 })).rc).toBe(0);
        const counts = flags & NV.COUNTER ? 3 : 0;
        for (let i = 0; i < counts; i++) expect(tpm.run(nvIncrement(RH.PLATFORM, handle)).rc).toBe(0);
      }
    }
    expect(property(tpm, PT.HR_NV_INDEX)).toBe(8);
    expect(property(tpm, PT.NV_COUNTERS)).toBe(4);
    expect(tpm.run(command(CC.Clear, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    const list = tpm.run(command(CC.GetCapability, [], [u32(1), u32(INDEX), u32(20)])).body;
    expect(hex(list)).toBe("000000000100000004" + "01000100010001010100010201000103");
    expect(property(tpm, PT.NV_COUNTERS)).toBe(2);
    const counter = { handle: INDEX, attributes: owner | NV.COUNTER, size: 8 };
    expect(tpm.run(defineSpace(counter)).rc).toBe(0);
    expect(tpm.run(nvIncrement(RH.OWNER, INDEX)).rc).toBe(0);
    expect(tpm.run(nvRead(RH.OWNER, INDEX, 8)).view.getBigUint64(16)).toBe(4n);
  });

  it("what the owner defined is not there while shEnable is CLEAR, what the platform defined while phEnableNV is", () => {
    const tpm = TestTpm.started();
    const control = (enable: number, state: number) =>
      tpm.run(command(CC.HierarchyControl, [RH.PLATFORM], [u32(enable), [state]], [password()])).rc;
    expect(tpm.run(defineSpace({ handle: INDEX, attributes: OPEN, size: 1 })).rc).toBe(0);
    const platform = NV.PPREAD | NV.PPWRITE | NV.OWNERREAD | NV.PLATFORMCREATE | NV.NO_DA;
    expect(tpm.run(defineSpace({ handle: INDEX + 1, attributes: platform, size: 1 })).rc).toBe(0);
    for (const [hierarchy, hidden, seen] of [
      [RH.OWNER, INDEX, INDEX + 1],
      [RH.PLATFORM_NV, INDEX + 1, INDEX],
    ] as const) {
      expect(control(hierarchy, 0)).toBe(0);
      expect(tpm.run(nvReadPublic(hidden)).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
      expect(tpm.run(undefineSpace(RH.PLATFORM, hidden)).rc).toBe(rc("TPM_RC_HANDLE", { handle: 2 }));
      expect(tpm.run(nvReadPublic(seen)).rc).toBe(0);
      expect(control(hierarchy, 1)).toBe(0);
      expect(tpm.run(nvReadPublic(hidden)).rc).toBe(0);
    }
    // New seeds touch neither.
    for (const change of [CC.ChangeEPS, CC.ChangePPS])
      expect(tpm.run(command(change, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(property(tpm, PT.HR_NV_INDEX)).toBe(2);
  });

  it("what the platform defined, only the platform removes", () => {
    const tpm = TestTpm.started();
    const platform = NV.PPREAD | NV.PPWRITE | NV.PLATFORMCREATE | NV.NO_DA;
    expect(tpm.run(nvWrite(RH.PLATFORM, INDEX, [1])).rc).toBe(rc("TPM_RC_HANDLE", { handle: 2 }));
    expect(tpm.run(defineSpace({ handle: INDEX, attributes: platform, size: 1 })).rc).toBe(0);
    expect(tpm.run(nvWrite(RH.PLATFORM, INDEX, [1])).rc).toBe(0);
    expect(tpm.run(undefineSpace(RH.OWNER, INDEX)).rc).toBe(rc("TPM_RC_NV_AUTHORIZATION"));
    expect(tpm.run(undefineSpace(RH.PLATFORM, INDEX)).rc).toBe(0);
  });
});
