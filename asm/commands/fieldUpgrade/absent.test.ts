import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";

const TPM_RC_COMMAND_CODE = rc("TPM_RC_COMMAND_CODE");

/** There is no firmware to upgrade, and no vendor's command (Part 3, 27 and 34). */
describe("commands that this TPM does not have", () => {
  const nullSignature = u16(0x10);
  const absent = {
    FieldUpgradeStart: command(
      CC.FieldUpgradeStart,
      [RH.PLATFORM, 0x80000000],
      [sized([]), nullSignature],
      [password()],
    ),
    FieldUpgradeData: command(CC.FieldUpgradeData, [], [sized([1])]),
    FirmwareRead: command(CC.FirmwareRead, [], [u32(0)]),
    Vendor_TCG_Test: command(CC.Vendor_TCG_Test, [], [sized([1])]),
  };
  for (const [name, bytes] of Object.entries(absent)) {
    const code = CC[name as keyof typeof absent];
    it(`TPM2_${name} is TPM_RC_COMMAND_CODE, in no list, and in no policy`, () => {
      for (const profile of [0, 1]) {
        const tpm = TestTpm.started({ profile });
        expect(tpm.run(bytes).rc).toBe(TPM_RC_COMMAND_CODE);
        const { view } = tpm.run(command(CC.GetCapability, [], [u32(2), u32(code), u32(1)]));
        // TPMA_CC: the index and V of the next command, if there is one.
        const next = view.getUint32(15) === 0 ? null : view.getUint32(19);
        expect(next === null || (next & 0x2000ffff) !== ((code & 0xffff) | (code & 0x20000000))).toBe(true);
        const trial = tpm.run(
          command(
            CC.StartAuthSession,
            [RH.NULL, RH.NULL],
            [sized(new Uint8Array(16)), u16(0), [3], u16(0x10), u16(11)],
          ),
        );
        expect(tpm.run(command(CC.PolicyCommandCode, [trial.view.getUint32(10)], [u32(code)])).rc).toBe(
          rc("TPM_RC_POLICY_CC", { parameter: 1 }),
        );
      }
    });
  }
});
