import { describe, expect, it } from "vitest";
import { FAILED_TRIES, sealedBlob } from "../../testkit/blobs.ts";
import { command, password, sized, TestTpm, u32 } from "../../testkit/harness.ts";
import {
  AUTH_FAIL,
  LOCKOUT,
  lockoutScenarios,
  open,
  parameters,
  RETRY,
  sealed,
} from "../../testkit/lockoutScenarios.ts";
import { CC, PT, RH, rc } from "../../testkit/names.ts";
import { evictControl, flush } from "../../testkit/objects.ts";
import { lockoutCounter, property } from "../../testkit/readings.ts";

const change = (auth: number[], to: number[] = auth) =>
  command(CC.HierarchyChangeAuth, [RH.LOCKOUT], [sized(to)], [password(auth)]);
const reset = (auth: number[] = []) => command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(auth)]);

describe("lockoutAuth", () => {
  it("one failure closes it for lockoutRecovery seconds", () => {
    const tpm = TestTpm.started();
    tpm.run(parameters(3, 1000, 60));
    expect(tpm.run(reset([1])).rc).toBe(AUTH_FAIL);
    expect(tpm.run(reset()).rc).toBe(LOCKOUT);
    tpm.now += 59_000;
    expect(tpm.run(reset()).rc).toBe(LOCKOUT);
    tpm.now += 1_000;
    expect(tpm.run(reset()).rc).toBe(0);
  });

  it("a failure is stored before the answer, and outlives power", () => {
    const tpm = TestTpm.started();
    const commits = tpm.commits;
    expect(tpm.run(reset([1])).rc).toBe(AUTH_FAIL);
    expect(tpm.commits).toBe(commits + 1);
    const again = tpm.powerCycle();
    again.startup();
    expect(again.run(reset()).rc).toBe(LOCKOUT);
    again.now += 1000_000;
    expect(again.run(reset()).rc).toBe(0);
  });

  it("with a lockoutRecovery of 0 only the next start opens it", () => {
    const tpm = TestTpm.started();
    tpm.run(parameters(3, 1000, 0));
    expect(tpm.run(reset([1])).rc).toBe(AUTH_FAIL);
    tpm.now += 1e9;
    expect(tpm.run(reset()).rc).toBe(LOCKOUT);
    const again = tpm.powerCycle();
    again.startup();
    expect(again.run(reset()).rc).toBe(0);
  });

  it("a failure after TPM2_Shutdown and right before the power goes is not taken for one long ago", () => {
    for (const type of [0, 1]) {
      const tpm = TestTpm.started();
      expect(tpm.shutdown(type).rc).toBe(0);
      tpm.now += 5_000;
      expect(tpm.run(reset([1])).rc).toBe(AUTH_FAIL);
      const again = tpm.powerCycle();
      again.startup();
      expect(again.run(reset()).rc).toBe(LOCKOUT);
      again.now += 999_000;
      expect(again.run(reset()).rc).toBe(LOCKOUT);
      again.now += 1_000;
      expect(again.run(reset()).rc).toBe(0);
    }
  });

  it("time before an orderly shutdown counts", () => {
    const tpm = TestTpm.started();
    tpm.run(parameters(3, 1000, 100));
    tpm.now += 5_000;
    expect(tpm.run(reset([1])).rc).toBe(AUTH_FAIL);
    tpm.now += 60_000;
    expect(tpm.shutdown().rc).toBe(0);
    const again = tpm.powerCycle();
    again.startup();
    again.now += 38_000;
    expect(again.run(reset()).rc).toBe(LOCKOUT);
    again.now += 2_000;
    expect(again.run(reset()).rc).toBe(0);
  });

  it("a failure that could not be stored is not forgotten, and is not free", () => {
    const tpm = TestTpm.started();
    tpm.storeFails = true;
    expect(tpm.run(reset([1])).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.run(reset()).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    tpm.storeFails = false;
    expect(tpm.run(reset()).rc).toBe(LOCKOUT);
  });

  it("platform authorization clears the owner's lockout by TPM2_Clear", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(change([], [1])).rc).toBe(0);
    expect(tpm.run(reset([2])).rc).toBe(AUTH_FAIL);
    expect(tpm.run(command(CC.Clear, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(tpm.run(reset()).rc).toBe(0);
  });
});

describe("failedTries", () => {
  it("a disorderly start counts no try unless a protected authValue was in use", () => {
    const tpm = TestTpm.started();
    const again = tpm.powerCycle();
    again.startup();
    expect(lockoutCounter(again)).toBe(0);
  });

  it("heals with time: one for each recoveryTime", () => {
    const blobTpm = TestTpm.started();
    blobTpm.run(parameters(5, 10, 1000));
    const tpm = withTries(blobTpm, 3);
    expect(lockoutCounter(tpm)).toBe(3);
    tpm.now += 9_000;
    expect(lockoutCounter(tpm)).toBe(3);
    tpm.now += 1_000;
    expect(lockoutCounter(tpm)).toBe(2);
    tpm.now += 35_000;
    expect(lockoutCounter(tpm)).toBe(0);
  });

  it("a recoveryTime of 0 turns the protection off", () => {
    const tpm = withTries(TestTpm.started(), 2);
    expect(lockoutCounter(tpm)).toBe(2);
    expect(tpm.run(parameters(5, 0, 1000)).rc).toBe(0);
    expect(lockoutCounter(tpm)).toBe(0);
  });

  it("TPM2_DictionaryAttackLockReset sets it to 0, and lockout ends", () => {
    const tpm = withTries(TestTpm.started(), 3);
    expect(property(tpm, PT.PERMANENT) & 0x200).toBe(0x200);
    expect(tpm.run(reset()).rc).toBe(0);
    expect(lockoutCounter(tpm)).toBe(0);
    expect(property(tpm, PT.PERMANENT) & 0x200).toBe(0);
  });

  it("healing that could not be stored is undone, but the command stands", () => {
    const base = TestTpm.started();
    base.run(parameters(5, 10, 1000));
    const tpm = withTries(base, 3);
    tpm.now += 10_000;
    tpm.storeFails = true;
    expect(lockoutCounter(tpm)).toBe(2);
    tpm.storeFails = false;
    const blob = tpm.save();
    expect(new DataView(blob.buffer).getUint32(FAILED_TRIES)).toBe(3);
    expect(lockoutCounter(tpm)).toBe(2);
  });
});

describe.each([
  [0, "full"],
  [1, "libtpms-0.9"],
])("objects under protection, in profile %i (%s)", (profile) => {
  const runOn = (tpm: TestTpm) => (bytes: Uint8Array) => tpm.run(bytes).bytes;
  for (const [name, scenario] of lockoutScenarios) it(name, () => scenario(runOn(TestTpm.started({ profile }))));

  /** A TPM with protected sealed data that stays over power cycles. */
  async function withSealed(): Promise<TestTpm> {
    const tpm = TestTpm.started({ profile });
    const handle = await sealed(runOn(tpm));
    expect(tpm.run(evictControl(handle, PERSISTENT)).rc).toBe(0);
    expect(tpm.run(flush(handle)).rc).toBe(0);
    return tpm;
  }
  const PERSISTENT = 0x81000001;
  /** The first use in a power cycle, which the client of libtpms tries again. */
  const use = (tpm: TestTpm): number => {
    const { rc } = tpm.run(open(PERSISTENT));
    expect(rc === RETRY).toBe(profile === 1);
    return rc === RETRY ? tpm.run(open(PERSISTENT)).rc : rc;
  };
  const powerCycle = (tpm: TestTpm, shutdown: number | null, startup = 0) => {
    if (shutdown !== null) expect(tpm.shutdown(shutdown).rc).toBe(0);
    const again = tpm.powerCycle();
    expect(again.startup(startup).rc).toBe(0);
    return again;
  };

  it("each power cycle puts its first use on record; without a shutdown after it, a start counts a try", async () => {
    let tpm = await withSealed();
    expect(use(tpm)).toBe(0);
    tpm = powerCycle(tpm, null);
    expect(lockoutCounter(tpm)).toBe(1);
    // Counted once; still in use, as far as it is known.
    expect(use(tpm)).toBe(0);
    for (const [shutdown, startup] of [
      [0, 0],
      [1, 0],
      [1, 1],
    ] as const) {
      tpm = powerCycle(tpm, shutdown, startup);
      expect(lockoutCounter(tpm)).toBe(1);
      expect(use(tpm)).toBe(0);
    }
    // A use after the shutdown takes it back.
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(use(tpm)).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    tpm = powerCycle(tpm, null);
    expect(lockoutCounter(tpm)).toBe(2);
    // Never above the limit by starts alone.
    for (let i = 0; i < 3; i++) {
      tpm.run(open(PERSISTENT));
      tpm = powerCycle(tpm, null);
    }
    expect(lockoutCounter(tpm)).toBe(3);
    expect(tpm.run(open(PERSISTENT)).rc).toBe(LOCKOUT);
  });

  it("a wrong try is stored before it is answered, heals with powered time, and a failure starts the time anew", async () => {
    let tpm = await withSealed();
    tpm.run(parameters(2, 100, 1000));
    expect(use(tpm)).toBe(0);
    for (let i = 0; i < 2; i++) expect(tpm.run(open(PERSISTENT, [8])).rc).toBe(AUTH_FAIL);
    expect(tpm.run(open(PERSISTENT)).rc).toBe(LOCKOUT);
    tpm = powerCycle(tpm, null);
    expect(lockoutCounter(tpm)).toBe(2);
    tpm.now += 60_000;
    tpm = powerCycle(tpm, 0);
    tpm.now += 39_000;
    expect(lockoutCounter(tpm)).toBe(2);
    tpm.now += 1_000;
    expect(lockoutCounter(tpm)).toBe(1);
    expect(use(tpm)).toBe(0);
    tpm.now += 99_000;
    expect(tpm.run(open(PERSISTENT, [8])).rc).toBe(AUTH_FAIL);
    tpm.now += 99_999;
    expect(lockoutCounter(tpm)).toBe(2);
    tpm.now += 1;
    expect(lockoutCounter(tpm)).toBe(1);
    // Time that no shutdown recorded does not count.
    tpm.now += 99_000;
    tpm = powerCycle(tpm, null);
    const before = lockoutCounter(tpm);
    tpm.now += 99_999;
    expect(lockoutCounter(tpm)).toBe(before);
    tpm.now += 1;
    expect(lockoutCounter(tpm)).toBe(before - 1);
  });

  it("a try that could not be stored counts, and is stored before the next", async () => {
    const tpm = await withSealed();
    expect(use(tpm)).toBe(0);
    tpm.storeFails = true;
    expect(tpm.run(open(PERSISTENT, [8])).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.run(open(PERSISTENT)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(lockoutCounter(tpm)).toBe(1);
    tpm.storeFails = false;
    expect(tpm.run(open(PERSISTENT)).rc).toBe(0);
    // In use, and not shut down: the start counts one more.
    expect(lockoutCounter(powerCycle(tpm, null))).toBe(2);
  });
});

/** The same TPM, its failedTries set in the blob, started again after an orderly shutdown. */
function withTries(tpm: TestTpm, tries: number): TestTpm {
  expect(tpm.shutdown().rc).toBe(0);
  const blob = tpm.save();
  blob.set(u32(tries), FAILED_TRIES);
  const sealed = new TestTpm({ blob: sealedBlob(blob) });
  sealed.startup();
  return sealed;
}
