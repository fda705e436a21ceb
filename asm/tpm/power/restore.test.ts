/** A TPM that is put back to a snapshot after it has moved on: what it keeps of the later state, and what is not given twice. */
import { describe, expect, it } from "vitest";
import { externalEcc, SIGNING_KEY } from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u64 } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, parameters as protection, sealed } from "../../testkit/lockoutScenarios.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import { defineSpace, NV, nvIncrement, nvRead, nvReadPublic, OPEN } from "../../testkit/nv.ts";
import { handleAndFields } from "../../testkit/objects.ts";
import { lockoutCounter, readClock } from "../../testkit/readings.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";
import { scheme, sign } from "../../testkit/signatures.ts";

interface Snapshot {
  permanent: Uint8Array;
  volatile: Uint8Array;
}
const snapshotOf = (tpm: TestTpm): Snapshot => ({ permanent: tpm.save(), volatile: tpm.saveVolatile() });

/** As the engine does it: the later state is noted, the earlier one goes on. */
function restored({ permanent, volatile }: Snapshot, later: Uint8Array, { seed = "another", clone = false } = {}) {
  const tpm = new TestTpm({ blob: later, seed, now: 77_000 });
  tpm.core.noteLater();
  expect(tpm.load(permanent)).toBe(0);
  tpm.core.powerOn();
  expect(tpm.loadVolatile(volatile)).toBe(0);
  tpm.core.keepLater();
  if (clone) tpm.core.newIdentity();
  expect(tpm.core.commitPending()).toBe(1);
  tpm.stored = tpm.save();
  tpm.core.committed();
  return tpm;
}

function identityOf(tpm: TestTpm): string {
  tpm.core.identity();
  return hex(new Uint8Array(tpm.core.memory.buffer, tpm.core.stateBuffer(), 32));
}

const COUNTER = 0x01000001;
const defineCounter = (handle = COUNTER, attributes = 0) =>
  defineSpace({ handle, attributes: OPEN | NV.COUNTER | attributes, size: 8 }, [], RH.OWNER);
const countUp = (tpm: TestTpm, handle = COUNTER) => expect(tpm.run(nvIncrement(handle, handle)).rc).toBe(0);
const countOf = (tpm: TestTpm, handle = COUNTER) =>
  tpm
    .run(nvRead(handle, handle, 8))
    .parameters.slice(2)
    .reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);

describe("a TPM that is put back to a snapshot", () => {
  it("keeps failedTries, lockout and its parameters, and counts their time from now on", async () => {
    const tpm = TestTpm.started();
    const guarded = await sealed((bytes) => tpm.run(bytes).bytes);
    expect(tpm.run(protection(9, 1000, 1000)).rc).toBe(0);
    tpm.run(open(guarded));
    expect(tpm.run(open(guarded)).rc).toBe(0);
    const snapshot = snapshotOf(tpm);
    expect(tpm.run(protection(3, 2000, 2000)).rc).toBe(0);
    for (let tries = 0; tries < 3; tries++) expect(tpm.run(open(guarded, [8])).rc).toBe(AUTH_FAIL);
    expect(tpm.run(command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password([8])])).rc).toBe(AUTH_FAIL);
    const back = restored(snapshot, tpm.save());
    expect(lockoutCounter(back)).toBe(3);
    expect(back.run(open(guarded)).rc).toBe(LOCKOUT);
    back.now += 1_999_000;
    expect(back.run(open(guarded)).rc).toBe(LOCKOUT);
    back.now += 1_001;
    expect(back.run(open(guarded)).rc).toBe(0);
    // What is stored says so too.
    expect(lockoutCounter(TestTpm.started({ blob: restored(snapshot, tpm.save()).stored! }))).toBe(3);
  });

  it("keeps the earlier state's where that has more, and takes the later Clock, which is not safe", () => {
    const tpm = TestTpm.started();
    const snapshot = snapshotOf(tpm);
    expect(tpm.run(command(CC.ClockSet, [RH.OWNER], [u64(1_000_000n)], [password()])).rc).toBe(0);
    const back = restored(snapshot, tpm.save());
    expect(readClock(back)).toMatchObject({ clock: 1_000_000n, safe: 0 });
    back.now += 4096;
    expect(readClock(back).safe).toBe(1);
    const forward = restored(snapshotOf(tpm), snapshot.permanent);
    expect(readClock(forward)).toMatchObject({ clock: 1_000_000n, safe: 0 });
  });

  it.each([
    ["of a counter that is gone", 0],
    ["of an orderly counter", NV.ORDERLY],
  ])("begins a new counter above every value %s", (_what, attributes) => {
    const tpm = TestTpm.started();
    const snapshot = snapshotOf(tpm);
    expect(tpm.run(defineCounter(COUNTER, attributes)).rc).toBe(0);
    for (let i = 0; i < 7; i++) countUp(tpm);
    const largest = countOf(tpm);
    const back = restored(snapshot, tpm.save());
    expect(back.run(defineCounter(COUNTER + 1)).rc).toBe(0);
    countUp(back, COUNTER + 1);
    expect(countOf(back, COUNTER + 1)).toBeGreaterThan(largest);
  });

  it("takes an existing counter back, an orderly one to the largest value that it can have had then", () => {
    const tpm = TestTpm.started();
    for (const [handle, attributes] of [
      [COUNTER, 0],
      [COUNTER + 1, NV.ORDERLY],
    ] as const) {
      expect(tpm.run(defineCounter(handle, attributes)).rc).toBe(0);
      countUp(tpm, handle);
    }
    const then = [countOf(tpm), countOf(tpm, COUNTER + 1)];
    const snapshot = snapshotOf(tpm);
    countUp(tpm);
    const back = restored(snapshot, tpm.save());
    expect(countOf(back)).toBe(then[0]);
    expect(countOf(back, COUNTER + 1)).toBe(then[1]! | 0xffn);
  });

  it("gives no random number and no commitment twice, and forgets those that are pending", () => {
    const tpm = TestTpm.started();
    const ecdaa = concat(u16(ALG.ECDAA), u16(ALG.SHA256), u16(0));
    const key = handleAndFields(tpm.run(externalEcc({ attributes: SIGNING_KEY, scheme: ecdaa }))).handle;
    const commit = command(CC.Commit, [key], [sized(new Uint8Array(4)), sized([]), sized([])], [password()]);
    const made = tpm.run(commit);
    const pending = new DataView(made.bytes.buffer).getUint16(made.parameters.length + 12);
    const snapshot = snapshotOf(tpm);
    const later = tpm.save();
    const seeds = ["a", "b", "c"];
    const backs = seeds.map((seed) => restored(snapshot, later, { seed }));
    const random = backs.map((each) => hex(each.run(command(CC.GetRandom, [], [u16(32)])).parameters));
    const commits = backs.map((each) => hex(each.run(commit).parameters.subarray(0, -2)));
    expect([new Set(random).size, new Set(commits).size]).toEqual([3, 3]);
    for (const each of backs) {
      const signed = each.run(sign(key, new Uint8Array(32).fill(1), scheme(ALG.ECDAA, ALG.SHA256, pending)));
      expect(signed.rc).toBe(rc("TPM_RC_VALUE"));
    }
  });

  it("takes a recorded command of a session once in each copy, and not twice in one", async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, {
      bind: { handle: RH.OWNER, auth: new Uint8Array(0) },
    });
    const snapshot = snapshotOf(tpm);
    let recorded: Uint8Array = new Uint8Array();
    const record = (bytes: Uint8Array) => {
      recorded = bytes.slice();
      return tpm.run(bytes).bytes;
    };
    const uses = [{ session, entity: { auth: new Uint8Array(0) } }];
    await call(record, { code: CC.PCR_Extend, handles: [16], parameters: [new Uint8Array(4)], uses });
    expect(tpm.run(recorded).rc).not.toBe(0);
    for (const seed of ["a", "b"]) {
      const copy = restored(snapshot, tpm.save(), { seed });
      expect([copy.run(recorded).rc, copy.run(recorded).rc === 0]).toEqual([0, false]);
    }
  });
});

describe("a clone", () => {
  it("has another endorsement hierarchy, no certificates, and is told from the first and from other clones", () => {
    const tpm = TestTpm.started();
    const indices = [0x01c00002, 0x01c0000a, 0x01c00100, 0x01c08000, 0x01c07f01, COUNTER];
    for (const handle of indices) {
      expect(tpm.run(defineSpace({ handle, attributes: OPEN, size: 4 }, [], RH.OWNER)).rc).toBe(0);
    }
    const snapshot = snapshotOf(tpm);
    const clones = ["a", "b"].map((seed) => restored(snapshot, tpm.save(), { seed, clone: true }));
    expect(new Set([tpm, ...clones].map(identityOf)).size).toBe(3);
    for (const clone of clones) {
      for (const handle of indices) {
        const stays = handle === COUNTER || handle === 0x01c07f01;
        expect(clone.run(nvReadPublic(handle)).rc === 0, `0x${handle.toString(16)}`).toBe(stays);
      }
      // It is stored: the next start has it, and the identity of a rollback is that of the first.
      expect(identityOf(new TestTpm({ blob: clone.stored! }))).toBe(identityOf(clone));
    }
    expect(identityOf(restored(snapshot, tpm.save()))).toBe(identityOf(tpm));
  });

  it("of a TPM that was not started is made, too", () => {
    const tpm = new TestTpm();
    const snapshot = snapshotOf(tpm);
    const clone = restored(snapshot, tpm.save(), { clone: true });
    expect(clone.startup().rc).toBe(0);
    expect(identityOf(clone)).not.toBe(identityOf(tpm));
  });

  it("a TPM is known as used once it was started", () => {
    const tpm = new TestTpm();
    expect(tpm.core.identity()).toBe(0);
    tpm.startup();
    expect(tpm.core.identity()).toBe(1);
  });
});
