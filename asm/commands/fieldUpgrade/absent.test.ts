import { describe, expect, it } from "vitest";
import { command, password, RH, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";

const TPM_RC_COMMAND_CODE = 0x143;

/** There is no firmware to upgrade, and no vendor's command (Part 3, 27 and 34). */
describe("commands that this TPM does not have", () => {
  const nullSignature = u16(0x10);
  const absent: [name: string, code: number, bytes: Uint8Array][] = [
    ["FieldUpgradeStart", 0x12f, command(0x12f, [RH.PLATFORM, 0x80000000], [sized([]), nullSignature], [password()])],
    ["FieldUpgradeData", 0x141, command(0x141, [], [sized([1])])],
    ["FirmwareRead", 0x179, command(0x179, [], [u32(0)])],
    ["Vendor_TCG_Test", 0x20000000, command(0x20000000, [], [sized([1])])],
  ];
  for (const [name, code, bytes] of absent) {
    it(`TPM2_${name} is TPM_RC_COMMAND_CODE, in no list, and in no policy`, () => {
      for (const profile of [0, 1]) {
        const tpm = TestTpm.started({ profile });
        expect(tpm.run(bytes).rc).toBe(TPM_RC_COMMAND_CODE);
        const { view } = tpm.run(command(0x17a, [], [u32(2), u32(code), u32(1)]));
        // TPMA_CC: the index and V of the next command, if there is one.
        const next = view.getUint32(15) === 0 ? null : view.getUint32(19);
        expect(next === null || (next & 0x2000ffff) !== ((code & 0xffff) | (code & 0x20000000))).toBe(true);
        const trial = tpm.run(
          command(0x176, [RH.NULL, RH.NULL], [sized(new Uint8Array(16)), u16(0), [3], u16(0x10), u16(11)]),
        );
        expect(tpm.run(command(0x16c, [trial.view.getUint32(10)], [u32(code)])).rc).toBe(0x1e4);
      }
    });
  }
});
