import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u8, u32 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import {
  createPrimary,
  evictControl,
  flush,
  handleAndFields,
  keyedHash,
  readPublic,
  SEALED,
  sensitive,
} from "../../testkit/objects.ts";

const RANGE = rc("TPM_RC_RANGE", { parameter: 1 });
const HANDLE_1 = rc("TPM_RC_HANDLE", { handle: 1 });
const OWNERS = [0x81000000, 0x817fffff];
const PLATFORMS = [0x81800000, 0x81ffffff];

function sealed(tpm: TestTpm, hierarchy: number): number {
  const { handle } = handleAndFields(tpm.run(createPrimary(keyedHash(SEALED), hierarchy, sensitive([], [1]))));
  return handle;
}
const isThere = (tpm: TestTpm, handle: number) => {
  const { rc } = tpm.run(readPublic(handle));
  expect([0, HANDLE_1]).toContain(rc);
  return rc === 0;
};

describe("the ranges of persistent handles", () => {
  it("the owner's ends at 0x817fffff, where the platform's begins", () => {
    const tpm = TestTpm.started();
    for (const [hierarchy, own, others] of [
      [RH.OWNER, OWNERS, PLATFORMS],
      [RH.PLATFORM, PLATFORMS, OWNERS],
    ] as const) {
      const object = sealed(tpm, hierarchy);
      for (const handle of others) {
        expect(tpm.run(evictControl(object, handle, hierarchy)).rc).toBe(RANGE);
        expect(isThere(tpm, handle)).toBe(hierarchy === RH.PLATFORM);
      }
      for (const handle of own) {
        expect(tpm.run(evictControl(object, handle, hierarchy)).rc).toBe(0);
        expect(isThere(tpm, handle)).toBe(true);
      }
      for (const outside of [0x80ffffff, 0x82000000]) {
        expect(tpm.run(evictControl(object, outside, hierarchy)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
      }
      expect(tpm.run(flush(object)).rc).toBe(0);
    }
  });

  it("each keeps only its own objects; the platform may evict all, the owner all but the platform's", () => {
    const tpm = TestTpm.started();
    const [owners, platforms] = [sealed(tpm, RH.OWNER), sealed(tpm, RH.PLATFORM)];
    for (const handle of [...OWNERS, ...PLATFORMS]) {
      expect(tpm.run(evictControl(owners, handle, RH.PLATFORM)).rc).toBe(0x285);
      expect(tpm.run(evictControl(platforms, handle, RH.OWNER)).rc).toBe(0x285);
    }
    for (const handle of OWNERS) expect(tpm.run(evictControl(owners, handle)).rc).toBe(0);
    for (const handle of PLATFORMS) expect(tpm.run(evictControl(platforms, handle, RH.PLATFORM)).rc).toBe(0);
    expect(tpm.run(evictControl(PLATFORMS[0] as number, PLATFORMS[0] as number)).rc).toBe(0x285);
    for (const handle of [...OWNERS, ...PLATFORMS]) {
      expect(tpm.run(evictControl(handle, handle, RH.PLATFORM)).rc).toBe(0);
      expect(isThere(tpm, handle)).toBe(false);
    }
  });

  it("those of a hierarchy hide while it is disabled, to the end of its range", () => {
    const tpm = TestTpm.started();
    for (const [hierarchy, handles] of [
      [RH.OWNER, OWNERS],
      [RH.PLATFORM, PLATFORMS],
    ] as const) {
      const object = sealed(tpm, hierarchy);
      for (const handle of handles) expect(tpm.run(evictControl(object, handle, hierarchy)).rc).toBe(0);
    }
    const disable = (hierarchy: number) =>
      command(CC.HierarchyControl, [RH.PLATFORM], [u32(hierarchy), u8(0)], [password()]);
    expect(tpm.run(disable(RH.OWNER)).rc).toBe(0);
    expect([...OWNERS, ...PLATFORMS].map((handle) => isThere(tpm, handle))).toEqual([false, false, true, true]);
    expect(tpm.run(disable(RH.PLATFORM)).rc).toBe(0);
    expect(PLATFORMS.map((handle) => isThere(tpm, handle))).toEqual([false, false]);
  });

  it("TPM2_Clear takes the owner's, TPM2_ChangePPS the platform's, to the end of the range", () => {
    const tpm = TestTpm.started();
    for (const [hierarchy, handles] of [
      [RH.OWNER, OWNERS],
      [RH.PLATFORM, PLATFORMS],
    ] as const) {
      const object = sealed(tpm, hierarchy);
      for (const handle of handles) expect(tpm.run(evictControl(object, handle, hierarchy)).rc).toBe(0);
    }
    expect(tpm.run(command(CC.Clear, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect([...OWNERS, ...PLATFORMS].map((handle) => isThere(tpm, handle))).toEqual([false, false, true, true]);
    expect(tpm.run(command(CC.ChangePPS, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(PLATFORMS.map((handle) => isThere(tpm, handle))).toEqual([false, false]);
  });
});
