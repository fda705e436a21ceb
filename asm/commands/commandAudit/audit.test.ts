import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, PT, RH, rc } from "../../testkit/names.ts";
import { property } from "../../testkit/readings.ts";
import { digest } from "../../testkit/sessions.ts";

const codes = (...list: number[]) => concat(u32(list.length), ...list.map(u32));
const setStatus = (auditAlg: number, set: number[], clear: number[], handle: number = RH.OWNER) =>
  command(CC.SetCommandCodeAuditStatus, [handle], [u16(auditAlg), codes(...set), codes(...clear)], [password()]);
/** TPM_CAP_AUDIT_COMMANDS */
function listed(tpm: TestTpm): number[] {
  const { view } = tpm.run(command(CC.GetCapability, [], [u32(4), u32(0), u32(254)]));
  return Array.from({ length: view.getUint32(15) }, (_, i) => view.getUint32(19 + 4 * i));
}
const counter = (tpm: TestTpm) => [PT.AUDIT_COUNTER_0, PT.AUDIT_COUNTER_1].map((which) => property(tpm, which));
/** The command audit digest is in the blob after Shutdown(STATE), which is not audited. */
function has(tpm: TestTpm, expected: Uint8Array): boolean {
  expect(tpm.shutdown(1).rc).toBe(0);
  return hex(tpm.save()).includes(hex(sized(expected)));
}
const hash = command(CC.Hash, [], [sized([1, 2]), u16(ALG.SHA256), u32(RH.NULL)]);
describe("TPM2_SetCommandCodeAuditStatus", () => {
  it("changes the list, but for the command itself and TPM2_Shutdown; clearList comes last", () => {
    const tpm = TestTpm.started();
    expect(listed(tpm)).toEqual([CC.SetCommandCodeAuditStatus]);
    expect(
      tpm.run(
        setStatus(
          ALG.NULL,
          [CC.Hash, CC.Shutdown, CC.GetRandom, 0x11e, 0x1fe, 0xffffffff],
          [CC.GetRandom, CC.SetCommandCodeAuditStatus],
        ),
      ).rc,
    ).toBe(0);
    expect(listed(tpm)).toEqual([CC.SetCommandCodeAuditStatus, CC.Hash]);
    expect(tpm.run(setStatus(ALG.SHA512, [CC.GetRandom], [], RH.PLATFORM)).rc).toBe(0);
    expect(listed(tpm)).toEqual([CC.SetCommandCodeAuditStatus, CC.GetRandom, CC.Hash]);
    const again = tpm.powerCycle();
    again.startup();
    expect(listed(again)).toEqual([CC.SetCommandCodeAuditStatus, CC.GetRandom, CC.Hash]);
  });

  it("changes list or algorithm, not both", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(setStatus(ALG.SHA256, [CC.Hash], [])).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.run(setStatus(ALG.SHA256, [], [CC.Hash])).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.run(setStatus(ALG.SHA256, [], [])).rc).toBe(0);
    expect(tpm.run(setStatus(0x7777, [], [])).rc).toBe(rc("TPM_RC_HASH", { parameter: 1 }));
    expect(tpm.run(setStatus(ALG.NULL, [], [], RH.ENDORSEMENT)).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    expect(tpm.run(command(CC.SetCommandCodeAuditStatus, [RH.OWNER], [u16(ALG.NULL), u32(255)], [password()])).rc).toBe(
      rc("TPM_RC_SIZE", { parameter: 2 }),
    );
    expect(
      tpm.run(command(CC.SetCommandCodeAuditStatus, [RH.OWNER], [u16(ALG.NULL), codes(), u32(255)], [password()])).rc,
    ).toBe(rc("TPM_RC_SIZE", { parameter: 3 }));
  });

  it("is audited, except for a change of the algorithm, with which the digest starts again", () => {
    const tpm = TestTpm.started();
    expect(counter(tpm)).toEqual([0, 0]);
    const step = setStatus(ALG.NULL, [CC.Hash], []);
    const setTo = tpm.run(step);
    expect(setTo.rc).toBe(0);
    expect(counter(tpm)).toEqual([0, 1]);
    const audit = (old: Uint8Array, algorithm: number, code: number, names: Uint8Array, p: Uint8Array, r: Uint8Array) =>
      digest(algorithm, old, digest(algorithm, u32(code), names, p), digest(algorithm, u32(0), u32(code), r));
    const parameters = concat(u16(ALG.NULL), codes(CC.Hash), codes());
    const none = new Uint8Array(0);
    const first = audit(new Uint8Array(64), ALG.SHA512, CC.SetCommandCodeAuditStatus, u32(RH.OWNER), parameters, none);
    expect(has(tpm, first)).toBe(true);
    const answer = tpm.run(hash);
    const second = audit(first, ALG.SHA512, CC.Hash, none, hash.subarray(10), answer.body);
    expect(has(tpm, second)).toBe(true);
    // What fails is not audited.
    expect(tpm.run(command(CC.Hash, [], [sized([1]), u16(0x7777), u32(RH.NULL)])).rc).toBe(
      rc("TPM_RC_HASH", { parameter: 2 }),
    );
    expect(has(tpm, second)).toBe(true);
    expect(tpm.run(setStatus(ALG.SHA256, [], [])).rc).toBe(0);
    expect(counter(tpm)).toEqual([0, 1]);
    expect(has(tpm, second)).toBe(false);
    const third = audit(new Uint8Array(32), ALG.SHA256, CC.Hash, none, hash.subarray(10), tpm.run(hash).body);
    expect(counter(tpm)).toEqual([0, 2]);
    expect(has(tpm, third)).toBe(true);
    // The digest is kept over Resume and Restart, and starts again at Reset.
    for (const [shutdown, startup, kept] of [
      [1, 1, true],
      [1, 0, true],
      [0, 0, false],
    ] as const) {
      tpm.shutdown(shutdown);
      const again = tpm.powerCycle();
      expect(again.startup(startup).rc).toBe(0);
      expect(has(again, third)).toBe(kept);
    }
  });

  it("an audited command takes back a Shutdown(STATE), which saved the digest", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(setStatus(ALG.NULL, [CC.Hash], [])).rc).toBe(0);
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(0);
    expect(tpm.run(hash).rc).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("a command whose audit could not be stored did not happen", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(setStatus(ALG.NULL, [CC.PCR_Extend], [])).rc).toBe(0);
    expect(tpm.run(setStatus(ALG.SHA256, [], [])).rc).toBe(0);
    const extend = command(CC.PCR_Extend, [16], [u32(1), u16(ALG.SHA256), new Uint8Array(32)], [password()]);
    const before = tpm.stateHash();
    tpm.storeFails = true;
    expect(tpm.run(extend).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
    tpm.storeFails = false;
    expect(tpm.run(extend).rc).toBe(0);
  });
});
