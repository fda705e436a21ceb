import { describe, expect, it } from "vitest";
import type { InspectedObject, TpmInspection } from "../../../src/engine/inspection.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import {
  furnish,
  GUARDED_INDEX,
  inspectionOf,
  ORDERLY_INDEX,
  PERSISTENT,
  PUBLIC_INDEX,
  recordOf,
  SECRETS,
} from "../../testkit/inspection.ts";
import { open, parameters as protection, sealed } from "../../testkit/lockoutScenarios.ts";
import { ALG, CC, PT, RH } from "../../testkit/names.ts";
import { defineSpace, NV, nvIncrement, nvRead, nvReadLock, nvReadPublic, OPEN } from "../../testkit/nv.ts";
import {
  createPrimary,
  evictControl,
  fieldsOf,
  OBJECT,
  readPublic,
  rsa,
  STORAGE,
  symCipher,
} from "../../testkit/objects.ts";
import { policyDigest } from "../../testkit/policies.ts";
import { lockoutCounter, property, readClock } from "../../testkit/readings.ts";
import { secretsOf } from "../../testkit/secrets.ts";
import { AUDIT, CONTINUE, call } from "../../testkit/sessions.ts";

const random = command(CC.GetRandom, [], [u16(32)]);
const objectAt = ({ transient, persistent }: TpmInspection, handle: number) =>
  [...transient, ...persistent].find((each) => each.handle === handle) as InspectedObject;
const indexAt = (found: TpmInspection, handle: number) => found.nvIndices.find((each) => each.handle === handle)!;

describe("a TPM that is looked at", () => {
  it("does not change: neither its state, nor its random numbers, nor its clock", async () => {
    const [{ tpm }, { tpm: other }] = [await furnish(), await furnish()];
    const hash = tpm.stateHash();
    const permanent = hex(tpm.save());
    const volatile = hex(tpm.saveVolatile());
    tpm.now += 5000;
    other.now += 5000;
    for (let i = 0; i < 3; i++) recordOf(tpm);
    expect(tpm.stateHash()).toBe(hash);
    expect(tpm.core.commitPending()).toBe(0);
    tpm.now -= 5000;
    expect([hex(tpm.save()), hex(tpm.saveVolatile())]).toEqual([permanent, volatile]);
    tpm.now += 5000;
    for (const bytes of [random, command(CC.ReadClock), readPublic(PERSISTENT)])
      expect(hex(tpm.run(bytes).bytes)).toBe(hex(other.run(bytes).bytes));
  });

  it("goes on with the command that is unfinished", async () => {
    const [{ tpm }, { tpm: other }] = [await furnish(), await furnish()];
    const key = createPrimary(rsa(STORAGE, { bits: 1024 }), RH.NULL);
    for (const each of [tpm, other]) each.tick = 8;
    const seen: TpmInspection[] = [];
    const look = (slice: number) => {
      if (slice > 20) return;
      // The look at the clock is the only thing that shows, and only in a test where that makes it go on.
      const { now } = tpm;
      seen.push(inspectionOf(tpm));
      tpm.now = now;
    };
    const response = tpm.run(key, 0, look);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.every(({ nvIndices, transient }) => nvIndices.length === 3 && transient.length === 2)).toBe(true);
    // Owner, its key and its room are as they were; the answer is what it would have been.
    expect(hex(response.bytes)).toBe(hex(other.run(key).bytes));
    for (const each of [random, command(CC.ReadClock)])
      expect(hex(tpm.run(each).bytes)).toBe(hex(other.run(each).bytes));
  });

  it("is told of before TPM2_Startup, with what is permanent, and in failure mode", async () => {
    const { tpm } = await furnish();
    tpm.shutdown();
    const off = tpm.powerCycle();
    const found = inspectionOf(off);
    expect(found).toMatchObject({ started: false, lastShutdownOrderly: true, shutdownOnRecord: true, transient: [] });
    expect(found.persistent.map(({ handle }) => handle)).toEqual([PERSISTENT]);
    expect(found.nvIndices).toHaveLength(3);
    expect(indexAt(found, PUBLIC_INDEX.handle).contents.data).toEqual(new Uint8Array(16).fill(0xa5));
    expect(indexAt(found, ORDERLY_INDEX.handle).contents).toEqual({ data: null, why: "protected" });
    off.startup();
    expect(inspectionOf(off)).toMatchObject({ started: true, lastShutdownOrderly: true });
    off.core.fail();
    expect(inspectionOf(off)).toMatchObject({ started: true, failureMode: true, persistent: [{ handle: PERSISTENT }] });
    expect(inspectionOf(new TestTpm({ profile: 1 }))).toMatchObject({ profile: "libtpms-0.9", acts: [] });
  });

  it("tells no secret", async () => {
    const { tpm, bound, policy } = await furnish();
    const record = hex(recordOf(tpm));
    const secrets = {
      ...SECRETS,
      ...secretsOf(tpm.save()),
      "bound session's key": bound.key,
      "bound session's nonce": bound.nonceTpm,
      "policy session's nonce": policy.nonceTpm,
    };
    // Half of one would be too much.
    const told = Object.entries(secrets).filter(
      ([, octets]) =>
        octets.length < 16 ||
        record.includes(hex(octets.subarray(0, 12))) ||
        record.includes(hex(octets.subarray(-12))),
    );
    expect(told).toEqual([]);
    // The same search finds what is no secret.
    expect(record).toContain(hex(new Uint8Array(12).fill(0xa5)));
    // What lies in the slots but is no public area: the sensitive area of the sealed object is where it was loaded.
    const memory = Buffer.from(tpm.core.memory.buffer);
    for (const name of ["sealed data", "sealed auth", "index data", "owner auth"])
      expect([name, memory.includes(Buffer.from(SECRETS[name] as Uint8Array))]).toEqual([name, true]);
  });
});

describe("what is told agrees with what commands answer", () => {
  it("of objects: public areas, Names, parents", async () => {
    const { tpm, parent, child } = await furnish();
    const found = inspectionOf(tpm);
    for (const handle of [parent, child]) {
      const fields = fieldsOf(tpm.run(readPublic(handle)));
      const { publicArea, name, qualifiedName } = objectAt(found, handle);
      expect([publicArea.area, name, qualifiedName]).toEqual([fields.sized(), fields.sized(), fields.sized()]);
    }
    expect(objectAt(found, parent)).toMatchObject({
      hierarchy: "owner",
      parent: RH.OWNER,
      authSet: true,
      publicArea: {
        type: "TPM_ALG_ECC",
        curve: "TPM_ECC_NIST_P256",
        symmetric: "TPM_ALG_AES",
        nameAlg: "TPM_ALG_SHA256",
      },
    });
    expect(objectAt(found, child)).toMatchObject({ parent, authSet: true, publicArea: { type: "TPM_ALG_KEYEDHASH" } });
    const cipher = symCipher(OBJECT.sensitiveDataOrigin | OBJECT.userWithAuth | OBJECT.decrypt);
    expect(tpm.run(createPrimary(cipher, RH.NULL)).rc).toBe(0);
    expect(inspectionOf(tpm).transient[2]).toMatchObject({
      hierarchy: "null",
      parent: RH.NULL,
      publicArea: { keyBits: 128 },
    });
    expect(found.transient[0]).toMatchObject({
      kind: "sequence",
      sequence: "hash",
      hashAlg: "TPM_ALG_SHA256",
      authSet: true,
    });
  });

  it("of a child whose parent is not there any more", async () => {
    const { tpm, parent, child } = await furnish();
    expect(
      tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password(SECRETS["owner auth"])])).rc,
    ).toBe(0);
    expect(tpm.run(evictControl(parent, parent)).rc).toBe(0);
    expect(objectAt(inspectionOf(tpm), child).parent).toBeNull();
  });

  it("of NV indices: Names, attributes, and data only where anybody may read them", async () => {
    const { tpm } = await furnish();
    for (const { handle, dataSize, attributes, name, nameAlg } of inspectionOf(tpm).nvIndices) {
      const fields = fieldsOf(tpm.run(nvReadPublic(handle)));
      const area = fields.sized();
      const expected = concat(u32(handle), u16(ALG.SHA256), u32(attributes), sized([]), u16(dataSize));
      expect([nameAlg, hex(area), hex(name)]).toEqual(["TPM_ALG_SHA256", hex(expected), hex(fields.sized())]);
    }
    const contents = (handle: number) => indexAt(inspectionOf(tpm), handle).contents;
    const read = tpm.run(nvRead(PUBLIC_INDEX.handle, PUBLIC_INDEX.handle, 16));
    expect(contents(PUBLIC_INDEX.handle).data).toEqual(fieldsOf(read).sized());
    expect(contents(ORDERLY_INDEX.handle).data).toEqual(new Uint8Array(8).fill(0x5a));
    expect(contents(GUARDED_INDEX.handle)).toEqual({ data: null, why: "protected" });
  });

  it("of an index that is locked, not written, a PIN, the platform's, or of a hierarchy that is off", () => {
    const tpm = TestTpm.started();
    const make = (handle: number, attributes: number, size = 8) =>
      expect(tpm.run(defineSpace({ handle, attributes, size })).rc).toBe(0);
    const contents = (handle: number) => indexAt(inspectionOf(tpm), handle).contents;
    make(1 + (1 << 24), OPEN | NV.COUNTER | NV.READ_STCLEAR);
    expect(contents(1 + (1 << 24))).toEqual({ data: null, why: "unwritten" });
    tpm.run(nvIncrement(1 + (1 << 24), 1 + (1 << 24)));
    expect(contents(1 + (1 << 24)).data).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
    tpm.run(command(CC.HierarchyControl, [RH.OWNER], [u32(RH.OWNER), [0]], [password()]));
    expect(contents(1 + (1 << 24))).toEqual({ data: null, why: "protected" });
    expect(indexAt(inspectionOf(tpm), 1 + (1 << 24)).accessible).toBe(false);
    tpm.run(command(CC.HierarchyControl, [RH.PLATFORM], [u32(RH.OWNER), [1]], [password()]));
    expect(tpm.run(nvReadLock(1 + (1 << 24), 1 + (1 << 24))).rc).toBe(0);
    expect(contents(1 + (1 << 24))).toEqual({ data: null, why: "protected" });
  });

  it("of sessions: kind, digest, and what the policy still demands", async () => {
    const { tpm, bound, policy } = await furnish();
    const found = inspectionOf(tpm);
    const sessionAt = (handle: number) => inspectionOf(tpm).sessions.find((each) => each.handle === handle)!;
    expect(sessionAt(bound.handle)).toMatchObject({
      kind: "hmac",
      bound: true,
      hasSessionKey: true,
      symmetric: { algorithm: "TPM_ALG_AES", keyBits: 128 },
      policyDigest: null,
      demands: null,
    });
    expect(sessionAt(policy.handle)).toMatchObject({
      kind: "policy",
      authHash: "TPM_ALG_SHA256",
      symmetric: null,
      demands: {
        authValue: true,
        password: false,
        commandCode: CC.Unseal,
        locality: 0b11,
        pcrs: "current",
        cpHash: null,
        nameHash: null,
        nvWritten: null,
        expiresIn: null,
      },
    });
    const digest = hex(sessionAt(policy.handle).policyDigest as Uint8Array);
    expect(digest).toBe(await policyDigest((bytes) => tpm.run(bytes).bytes, policy));
    const { updateCounter } = found.pcrs;
    tpm.run(command(CC.PCR_Extend, [0], [u32(1), u16(ALG.SHA256), new Uint8Array(32)], [password()]));
    expect(sessionAt(policy.handle).demands?.pcrs).toBe("changed");
    expect(inspectionOf(tpm).pcrs.updateCounter).toBe(updateCounter + 1);
    // Expiry, and a cpHash.
    tpm.run(command(CC.PolicyRestart, [policy.handle]));
    const expiring = [sized(policy.nonceTpm), sized(new Uint8Array(32).fill(3)), sized([]), u32(10)];
    const auth = [password(SECRETS["owner auth"])];
    expect(tpm.run(command(CC.PolicySecret, [RH.OWNER, policy.handle], expiring, auth)).rc).toBe(0);
    expect(sessionAt(policy.handle).demands).toMatchObject({ cpHash: new Uint8Array(32).fill(3), authValue: false });
    const left = sessionAt(policy.handle).demands?.expiresIn as number;
    expect(left).toBeGreaterThan(9000);
    tpm.now += left - 1;
    expect(sessionAt(policy.handle).demands?.expiresIn).toBe(1);
    tpm.now += 1;
    expect(sessionAt(policy.handle).demands?.expiresIn).toBe(0);
    const saved = tpm.run(command(CC.ContextSave, [policy.handle]));
    expect(saved.rc).toBe(0);
    expect(inspectionOf(tpm).savedSessions).toHaveLength(1);
  });

  it("of audit sessions and the command audit", async () => {
    const { tpm } = await furnish();
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const { AuthSession } = await import("../../testkit/sessions.ts");
    const session = await AuthSession.start(run);
    await call(run, { code: CC.GetRandom, parameters: [u16(8)], uses: [{ session, attributes: AUDIT | CONTINUE }] });
    const audited = inspectionOf(tpm).sessions.find(({ handle }) => handle === session.handle);
    expect(audited).toMatchObject({ exclusiveAudit: true, auditDigest: expect.any(Uint8Array) });
    const list = concat(u32(1), u32(CC.GetRandom));
    const set = command(CC.SetCommandCodeAuditStatus, [RH.PLATFORM], [u16(ALG.NULL), list, u32(0)], [password()]);
    expect(tpm.run(set).rc).toBe(0);
    tpm.run(random);
    const { audit } = inspectionOf(tpm);
    expect(audit).toMatchObject({
      hashAlg: "TPM_ALG_SHA512",
      commands: [CC.SetCommandCodeAuditStatus, CC.GetRandom],
      counter: 1n,
    });
    expect(audit.digest).toHaveLength(64);
    expect(property(tpm, PT.AUDIT_COUNTER_1)).toBe(1);
  });

  it("of the dictionary attack protection, which heals by itself", async () => {
    const tpm = TestTpm.started();
    const guarded = await sealed((bytes) => tpm.run(bytes).bytes);
    expect(tpm.run(protection(2, 100, 200)).rc).toBe(0);
    tpm.run(open(guarded));
    for (let i = 0; i < 2; i++) tpm.run(open(guarded, [8]));
    expect(inspectionOf(tpm).lockout).toMatchObject({ failedTries: 2, maxTries: 2, inLockout: true, endsIn: 100_000 });
    tpm.now += 30_000;
    expect(inspectionOf(tpm).lockout).toMatchObject({ nextForgottenIn: 70_000, endsIn: 70_000 });
    tpm.now += 70_000;
    expect(inspectionOf(tpm).lockout).toMatchObject({
      failedTries: 1,
      inLockout: false,
      nextForgottenIn: 100_000,
      endsIn: null,
    });
    expect(lockoutCounter(tpm)).toBe(1);
    tpm.now += 1_000_000;
    expect(inspectionOf(tpm).lockout).toMatchObject({ failedTries: 0, nextForgottenIn: null });
    tpm.run(command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password([8])]));
    tpm.now += 50_000;
    expect(inspectionOf(tpm).lockout).toMatchObject({ lockoutAuthEnabled: false, lockoutAuthEnabledIn: 150_000 });
    tpm.now += 150_000;
    expect(inspectionOf(tpm).lockout).toMatchObject({ lockoutAuthEnabled: true, lockoutAuthEnabledIn: null });
  });

  it("of clock, PCRs, timers, hierarchies and room", async () => {
    const { tpm } = await furnish();
    tpm.now += 12_345;
    const { clock, pcrs, storage, hierarchies } = inspectionOf(tpm);
    const { time, clock: value, resetCount, restartCount, safe } = readClock(tpm);
    expect(clock).toMatchObject({ time, clock: value, safe: safe === 1, resetCount, restartCount });
    const selection = concat(u32(1), u16(ALG.SHA384), [3, 0x81, 0, 1]);
    const read = fieldsOf(tpm.run(command(CC.PCR_Read, [], [selection])));
    expect(read.number(4)).toBe(pcrs.updateCounter);
    read.take(10 + 4);
    const bank = pcrs.banks.find(({ hashAlg }) => hashAlg === "TPM_ALG_SHA384")?.values;
    for (const pcr of [0, 7, 16]) expect(bank?.get(pcr)).toEqual(read.sized());
    expect(pcrs).toMatchObject({ authSet: true, policy: null });
    expect(storage).toMatchObject({
      persistentAvailable: property(tpm, PT.HR_PERSISTENT_AVAIL),
      countersAvailable: property(tpm, PT.NV_COUNTERS_AVAIL),
      transientSlots: property(tpm, PT.HR_TRANSIENT_MIN),
    });
    const owner = { name: "owner", enabled: true, hasSeed: true, authSet: true, policy: null };
    expect(hierarchies.find(({ name }) => name === "owner")).toMatchObject(owner);
    tpm.run(command(CC.ACT_SetTimeout, [RH.ACT_0], [u32(10)], [password()]));
    tpm.now += 2000;
    expect(inspectionOf(tpm).acts[0]).toMatchObject({ handle: RH.ACT_0, remaining: 8, signaled: false });
    tpm.now += 8000;
    expect(inspectionOf(tpm).acts[0]).toMatchObject({ remaining: 0, signaled: true });
  });
});
