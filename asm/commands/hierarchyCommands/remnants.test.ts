import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u16 } from "../../testkit/harness.ts";
import { ALG, CC, RH } from "../../testkit/names.ts";

const LONG = new Uint8Array(64).fill(0xa5);
const SHORT = new Uint8Array(20).fill(0x5a);
type Setting = (long: boolean) => Uint8Array;

/** TPM2_SetPrimaryPolicy. */
const primaryPolicy =
  (handle: number): Setting =>
  (long) =>
    command(
      CC.SetPrimaryPolicy,
      [handle],
      [sized(long ? LONG : SHORT), u16(long ? ALG.SHA512 : ALG.SHA1)],
      [password()],
    );
const SETTINGS: [string, Setting][] = [
  ["the owner's policy", primaryPolicy(RH.OWNER)],
  ["the endorsement hierarchy's", primaryPolicy(RH.ENDORSEMENT)],
  ["the platform's", primaryPolicy(RH.PLATFORM)],
  ["lockout's", primaryPolicy(RH.LOCKOUT)],
  // TPM2_PCR_SetAuthPolicy
  [
    "that of PCRs",
    (long) =>
      command(
        CC.PCR_SetAuthPolicy,
        [RH.PLATFORM],
        [sized(long ? LONG : SHORT), u16(long ? ALG.SHA512 : ALG.SHA1), [0, 0, 0, 20]],
        [password()],
      ),
  ],
];

describe("what an older and longer value left", () => {
  it.each(SETTINGS)("does not stay in the state behind a shorter one: %s", (_name, setting) => {
    const [once, twice] = [TestTpm.started(), TestTpm.started()];
    expect(twice.run(setting(true)).rc).toBe(0);
    for (const tpm of [once, twice]) expect(tpm.run(setting(false)).rc).toBe(0);
    expect(twice.stateHash()).toBe(once.stateHash());
  });

  it("does not stay of an authValue", () => {
    // TPM2_HierarchyChangeAuth, and TPM2_PCR_SetAuthValue.
    for (const [code, handle] of [
      ...[RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.LOCKOUT].map(
        (hierarchy) => [CC.HierarchyChangeAuth, hierarchy] as const,
      ),
      [CC.PCR_SetAuthValue, 20] as const,
    ]) {
      const [once, twice] = [TestTpm.started(), TestTpm.started()];
      const auth = LONG.subarray(0, 20);
      expect(twice.run(command(code, [handle], [sized(auth)], [password()])).rc).toBe(0);
      expect(twice.run(command(code, [handle], [sized([7])], [password(auth)])).rc).toBe(0);
      expect(once.run(command(code, [handle], [sized([7])], [password()])).rc).toBe(0);
      expect(twice.stateHash()).toBe(once.stateHash());
    }
  });
});
