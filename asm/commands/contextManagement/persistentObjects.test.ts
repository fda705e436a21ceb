import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealedBlob } from "../../testkit/blobs.ts";
import { command, hex, password, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import {
  create,
  ecc,
  evictControl,
  fieldsOf,
  readPublic,
  rsa,
  runCreatePrimary,
  SIGNING,
  STORAGE,
  symCipher,
} from "../../testkit/objects.ts";

describe("persistent objects", () => {
  it("65 RSA storage keys fit at least, over power cycles, and then TPM_RC_NV_SPACE", () => {
    const tpm = TestTpm.started();
    const { handle, area } = runCreatePrimary(tpm, rsa(STORAGE));
    let count = 0;
    let answer = 0;
    while (answer === 0 && count < 1000) {
      answer = tpm.run(evictControl(handle, 0x81000000 + count)).rc;
      if (answer === 0) count++;
    }
    expect(answer).toBe(rc("TPM_RC_NV_SPACE"));
    expect(count).toBeGreaterThanOrEqual(65);
    const again = tpm.powerCycle();
    again.startup();
    expect(hex(fieldsOf(again.run(readPublic(0x81000000 + count - 1))).sized())).toBe(hex(area));
    const properties = again.run(command(CC.GetCapability, [], [u32(6), u32(0x208), u32(2)])).view;
    expect(properties.getUint32(10 + 1 + 4 + 4 + 4)).toBe(count);
    expect(again.run(evictControl(0x81000000, 0x81000000)).rc).toBe(0);
    const primary = runCreatePrimary(again, rsa(STORAGE));
    expect(again.run(evictControl(primary.handle, 0x81000000)).rc).toBe(0);
  });

  it("a damaged entry makes the blob damaged, never a trap", () => {
    const tpm = TestTpm.started();
    for (const [i, template] of [ecc(STORAGE), symCipher(STORAGE)].entries()) {
      const { handle } = runCreatePrimary(tpm, template);
      expect(tpm.run(evictControl(handle, 0x81000000 + i)).rc).toBe(0);
    }
    const plain = TestTpm.started().save().length;
    const blob = tpm.save();
    expect(hex(sealedBlob(blob))).toBe(hex(blob));
    const commands = [
      readPublic(0x81000000),
      create(0x81000000, ecc(SIGNING)),
      create(0x81000001, ecc(SIGNING)),
      evictControl(0x81000001, 0x81000001),
    ];
    // Most are refused, by one TPM for all of them.
    const probe = new TestTpm();
    fc.assert(
      fc.property(
        fc.integer({ min: plain - 64, max: blob.length - 33 }),
        fc.integer({ min: 1, max: 255 }),
        (at, change) => {
          const bytes = blob.slice();
          bytes[at] = (bytes[at] ?? 0) ^ change;
          const status = probe.load(sealedBlob(bytes));
          expect([0, 1]).toContain(status);
          if (status === 1) return;
          const other = new TestTpm({ blob: sealedBlob(bytes) });
          other.startup();
          for (const command of commands) expect(other.run(command).rc).not.toBe(rc("TPM_RC_FAILURE"));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("command audit", () => {
  it("goes with the command: what the store refuses was not audited, either", () => {
    const tpm = TestTpm.started();
    const primary = runCreatePrimary(tpm, ecc(STORAGE));
    // TPM2_SetCommandCodeAuditStatus: EvictControl
    const audit = command(
      CC.SetCommandCodeAuditStatus,
      [RH.OWNER],
      [u16(ALG.SHA256), u32(1), u32(CC.EvictControl), u32(0)],
      [password()],
    );
    if (tpm.run(audit).rc === rc("TPM_RC_COMMAND_CODE")) return;
    const before = tpm.stateHash();
    tpm.storeFails = true;
    expect(tpm.run(evictControl(primary.handle, 0x81000001)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
    tpm.storeFails = false;
    expect(tpm.run(evictControl(primary.handle, 0x81000001)).rc).toBe(0);
    expect(tpm.stateHash()).not.toBe(before);
  });
});
