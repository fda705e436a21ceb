import { describe, expect, it } from "vitest";
import { command, hex, password, sized, TestTpm, u32 } from "../../testkit/harness.ts";
import { CC, RH, rc, SE } from "../../testkit/names.ts";
import { defineSpace, NV, nvName } from "../../testkit/nv.ts";
import { keyedHash, OBJECT, runCreatePrimary, sensitive } from "../../testkit/objects.ts";
import { Policy } from "../../testkit/policies.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";

const COMPONENT = 0x90000001;
const empty = new Uint8Array(0);

describe("TPM2_AC_GetCapability", () => {
  const get = (tpm: TestTpm, ac: number, capability: number, count: number) =>
    tpm.run(command(CC.AC_GetCapability, [ac], [u32(capability), u32(count)]));

  it("tells the one property of the sample component", () => {
    for (const profile of [0, 1]) {
      const tpm = TestTpm.started({ profile });
      for (const from of [0, 1, 2]) expect(hex(get(tpm, COMPONENT, from, 10).body)).toBe("00000000010000000201234567");
      expect(hex(get(tpm, COMPONENT, 0, 0).body)).toBe("0100000000");
      expect(hex(get(tpm, COMPONENT, 3, 10).body)).toBe("0000000000");
    }
  });

  it("knows no other component", () => {
    const tpm = TestTpm.started();
    for (const handle of [0x90000000, 0x90000002, 0x9000ffff])
      expect(get(tpm, handle, 0, 1).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    for (const handle of [0x90010000, RH.OWNER, 0x80000000])
      expect(get(tpm, handle, 0, 1).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
  });
});

describe("TPM2_AC_Send", () => {
  /** H(policy for any object, for the owner's authorization and this component). */
  const policyFor = (authName: Uint8Array) =>
    new Policy().extend(CC.Policy_AC_SendSelect, authName, u32(COMPONENT), Uint8Array.of(0));
  async function sending(
    tpm: TestTpm,
    attributes: number,
    authHandle: number = RH.OWNER,
    ac = COMPONENT,
    authName = u32(authHandle),
  ) {
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const selected = authHandle === RH.PLATFORM ? u32(RH.OWNER) : authName;
    const area = keyedHash(attributes, { policy: policyFor(selected).value });
    const { handle, name } = runCreatePrimary(tpm, area, RH.OWNER, sensitive([], [1, 2, 3]));
    const session = await AuthSession.start(run, { type: SE.POLICY });
    const names = [sized(name), sized(selected), sized(u32(COMPONENT)), Uint8Array.of(0)];
    expect(tpm.run(command(CC.Policy_AC_SendSelect, [session.handle], names)).rc).toBe(0);
    const owner = await AuthSession.start(run);
    const send = {
      code: CC.AC_Send,
      handles: [handle, authHandle, ac],
      names: [name, authName, u32(ac)],
      parameters: [sized([7, 7])],
      uses: [
        { session, entity: { auth: empty } },
        { session: owner, entity: { auth: empty } },
      ],
    };
    return { handle, result: await call(run, send) };
  }

  it("sends an object that may leave the TPM, by its policy and the owner", async () => {
    const { result } = await sending(TestTpm.started(), OBJECT.userWithAuth | OBJECT.noDA);
    expect(result.response.rc).toBe(0);
    expect(hex(result.parameters)).toBe("0000000100000000");
  });

  it("no object that is fixed or needs a protected duplication", async () => {
    for (const attribute of [OBJECT.fixedParent | OBJECT.fixedTPM, OBJECT.encryptedDuplication]) {
      const { result } = await sending(TestTpm.started(), OBJECT.userWithAuth | OBJECT.noDA | attribute);
      expect(result.response.rc).toBe(rc("TPM_RC_ATTRIBUTES", { handle: 1 }));
    }
  });

  it("an NV Alias says who may send", async () => {
    for (const [attributes, expected] of [
      [NV.OWNERWRITE | NV.OWNERREAD, 0],
      [NV.PPWRITE | NV.OWNERREAD, rc("TPM_RC_NV_AUTHORIZATION")],
    ] as const) {
      const tpm = TestTpm.started();
      const info = { handle: 0x01d00001, attributes: attributes | NV.NO_DA, size: 8 };
      expect(tpm.run(defineSpace(info)).rc).toBe(0);
      const { result } = await sending(tpm, OBJECT.userWithAuth | OBJECT.noDA);
      expect(result.response.rc).toBe(expected);
    }
    // An index that is not the alias.
    const tpm = TestTpm.started();
    const info = { handle: 0x01000001, attributes: NV.AUTHWRITE | NV.AUTHREAD | NV.OWNERREAD | NV.NO_DA, size: 8 };
    expect(tpm.run(defineSpace(info)).rc).toBe(0);
    const name = nvName(info);
    const { result } = await sending(tpm, OBJECT.userWithAuth | OBJECT.noDA, info.handle, COMPONENT, name);
    expect(result.response.rc).toBe(rc("TPM_RC_HANDLE", { handle: 2 }));
  });

  it("only by a policy, for the component and authorization that it names", async () => {
    const tpm = TestTpm.started();
    const { handle } = await sending(tpm, OBJECT.userWithAuth | OBJECT.noDA);
    const byPassword = command(CC.AC_Send, [handle, RH.OWNER, COMPONENT], [sized([])], [password(), password()]);
    expect(tpm.run(byPassword).rc).toBe(rc("TPM_RC_AUTH_TYPE"));
    const { result } = await sending(TestTpm.started(), OBJECT.userWithAuth | OBJECT.noDA, RH.PLATFORM);
    expect(result.response.rc).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
    const { result: other } = await sending(TestTpm.started(), OBJECT.userWithAuth | OBJECT.noDA, RH.OWNER, 0x90000002);
    expect(other.response.rc).toBe(rc("TPM_RC_HANDLE", { handle: 3 }));
  });
});
