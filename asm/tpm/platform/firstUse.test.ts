/** The first use of a protected authValue in a power cycle, in the profile `full`: on record with the command's own commit. */
import { describe, expect, it } from "vitest";
import { command, password, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, RETRY, sealed } from "../../testkit/lockoutScenarios.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import { evictControl } from "../../testkit/objects.ts";
import { isUseOnRecord, lockoutCounter } from "../../testkit/readings.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";

const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
const PERSISTENT = 0x81000001;
const RIGHT = open(PERSISTENT);
const WRONG = open(PERSISTENT, [8]);

/** With protected sealed data that stays over power cycles, none of it used since the start. */
async function protectedTpm(profile = 0): Promise<TestTpm> {
  const tpm = TestTpm.started({ profile });
  const handle = await sealed((bytes) => tpm.run(bytes).bytes);
  expect(tpm.run(evictControl(handle, PERSISTENT)).rc).toBe(0);
  expect(isUseOnRecord(tpm)).toBe(false);
  return tpm;
}

describe("the first use of something protected", () => {
  it("is answered at once, and on record before the answer leaves, right or wrong", async () => {
    for (const [bytes, answer, tries] of [
      [RIGHT, 0, 1],
      [WRONG, AUTH_FAIL, 2],
    ] as const) {
      const tpm = await protectedTpm();
      const commits = tpm.commits;
      expect(tpm.run(bytes).rc).toBe(answer);
      expect([tpm.commits, isUseOnRecord(tpm)]).toEqual([commits + 1, true]);
      // From then on a right one costs no commit.
      expect(tpm.run(RIGHT).rc).toBe(0);
      expect(tpm.commits).toBe(commits + 1);
      // Without a shutdown the next start counts a try.
      const again = tpm.powerCycle();
      again.startup();
      expect(lockoutCounter(again)).toBe(tries);
    }
  });

  it("libtpms-0.9 has it on record first, and wants it again, right or wrong", async () => {
    for (const bytes of [RIGHT, WRONG]) {
      const tpm = await protectedTpm(1);
      expect(tpm.run(bytes).rc).toBe(RETRY);
      expect(isUseOnRecord(tpm)).toBe(true);
      expect(lockoutCounter(tpm)).toBe(0);
      expect(tpm.run(bytes).rc).toBe(bytes === RIGHT ? 0 : AUTH_FAIL);
    }
  });

  it("tells nothing when the store refuses: right and wrong leave the same answer and the same TPM", async () => {
    const tpm = await protectedTpm();
    const [before, stored] = [tpm.stateHash(), tpm.stored];
    for (const bytes of [RIGHT, WRONG, RIGHT, WRONG]) {
      tpm.storeFails = true;
      const response = tpm.run(bytes);
      expect([response.rc, response.size]).toEqual([NV_UNAVAILABLE, 10]);
      tpm.storeFails = false;
      expect(tpm.stateHash()).toBe(before);
      expect(lockoutCounter(tpm)).toBe(0);
      expect(tpm.stored).toBe(stored);
    }
    expect(tpm.run(WRONG).rc).toBe(AUTH_FAIL);
    expect(tpm.run(RIGHT).rc).toBe(0);
    expect(lockoutCounter(tpm)).toBe(1);
  });

  it("tells nothing to sessions either when the store refuses", async () => {
    const tpm = await protectedTpm();
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const session = await AuthSession.start(run);
    const name = tpm.run(command(CC.ReadPublic, [PERSISTENT])).body;
    const at = 2 + new DataView(name.buffer, name.byteOffset).getUint16(0);
    const objectName = name.slice(at + 2, at + 2 + 34);
    const before = tpm.stateHash();
    for (const auth of [
      [1, 2, 3],
      [3, 2, 1],
    ]) {
      tpm.storeFails = true;
      const uses = [{ session, entity: { auth: Uint8Array.from(auth) } }];
      const { response } = await call(run, { code: CC.Unseal, handles: [PERSISTENT], names: [objectName], uses });
      expect(response.rc).toBe(NV_UNAVAILABLE);
      tpm.storeFails = false;
      expect(tpm.stateHash()).toBe(before);
    }
  });

  it("a try that fails after it is on record counts, even when that can't be stored", async () => {
    const tpm = await protectedTpm();
    expect(tpm.run(RIGHT).rc).toBe(0);
    tpm.storeFails = true;
    expect(tpm.run(WRONG).rc).toBe(NV_UNAVAILABLE);
    tpm.storeFails = false;
    expect(lockoutCounter(tpm)).toBe(1);
  });

  it("is on record when the command fails later, or is cancelled", async () => {
    const tpm = await protectedTpm();
    const surplus = command(CC.Unseal, [PERSISTENT], [[0]], [password([1, 2, 3])]);
    expect(tpm.run(surplus).rc).toBe(rc("TPM_RC_SIZE"));
    expect(isUseOnRecord(tpm)).toBe(true);
    const commits = tpm.commits;
    expect(tpm.run(RIGHT).rc).toBe(0);
    expect(tpm.commits).toBe(commits);
  });

  it("that is cut off before its commit is forgotten with its answer", async () => {
    for (const bytes of [RIGHT, WRONG]) {
      const tpm = await protectedTpm();
      const memory = new Uint8Array(tpm.core.memory.buffer);
      memory.set(bytes, tpm.core.commandBuffer());
      expect(tpm.core.execute(bytes.length, 0)).toBeGreaterThan(0);
      // What the host may do with the answer only after the commit, which never comes.
      expect(tpm.core.commitPending()).toBe(1);
      const again = tpm.powerCycle();
      again.startup();
      expect(lockoutCounter(again)).toBe(0);
      expect(again.run(RIGHT).rc).toBe(0);
    }
  });

  it("takes back a shutdown on record", async () => {
    for (const bytes of [RIGHT, WRONG]) {
      const tpm = await protectedTpm();
      expect(tpm.shutdown(1).rc).toBe(0);
      tpm.run(bytes);
      expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    }
  });

  it("is none in lockout, and none of what has noDA", async () => {
    const tpm = await protectedTpm();
    const none = command(CC.DictionaryAttackParameters, [RH.LOCKOUT], [u32(0), u32(1000), u32(1000)], [password()]);
    expect(tpm.run(none).rc).toBe(0);
    const commits = tpm.commits;
    expect(tpm.run(RIGHT).rc).toBe(LOCKOUT);
    const extend = command(CC.PCR_Extend, [16], [u32(1), u16(ALG.SHA256), new Uint8Array(32)], [password()]);
    expect(tpm.run(extend).rc).toBe(0);
    expect(isUseOnRecord(tpm)).toBe(false);
    expect(tpm.commits).toBe(commits);
  });
});
