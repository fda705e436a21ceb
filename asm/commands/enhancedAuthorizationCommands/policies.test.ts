import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, u8, u16, u32, u64 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { defineSpace, NV, nvWrite, pin } from "../../testkit/nv.ts";
import {
  handleAndFields,
  keyedHash,
  loadExternal,
  OBJECT,
  runCreatePrimary,
  SEALED,
  sensitive,
} from "../../testkit/objects.ts";
import {
  HASHES,
  Policy,
  policyDigest,
  secret,
  ticketCommand,
  timeoutAndTicket,
  withOwnerPolicy,
} from "../../testkit/policies.ts";
import { policyScenarios } from "../../testkit/policyScenarios.ts";
import { secretsOf } from "../../testkit/secrets.ts";
import { AuthSession, call, digest, hmac } from "../../testkit/sessions.ts";
import { HMAC_KEY, knownHmac } from "../../testkit/signatures.ts";

const empty = new Uint8Array(0);
const runOn = (tpm: TestTpm) => (bytes: Uint8Array, locality?: number) => tpm.run(bytes, locality).bytes;
const changeOwner = (session: AuthSession) => ({
  code: CC.HierarchyChangeAuth,
  handles: [RH.OWNER],
  parameters: [sized([])],
  uses: [{ session, entity: { auth: empty } }],
});

describe("policies, as a client that follows Part 3 sees them", () => {
  for (const [name, scenario] of policyScenarios) it(name, () => scenario(runOn(TestTpm.started())));
});

describe("authorizations with a time", () => {
  const policy = new Policy().update(CC.PolicySecret, u32(RH.ENDORSEMENT), empty);

  it("from the session's start with its nonce, and the policy fails after it", async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    await withOwnerPolicy(runOn(tpm), policy, async () => {
      tpm.now += 4000;
      const in10 = secret(session, { handle: RH.ENDORSEMENT }, { nonce: session.nonceTpm, expiration: 10 });
      expect(tpm.run(in10).rc).toBe(0);
      tpm.now += 6000;
      expect((await call(runOn(tpm), changeOwner(session))).response.rc).toBe(0);
      // The session goes on with a new interval.
      const again = secret(session, { handle: RH.ENDORSEMENT }, { nonce: session.nonceTpm, expiration: -10 });
      expect(tpm.run(again).rc).toBe(0);
      tpm.now += 10_001;
      expect((await call(runOn(tpm), changeOwner(session))).response.rc).toBe(rc("TPM_RC_EXPIRED", { session: 1 }));
      // Expired before it was given.
      expect(tpm.run(again).rc).toBe(rc("TPM_RC_EXPIRED", { parameter: 4 }));
    });
  });

  it("in seconds of Time without a nonce; of two times, the earlier one counts", async () => {
    const tpm = TestTpm.started();
    tpm.now += 5500;
    const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    const until = (expiration: number) => tpm.run(secret(session, { handle: RH.ENDORSEMENT }, { expiration })).rc;
    expect(until(4)).toBe(rc("TPM_RC_EXPIRED", { parameter: 4 }));
    expect(until(-4)).toBe(rc("TPM_RC_EXPIRED", { parameter: 4 }));
    expect(until(8)).toBe(0);
    expect(until(60)).toBe(0);
    expect(until(-0x80000000)).toBe(0);
    const thrice = new Policy();
    for (let i = 0; i < 3; i++) thrice.update(CC.PolicySecret, u32(RH.ENDORSEMENT), empty);
    await withOwnerPolicy(runOn(tpm), thrice, async () => {
      tpm.now += 3001;
      expect((await call(runOn(tpm), changeOwner(session))).response.rc).toBe(rc("TPM_RC_EXPIRED", { session: 1 }));
    });
  });

  it("a ticket ends with its time, a TPM Reset or a new epoch", async () => {
    const tpm = TestTpm.started();
    const take = async (t: TestTpm, nonce: boolean) => {
      const session = await AuthSession.start(runOn(t), { type: SE.POLICY });
      const use = { nonce: nonce ? session.nonceTpm : empty, expiration: -60 };
      const taken = timeoutAndTicket(t.run(secret(session, { handle: RH.OWNER }, use)));
      t.run(command(CC.FlushContext, [], [u32(session.handle)]));
      return taken;
    };
    const present = async (t: TestTpm, { timeout, ticket }: { timeout: Uint8Array; ticket: Uint8Array }) => {
      const session = await AuthSession.start(runOn(t), { type: SE.POLICY });
      const { rc } = t.run(ticketCommand(session, timeout, empty, empty, u32(RH.OWNER), ticket));
      t.run(command(CC.FlushContext, [], [u32(session.handle)]));
      return rc;
    };
    const bound = await take(tpm, true);
    const free = await take(tpm, false);
    expect((bound.timeout[0] ?? 0) & 0x80).toBe(0);
    expect((free.timeout[0] ?? 0) & 0x80).toBe(0x80);
    tpm.now += 59_000;
    expect(await present(tpm, bound)).toBe(0);
    expect(await present(tpm, free)).toBe(0);
    tpm.now += 1001;
    expect(await present(tpm, bound)).toBe(rc("TPM_RC_EXPIRED", { parameter: 1 }));
    expect(await present(tpm, free)).toBe(rc("TPM_RC_EXPIRED", { parameter: 1 }));
    expect(tpm.shutdown(1).rc).toBe(0);
    for (const type of [0, 1]) {
      const again = tpm.powerCycle();
      expect(again.startup(type).rc).toBe(0);
      // Time starts again, so it is not too late; but this is not the epoch of the ticket.
      expect(await present(again, bound)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(again, free)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
    }
  });

  it("the ticket is the HMAC of Part 2, 10.7.5, with the proof of the entity's hierarchy", async () => {
    for (const [handle, hierarchy, proof] of [
      [RH.OWNER, RH.OWNER, "shProof"],
      [RH.LOCKOUT, RH.OWNER, "shProof"],
      [16, RH.OWNER, "shProof"],
      [RH.ENDORSEMENT, RH.ENDORSEMENT, "ehProof"],
      [RH.PLATFORM, RH.PLATFORM, "phProof"],
    ] as const) {
      for (const withNonce of [true, false]) {
        const tpm = TestTpm.started();
        const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
        const ref = Uint8Array.from([1, 2]);
        const cpHash = digest(ALG.SHA256, ref);
        const nonce = withNonce ? session.nonceTpm : empty;
        const response = tpm.run(secret(session, { handle }, { nonce, cpHash, ref, expiration: -30 }));
        expect(response.rc).toBe(0);
        const { timeout, ticket } = timeoutAndTicket(response);
        const time = u64(30_000n);
        expect(hex(timeout)).toBe(withNonce ? hex(time) : hex(time).replace(/^0/, "8"));
        // timeEpoch and totalResetCount of a TPM that was started once.
        const end = withNonce ? [u32(1)] : [u32(1), u64(1n)];
        const key = secretsOf(tpm.save())[proof];
        const expected = hmac(ALG.SHA512, key, u16(0x8023), cpHash, ref, u32(handle), time, ...end);
        expect(hex(ticket)).toBe(hex(concat(u16(0x8023), u32(hierarchy), sized(expected))));
      }
    }
  });
});

describe("TPM2_PolicyAuthorize", () => {
  it("takes the ticket of a verified signature of the policy, and no other", async () => {
    for (const hash of HASHES) {
      const tpm = TestTpm.started();
      const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY, hash });
      expect(tpm.run(command(CC.PolicyAuthValue, [session.handle])).rc).toBe(0);
      const approved = new Policy(hash).extend(CC.PolicyAuthValue).value;
      const ref = Uint8Array.from([8, 8, 8]);
      const name = concat(u16(ALG.SHA384), digest(ALG.SHA384, ref));
      const { ehProof, shProof } = secretsOf(tpm.save());
      const signed = digest(ALG.SHA384, approved, ref);
      const ticket = (proof: Uint8Array) =>
        concat(u16(0x8022), u32(RH.OWNER), sized(hmac(ALG.SHA512, proof, u16(0x8022), signed, name)));
      const authorize = (policyRef: Uint8Array, check: Uint8Array) =>
        command(CC.PolicyAuthorize, [session.handle], [sized(approved), sized(policyRef), sized(name), check]);
      expect(tpm.run(authorize(ref, ticket(ehProof))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
      expect(tpm.run(authorize(empty, ticket(shProof))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
      expect(tpm.run(authorize(ref, ticket(shProof))).rc).toBe(0);
      const expected = new Policy(hash).update(CC.PolicyAuthorize, name, ref);
      expect(await policyDigest(runOn(tpm), session)).toBe(hex(expected.value));
      // What the policy needs stays needed.
      expect(tpm.run(authorize(ref, ticket(shProof))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    }
  });
});

describe("policies and objects", () => {
  it("an object's authValue in TPM2_PolicySecret; its ticket is by its hierarchy's proof", async () => {
    const tpm = TestTpm.started();
    const run = runOn(tpm);
    const { handle, name } = runCreatePrimary(tpm, keyedHash(SEALED), RH.ENDORSEMENT, sensitive([5, 6], [1]));
    const session = await AuthSession.start(run, { type: SE.POLICY });
    expect(tpm.run(secret(session, { handle }, {})).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    const response = tpm.run(secret(session, { handle, password: Uint8Array.of(5, 6) }, { expiration: -5 }));
    const { timeout, ticket } = timeoutAndTicket(response);
    expect(await policyDigest(run, session)).toBe(hex(new Policy().update(CC.PolicySecret, name, empty).value));
    const end = [u64(5000n), u32(1), u64(1n)];
    const expected = hmac(ALG.SHA512, secretsOf(tpm.save()).ehProof, u16(0x8023), name, ...end);
    expect(hex(ticket)).toBe(hex(concat(u16(0x8023), u32(RH.ENDORSEMENT), sized(expected))));
    expect(tpm.run(ticketCommand(session, timeout, empty, empty, name, ticket)).rc).toBe(0);
    // A key that only its policy opens has no authValue to give.
    const locked = runCreatePrimary(tpm, keyedHash(SEALED & ~OBJECT.userWithAuth), RH.OWNER, sensitive([5], [1]));
    const asked = secret(session, { handle: locked.handle, password: Uint8Array.of(5) });
    expect(tpm.run(asked).rc).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
    tpm.run(command(CC.FlushContext, [], [u32(locked.handle)]));
    // A sequence has no Name and no hierarchy; it signs nothing.
    const sequence = tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)])).view.getUint32(10);
    const byIt = tpm.run(secret(session, { handle: sequence }, { expiration: -5 }));
    expect(hex(timeoutAndTicket(byIt).ticket.subarray(0, 8))).toBe("8023400000070040");
    const auth = concat(u16(0x14), u16(ALG.SHA256), sized(new Uint8Array(32)));
    const signedByIt = command(CC.PolicySigned, [sequence, session.handle], [new Uint8Array(10), auth]);
    expect(tpm.run(signedByIt).rc).toBe(rc("TPM_RC_SCHEME", { parameter: 5 }));
  });

  it("PolicySigned by a keyed hash: with its sensitive area, and its own hash", async () => {
    const tpm = TestTpm.started();
    const run = runOn(tpm);
    const key = knownHmac();
    const { handle } = handleAndFields(tpm.run(loadExternal(key.area, RH.NULL, key.sensitive)));
    const publicOnly = handleAndFields(tpm.run(loadExternal(key.area, RH.OWNER))).handle;
    const session = await AuthSession.start(run, { type: SE.POLICY });
    const signature = (hash: number) => concat(u16(ALG.HMAC), u16(hash), hmac(hash, HMAC_KEY, digest(hash, u32(0))));
    const signed = (by: number, auth: Uint8Array) =>
      tpm.run(command(CC.PolicySigned, [by, session.handle], [new Uint8Array(10), auth])).rc;
    expect(signed(publicOnly, signature(ALG.SHA256))).toBe(rc("TPM_RC_HANDLE", { parameter: 5 }));
    expect(signed(handle, signature(ALG.SHA384))).toBe(rc("TPM_RC_SIGNATURE", { parameter: 5 }));
    expect(signed(handle, signature(ALG.SHA256))).toBe(0);
    const name = concat(u16(ALG.SHA256), digest(ALG.SHA256, key.area));
    expect(await policyDigest(run, session)).toBe(hex(new Policy().update(CC.PolicySigned, name, empty).value));
  });

  it("PolicyTemplate lets a hierarchy make objects of that template only", async () => {
    const tpm = TestTpm.started();
    const run = runOn(tpm);
    const area = keyedHash(SEALED);
    const other = keyedHash(SEALED & ~OBJECT.noDA);
    const hash = digest(ALG.SHA256, area);
    const session = await AuthSession.start(run, { type: SE.POLICY });
    await withOwnerPolicy(run, new Policy().extend(CC.PolicyTemplate, hash), async () => {
      const create = async (template: Uint8Array) => {
        expect(tpm.run(command(CC.PolicyRestart, [session.handle])).rc).toBe(0);
        expect(tpm.run(command(CC.PolicyTemplate, [session.handle], [sized(hash)])).rc).toBe(0);
        const parameters = [sensitive([], [1]), sized(template), sized([]), u32(0)];
        const uses = [{ session, entity: { auth: empty } }];
        const made = await call(run, {
          code: CC.CreatePrimary,
          handles: [RH.OWNER],
          parameters,
          uses,
          responseHandles: 1,
        });
        return made.response.rc;
      };
      expect(await create(other)).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
      expect(await create(area)).toBe(0);
    });
  });

  it("a ticket is not given for a PIN that may be used only so often", async () => {
    const tpm = TestTpm.started();
    const handle = 0x01000001;
    const attributes = NV.PIN_PASS | NV.OWNERWRITE | NV.OWNERREAD | NV.PPWRITE | NV.NO_DA | NV.AUTHREAD;
    expect(tpm.run(defineSpace({ handle, attributes, size: 8 }, [4])).rc).toBe(0);
    expect(tpm.run(nvWrite(RH.OWNER, handle, pin(0, 2))).rc).toBe(0);
    const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    const response = tpm.run(secret(session, { handle, password: Uint8Array.of(4) }, { expiration: -5 }));
    expect(hex(response.parameters)).toBe("00008023400000070000");
  });
});

describe("TPM2_PolicyCounterTimer", () => {
  const OPERATIONS: ((a: bigint, b: bigint, signed: (n: bigint) => bigint) => boolean)[] = [
    (a, b) => a === b,
    (a, b) => a !== b,
    (a, b, s) => s(a) > s(b),
    (a, b) => a > b,
    (a, b, s) => s(a) < s(b),
    (a, b) => a < b,
    (a, b, s) => s(a) >= s(b),
    (a, b) => a >= b,
    (a, b, s) => s(a) <= s(b),
    (a, b) => a <= b,
    (a, b) => (a & b) === b,
    (a, b) => (a & b) === 0n,
  ];

  it("compares any part of TPMS_TIME_INFO as the operation says, or fails with TPM_RC_POLICY", async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    // A Clock with many bits.
    expect(tpm.run(command(CC.ClockSet, [RH.OWNER], [u64(0x00a5_c3ff_8001_7f80n)], [password()])).rc).toBe(0);
    tpm.now += 123_456;
    const info = tpm.run(command(CC.ReadClock)).body.slice();
    expect(info.length).toBe(25);
    const number = (bytes: Uint8Array) => BigInt(`0x0${hex(bytes)}`);
    fc.assert(
      fc.property(
        fc.nat(25),
        fc.nat(8),
        fc.nat(OPERATIONS.length - 1),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.nat(8),
        (offset, length, operation, random, same) => {
          const size = Math.min(length, 25 - offset);
          const a = info.subarray(offset, offset + size);
          const b = a.map((byte, i) => (i < same ? byte : (random[i] ?? 0)));
          const bits = BigInt(8 * size);
          const holds = OPERATIONS[operation]?.(number(a), number(b), (n) => BigInt.asIntN(Number(bits), n));
          const step = command(CC.PolicyCounterTimer, [session.handle], [sized(b), u16(offset), u16(operation)]);
          expect(tpm.run(step).rc).toBe(holds ? 0 : rc("TPM_RC_POLICY"));
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("needs a Clock that was stored when it looks at Time or Clock", async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    const counterTimer = (offset: number) =>
      command(CC.PolicyCounterTimer, [session.handle], [sized([0]), u16(offset), u16(7)]);
    tpm.storeFails = true;
    tpm.now += 5000;
    expect(tpm.run(counterTimer(15)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    tpm.now += 5000;
    expect(tpm.run(counterTimer(16)).rc).toBe(0);
  });
});

describe("physical presence", () => {
  it("a policy that asserts it needs it when it is used", async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    await withOwnerPolicy(runOn(tpm), new Policy().extend(CC.PolicyPhysicalPresence), async () => {
      expect(tpm.run(command(CC.PolicyPhysicalPresence, [session.handle])).rc).toBe(0);
      expect((await call(runOn(tpm), changeOwner(session))).response.rc).toBe(rc("TPM_RC_PP", { session: 1 }));
      tpm.core.physicalPresence(1);
      expect((await call(runOn(tpm), changeOwner(session))).response.rc).toBe(0);
      tpm.core.physicalPresence(0);
    });
  });
});

describe("TPM2_Policy_AC_SendSelect", () => {
  it("binds the policy to the Names of object, authorization and component, and to TPM2_AC_Send", async () => {
    const names = [Uint8Array.from([1, 2]), u32(RH.OWNER), u32(0x90000001)] as const;
    for (const profile of [0, 1]) {
      for (const include of [0, 1]) {
        const tpm = TestTpm.started({ profile });
        const session = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
        const select = command(CC.Policy_AC_SendSelect, [session.handle], [...names.map((n) => sized(n)), u8(include)]);
        expect(tpm.run(select).rc).toBe(0);
        const hashed = include === 1 ? names : names.slice(1);
        const expected = new Policy().extend(CC.Policy_AC_SendSelect, ...hashed, u8(include));
        expect(await policyDigest(runOn(tpm), session)).toBe(hex(expected.value));
        await withOwnerPolicy(runOn(tpm), expected, async () => {
          expect((await call(runOn(tpm), changeOwner(session))).response.rc).toBe(
            rc("TPM_RC_POLICY_CC", { session: 1 }),
          );
        });
        expect(tpm.run(select).rc).toBe(rc("TPM_RC_CPHASH"));
        tpm.run(command(CC.PolicyRestart, [session.handle]));
        tpm.run(command(CC.PolicyCommandCode, [session.handle], [u32(CC.HierarchyChangeAuth)]));
        expect(tpm.run(select).rc).toBe(rc("TPM_RC_COMMAND_CODE"));
      }
    }
  });
});
