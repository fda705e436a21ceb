/** What the tests call by name are the numbers of Parts 2 and 3: some, written out. */
import { expect, it } from "vitest";
import { CC, rc } from "./names.ts";

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
