/** What the tests call by name are the numbers of Parts 2 and 3: some, written out. */
import { expect, it } from "vitest";
import { ALG, bitsOf, CAP, CC, CURVE, PT, RH, RS_PW, rc, SE, ST } from "./names.ts";

it("command codes", () => {
  expect([CC.NV_UndefineSpaceSpecial, CC.PCR_Extend, CC.ACT_SetTimeout]).toEqual([0x11f, 0x182, 0x198]);
  // One command under its two names.
  expect([CC.MAC, CC.MAC_Start]).toEqual([CC.HMAC, CC.HMAC_Start]);
});

it("response codes, with what they are about", () => {
  expect([rc("TPM_RC_SUCCESS"), rc("TPM_RC_NV_LOCKED"), rc("TPM_RC_RETRY")]).toEqual([0, 0x148, 0x922]);
  expect([rc("TPM_RC_VALUE"), rc("TPM_RC_SIZE", { parameter: 1 })]).toEqual([0x084, 0x1d5]);
  expect([rc("TPM_RC_HANDLE", { handle: 2 }), rc("TPM_RC_BAD_AUTH", { session: 1 })]).toEqual([0x28b, 0x9a2]);
  expect(rc("TPM_RC_SIZE", { parameter: 15 })).toBe(0xfd5);
});

it("algorithms, curves, handles, tags, properties", () => {
  expect([ALG.RSA, ALG.SHA256, ALG.NULL, ALG.KDF1_SP800_108, ALG.ECB]).toEqual([0x01, 0x0b, 0x10, 0x22, 0x44]);
  expect([CURVE.NIST_P256, CURVE.SM2_P256]).toEqual([3, 0x20]);
  expect([RH.OWNER, RH.NULL, RS_PW, RH.PLATFORM]).toEqual([0x40000001, 0x40000007, 0x40000009, 0x4000000c]);
  expect([ST.NO_SESSIONS, ST.SESSIONS, ST.HASHCHECK, SE.TRIAL]).toEqual([0x8001, 0x8002, 0x8024, 3]);
  expect([CAP.COMMANDS, CAP.TPM_PROPERTIES, PT.LOCKOUT_COUNTER]).toEqual([2, 6, 0x20e]);
});

it("attributes, with all bits of a field", () => {
  expect(bitsOf("TPMA_SESSION")).toEqual({
    continueSession: 0x01,
    auditExclusive: 0x02,
    auditReset: 0x04,
    decrypt: 0x20,
    encrypt: 0x40,
    audit: 0x80,
  });
  expect(bitsOf("TPMA_NV")).toMatchObject({ TPM_NT: 0xf0, READ_STCLEAR: 0x8000_0000 });
});
