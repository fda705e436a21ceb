/** What policy commands do, told by a client that computes each policyDigest itself: for our core, and for swtpm. */

import { constants, generateKeyPairSync, sign } from "node:crypto";
import { expect } from "vitest";
import { ALG, command, concat, hex, password, Response, RH, sized, u8, u16, u32, u64 } from "./harness.ts";
import { CC } from "./names.ts";
import { ecc, ID, loadExternal, OBJECT, rsa } from "./objects.ts";
import { AuthSession, CONTINUE, call, digest, type Run, SE } from "./sessions.ts";

export const HASHES = [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512];
const empty = new Uint8Array(0);
const auth1 = Uint8Array.from([1, 2, 3, 4]);

/** policyDigest as Part 3 defines it. */
export class Policy {
  value: Uint8Array;
  readonly hash: number;
  constructor(hash: number = ALG.SHA256) {
    this.hash = hash;
    this.value = new Uint8Array(digest(hash).length);
  }
  /** One step: policyDigest is extended with the command code and what follows it. */
  extend(code: number, ...values: Uint8Array[]): this {
    this.value = digest(this.hash, this.value, u32(code), ...values);
    return this;
  }
  /** PolicyUpdate(): 23.2.3. */
  update(code: number, name: Uint8Array, policyRef: Uint8Array): this {
    this.extend(code, name);
    this.value = digest(this.hash, this.value, policyRef);
    return this;
  }
  reset(): this {
    this.value = new Uint8Array(this.value.length);
    return this;
  }
}

export async function send(run: Run, bytes: Uint8Array, locality = 0): Promise<Response> {
  return new Response(await run(bytes, locality));
}
async function ok(run: Run, bytes: Uint8Array): Promise<Response> {
  const response = await send(run, bytes);
  expect(response.rc).toBe(0);
  return response;
}
export async function policyDigest(run: Run, session: AuthSession): Promise<string> {
  return hex((await ok(run, command(CC.PolicyGetDigest, [session.handle]))).body.slice(2));
}
const flush = (session: AuthSession) => command(CC.FlushContext, [], [u32(session.handle)]);
const restart = (session: AuthSession) => command(CC.PolicyRestart, [session.handle]);
/** TPM2_PolicySecret, by password. */
export function secret(
  session: AuthSession,
  auth: { handle: number; password?: Uint8Array },
  {
    nonce = empty,
    cpHash = empty,
    ref = empty,
    expiration = 0,
  }: { nonce?: Uint8Array; cpHash?: Uint8Array; ref?: Uint8Array; expiration?: number } = {},
): Uint8Array {
  const parameters = [sized(nonce), sized(cpHash), sized(ref), u32(expiration)];
  return command(CC.PolicySecret, [auth.handle, session.handle], parameters, [password(auth.password ?? empty)]);
}
/** timeout and ticket of TPM2_PolicySecret or TPM2_PolicySigned. */
export function timeoutAndTicket(response: Response): { timeout: Uint8Array; ticket: Uint8Array } {
  const parameters = response.parameters;
  const size = new DataView(parameters.buffer, parameters.byteOffset).getUint16(0);
  return { timeout: parameters.slice(2, 2 + size), ticket: parameters.slice(2 + size) };
}
export function ticketCommand(
  session: AuthSession,
  timeout: Uint8Array,
  cpHash: Uint8Array,
  ref: Uint8Array,
  name: Uint8Array,
  ticket: Uint8Array,
): Uint8Array {
  const parameters = [sized(timeout), sized(cpHash), sized(ref), sized(name), ticket];
  return command(CC.PolicyTicket, [session.handle], parameters);
}
/** A key of OpenSSL, as a TPMT_PUBLIC to load, and its TPMT_SIGNATURE of a message. */
interface Signer {
  area: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}
function rsaSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const n = Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url");
  const key = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  return {
    area: rsa(OBJECT.sign, { unique: sized(n) }),
    sign: (message) => concat(u16(ID.RSASSA), u16(ALG.SHA256), sized(sign("sha256", message, key))),
  };
}
function eccSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
  return {
    area: ecc(OBJECT.sign, { unique: concat(...[x, y].map((c) => sized(Buffer.from(c, "base64url")))) }),
    sign: (message) => {
      const value = sign("sha384", message, key);
      return concat(u16(ID.ECDSA), u16(ALG.SHA384), sized(value.subarray(0, 32)), sized(value.subarray(32)));
    },
  };
}
interface Qualifiers {
  nonce?: Uint8Array;
  cpHash?: Uint8Array;
  ref?: Uint8Array;
  expiration?: number;
}
/** TPM2_PolicySigned with the signature of its qualifiers, or with another one. */
function signed(session: AuthSession, handle: number, signer: Signer, qualifiers: Qualifiers, auth?: Uint8Array) {
  const { nonce = empty, cpHash = empty, ref = empty, expiration = 0 } = qualifiers;
  const signature = auth ?? signer.sign(concat(nonce, u32(expiration), cpHash, ref));
  const parameters = [sized(nonce), sized(cpHash), sized(ref), u32(expiration), signature];
  return command(CC.PolicySigned, [handle, session.handle], parameters);
}

/** A policy of the owner's, until `restore`. */
export async function withOwnerPolicy(run: Run, policy: Policy, use: () => Promise<void>): Promise<void> {
  const set = (value: Uint8Array, hash: number) =>
    command(CC.SetPrimaryPolicy, [RH.OWNER], [sized(value), u16(hash)], [password()]);
  await ok(run, set(policy.value, policy.hash));
  await use();
  await ok(run, set(empty, ALG.NULL));
}

export const policyScenarios: [name: string, scenario: (run: Run) => Promise<void>][] = [
  ...HASHES.flatMap((hash) =>
    [SE.TRIAL, SE.POLICY].map((type): [string, (run: Run) => Promise<void>] => [
      `every assertion extends policyDigest (hash 0x${hash.toString(16)}, session type ${type})`,
      async (run) => {
        const session = await AuthSession.start(run, { hash, type });
        const expected = new Policy(hash);
        const value = digest(hash, auth1);
        const assert = async (code: number, parameters: Uint8Array[], ...values: Uint8Array[]) => {
          await ok(run, command(code, [session.handle], parameters));
          expect(await policyDigest(run, session)).toBe(hex(expected.extend(code, ...values).value));
        };
        await assert(CC.PolicyPhysicalPresence, []);
        await assert(CC.PolicyLocality, [u8(0x1f)], u8(0x1f));
        await assert(CC.PolicyLocality, [u8(0x03)], u8(0x03));
        // Time is not less than 0; of resetCount, all bits of no bits are set.
        for (const [operand, offset, operation] of [
          [u64(0n), 0, 7],
          [new Uint8Array(4), 16, 10],
          [empty, 25, 0],
        ] as const) {
          const args = digest(hash, operand, u16(offset), u16(operation));
          await assert(CC.PolicyCounterTimer, [sized(operand), u16(offset), u16(operation)], args);
        }
        await assert(CC.PolicyCpHash, [sized(value)], value);
        await assert(CC.PolicyCpHash, [sized(value)], value);
        await ok(run, restart(session));
        expected.reset();
        await assert(CC.PolicyNameHash, [sized(value)], value);
        await ok(run, restart(session));
        expected.reset();
        await assert(CC.PolicyTemplate, [sized(value)], value);
        await assert(CC.PolicyTemplate, [sized(value)], value);
        for (const include of [0, 1]) {
          await ok(run, restart(session));
          expected.reset();
          const names = [Uint8Array.from([1, 2, 3]), Uint8Array.from([4, 5])] as const;
          const parameters = [sized(names[0]), sized(names[1]), u8(include)];
          const hashed = include === 1 ? [...names, u8(1)] : [names[1], u8(0)];
          await assert(CC.PolicyDuplicationSelect, parameters, ...hashed);
        }
        await ok(run, flush(session));
      },
    ]),
  ),
  [
    "PolicyOR goes on from zero when one branch is met",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const branch = new Policy().extend(CC.PolicyAuthValue);
      const other = new Uint8Array(32).fill(7);
      const or = (...digests: Uint8Array[]) =>
        command(CC.PolicyOR, [session.handle], [u32(digests.length), ...digests.map((d) => sized(d))]);
      expect((await send(run, or(branch.value, other))).rc).toBe(0x1c4);
      await ok(run, command(CC.PolicyAuthValue, [session.handle]));
      expect((await send(run, or(other, other))).rc).toBe(0x1c4);
      expect((await send(run, or(branch.value.subarray(0, 31), other))).rc).toBe(0x1c4);
      await ok(run, or(other, branch.value));
      const expected = new Policy().extend(CC.PolicyOR, other, branch.value);
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      const seven = Array.from({ length: 7 }, () => sized(other));
      await ok(run, command(CC.PolicyOR, [trial.handle], [u32(8), ...seven, sized(empty)]));
      const long = new Policy().extend(CC.PolicyOR, ...Array.from({ length: 7 }, () => other));
      expect(await policyDigest(run, trial)).toBe(hex(long.value));
    },
  ],
  [
    "PolicySecret takes the authValue of any entity into the policy",
    async (run) => {
      await ok(run, command(CC.HierarchyChangeAuth, [RH.ENDORSEMENT], [sized(auth1)], [password()]));
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      const expected = new Policy();
      const ref = Uint8Array.from([9, 9]);
      for (const [handle, auth] of [
        [RH.ENDORSEMENT, auth1],
        [RH.OWNER, empty],
        [RH.PLATFORM, empty],
        [16, empty],
        [20, empty],
      ] as const) {
        await ok(run, secret(session, { handle, password: auth }, { ref, nonce: session.nonceTpm }));
        await ok(run, secret(trial, { handle, password: auth }, { ref, nonce: Uint8Array.of(1) }));
        expected.update(CC.PolicySecret, u32(handle), ref);
      }
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      expect(await policyDigest(run, trial)).toBe(hex(expected.value));
      expect((await send(run, secret(session, { handle: RH.NULL }))).rc).toBe(0x184);
      expect((await send(run, secret(session, { handle: RH.ENDORSEMENT }))).rc).toBe(0x9a2);
      expect((await send(run, secret(session, { handle: RH.OWNER }, { nonce: Uint8Array.of(1) }))).rc).toBe(0x1cf);
      await ok(run, command(CC.HierarchyChangeAuth, [RH.ENDORSEMENT], [sized([])], [password(auth1)]));
    },
  ],
  [
    "PolicySecret by a policy session wants the authValue: TPM_RC_MODE without",
    async (run) => {
      const [by, to] = [
        await AuthSession.start(run, { type: SE.POLICY }),
        await AuthSession.start(run, { type: SE.POLICY }),
      ];
      const needed = new Policy().extend(CC.PolicyAuthValue);
      await withOwnerPolicy(run, needed, async () => {
        const bySecret = {
          code: CC.PolicySecret,
          handles: [RH.OWNER, to.handle],
          parameters: [u16(0), u16(0), u16(0), u32(0)],
          uses: [{ session: by, entity: { auth: empty }, withAuth: true }],
        };
        expect((await call(run, bySecret)).response.rc).toBe(0x989);
        await ok(run, command(CC.PolicyAuthValue, [by.handle]));
        expect((await call(run, bySecret)).response.rc).toBe(0);
        await ok(run, command(CC.PolicyPassword, [by.handle]));
        const byPassword = { session: by, entity: { auth: empty }, password: empty };
        expect((await call(run, { ...bySecret, uses: [byPassword] })).response.rc).toBe(0);
      });
      const twice = new Policy();
      for (let i = 0; i < 2; i++) twice.update(CC.PolicySecret, u32(RH.OWNER), empty);
      expect(await policyDigest(run, to)).toBe(hex(twice.value));
    },
  ],
  [
    "a ticket of PolicySecret stands for it until it expires, for the same parameters only",
    async (run) => {
      const first = await AuthSession.start(run, { type: SE.POLICY });
      const ref = Uint8Array.from([3, 1]);
      const cpHash = digest(ALG.SHA256, auth1);
      const given = await ok(run, secret(first, { handle: RH.OWNER }, { ref, cpHash, expiration: -60 }));
      const { timeout, ticket } = timeoutAndTicket(given);
      expect([timeout.length, hex(ticket.subarray(0, 8)), ticket.length]).toEqual([8, "8023400000010040", 72]);
      const expected = await policyDigest(run, first);
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const name = u32(RH.OWNER);
      const flip = (bytes: Uint8Array, at: number) => bytes.map((b, i) => (i === at ? b ^ 1 : b));
      const rc = async (...values: [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]) =>
        (await send(run, ticketCommand(session, ...values))).rc;
      expect(await rc(flip(timeout, 7), cpHash, ref, name, ticket)).toBe(0x5e0);
      expect(await rc(timeout, flip(cpHash, 0), ref, name, ticket)).toBe(0x5e0);
      expect(await rc(timeout, empty, ref, name, ticket)).toBe(0x5e0);
      expect(await rc(timeout, cpHash, empty, name, ticket)).toBe(0x5e0);
      expect(await rc(timeout, cpHash, ref, u32(RH.PLATFORM), ticket)).toBe(0x5e0);
      expect(await rc(timeout, cpHash, ref, name, flip(ticket, 71))).toBe(0x5e0);
      expect(await rc(timeout, cpHash, ref, name, flip(ticket, 5))).toBe(0x5c4);
      // As if the owner had signed.
      expect(await rc(timeout, cpHash, ref, name, concat(u16(0x8025), ticket.subarray(2)))).toBe(0x5e0);
      expect(await rc(timeout.subarray(1), cpHash, ref, name, ticket)).toBe(0x1d5);
      expect(await rc(u64(0n), cpHash, ref, name, ticket)).toBe(0x5e0);
      expect(await rc(timeout, cpHash, ref, name, ticket)).toBe(0);
      expect(await policyDigest(run, session)).toBe(expected);
      // The policy is bound to the cpHash now.
      expect((await send(run, command(CC.PolicyCpHash, [session.handle], [sized(new Uint8Array(32))]))).rc).toBe(0x151);
      expect((await send(run, secret(session, { handle: RH.OWNER }, { cpHash: new Uint8Array(32) }))).rc).toBe(0x151);
      await ok(run, command(CC.PolicyCpHash, [session.handle], [sized(cpHash)]));
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      expect((await send(run, ticketCommand(trial, timeout, cpHash, ref, name, ticket))).rc).toBe(0x182);
      // No ticket for a trial, or for an authorization that says no time or a positive one.
      const none = async (session: AuthSession, expiration: number) =>
        hex((await ok(run, secret(session, { handle: RH.OWNER }, { expiration }))).parameters);
      expect(await none(trial, -60)).toBe("00008023400000070000");
      expect(await none(first, 60)).toBe("00008023400000070000");
      expect(await none(first, 0)).toBe("00008023400000070000");
    },
  ],
  ...(
    [
      ["RSA", rsaSigner],
      ["ECC", eccSigner],
    ] as const
  ).map(([type, make]): [string, (run: Run) => Promise<void>] => [
    `PolicySigned takes the signature of its qualifiers, and gives tickets for it (${type})`,
    async (run) => {
      const signer = make();
      const loaded = await ok(run, loadExternal(signer.area, RH.OWNER));
      const handle = loaded.view.getUint32(10);
      const name = concat(u16(ALG.SHA256), digest(ALG.SHA256, signer.area));
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      const expected = new Policy();
      const ref = Uint8Array.from([1, 2, 3]);
      const cpHash = digest(ALG.SHA256, ref);
      const rc = async (qualifiers: Qualifiers, auth?: Uint8Array) =>
        (await send(run, signed(session, handle, signer, qualifiers, auth))).rc;
      for (const qualifiers of [{}, { ref }, { nonce: session.nonceTpm, ref, expiration: 1000 }]) {
        expect(await rc(qualifiers)).toBe(0);
        expected.update(CC.PolicySigned, name, "ref" in qualifiers ? ref : empty);
      }
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      // The signature is of other qualifiers, by another kind of key, or there is none that could be.
      const good = signer.sign(concat(u32(0), ref));
      expect(await rc({ ref }, good)).toBe(0);
      expected.update(CC.PolicySigned, name, ref);
      for (const other of [{}, { ref: cpHash }, { ref, cpHash }, { ref, expiration: 1 << 30 }])
        expect(await rc(other, good)).toBe(0x5db);
      expect(await rc({ ref, nonce: session.nonceTpm }, good)).toBe(0x5db);
      expect(
        await rc(
          { ref },
          good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte)),
        ),
      ).toBe(0x5db);
      const hmacOf = concat(u16(ID.HMAC), u16(ALG.SHA256), new Uint8Array(32));
      expect(await rc({ ref }, hmacOf)).toBe(0x5d2);
      const ecdaa = concat(u16(0x1a), u16(ALG.SHA256), sized(new Uint8Array(32)), sized(new Uint8Array(32)));
      expect(await rc({ ref }, ecdaa)).toBe(0x5d2);
      expect(await rc({ ref }, u16(ALG.NULL))).toBe(0x5d2);
      // Parameters are checked before the signature.
      expect(await rc({ nonce: Uint8Array.of(1) }, ecdaa)).toBe(0x1cf);
      expect(await rc({ cpHash: ref }, ecdaa)).toBe(0x2d5);
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      // A trial looks at none of it.
      await ok(run, signed(trial, handle, signer, { nonce: Uint8Array.of(1), ref }, ecdaa));
      expect(await policyDigest(run, trial)).toBe(hex(new Policy().update(CC.PolicySigned, name, ref).value));
      await ok(run, flush(trial));
      const given = await ok(run, signed(session, handle, signer, { cpHash, ref, expiration: -1000 }));
      expected.update(CC.PolicySigned, name, ref);
      const { timeout, ticket } = timeoutAndTicket(given);
      expect([timeout.length, hex(ticket.subarray(0, 8)), ticket.length]).toEqual([8, "8025400000010040", 72]);
      await ok(run, ticketCommand(session, timeout, cpHash, ref, name, ticket));
      expected.update(CC.PolicySigned, name, ref);
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      const secretTicket = concat(u16(0x8023), ticket.subarray(2));
      expect((await send(run, ticketCommand(session, timeout, cpHash, ref, name, secretTicket))).rc).toBe(0x5e0);
      await ok(run, command(CC.FlushContext, [], [u32(handle)]));
    },
  ]),
  [
    "PolicyAuthorize takes what TPM2_VerifySignature gave for the policy's authority",
    async (run) => {
      const signer = rsaSigner();
      const handle = (await ok(run, loadExternal(signer.area, RH.OWNER))).view.getUint32(10);
      const name = concat(u16(ALG.SHA256), digest(ALG.SHA256, signer.area));
      const session = await AuthSession.start(run, { type: SE.POLICY });
      await ok(run, command(CC.PolicyAuthValue, [session.handle]));
      const approved = new Policy().extend(CC.PolicyAuthValue).value;
      const ref = Uint8Array.from([7]);
      const verified = async (message: Uint8Array) => {
        const parameters = [sized(digest(ALG.SHA256, message)), signer.sign(message)];
        return (await ok(run, command(CC.VerifySignature, [handle], parameters))).body.slice();
      };
      const authorize = (ticket: Uint8Array, policyRef: Uint8Array, keySign: Uint8Array) =>
        command(CC.PolicyAuthorize, [session.handle], [sized(approved), sized(policyRef), sized(keySign), ticket]);
      const ticket = await verified(concat(approved, ref));
      expect((await send(run, authorize(await verified(approved), ref, name))).rc).toBe(0x4c4);
      expect((await send(run, authorize(ticket, empty, name))).rc).toBe(0x4c4);
      expect((await send(run, authorize(ticket, ref, concat(u16(ALG.SHA256), approved)))).rc).toBe(0x4c4);
      await ok(run, authorize(ticket, ref, name));
      const expected = new Policy().update(CC.PolicyAuthorize, name, ref);
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      await ok(run, command(CC.FlushContext, [], [u32(handle)]));
    },
  ],
  [
    "PolicyAuthorize in a trial replaces the policy by its authority",
    async (run) => {
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      const policy = await AuthSession.start(run, { type: SE.POLICY });
      const name = concat(u16(ALG.SHA256), digest(ALG.SHA256, auth1));
      const ref = Uint8Array.from([5]);
      const ticket = concat(u16(0x8022), u32(RH.NULL), u16(0));
      const authorize = (session: AuthSession, approved: Uint8Array, keySign: Uint8Array, check = ticket) =>
        command(CC.PolicyAuthorize, [session.handle], [sized(approved), sized(ref), sized(keySign), check]);
      await ok(run, command(CC.PolicyAuthValue, [trial.handle]));
      await ok(run, authorize(trial, empty, name));
      const expected = new Policy().update(CC.PolicyAuthorize, name, ref);
      expect(await policyDigest(run, trial)).toBe(hex(expected.value));
      const zeros = new Uint8Array(32);
      expect((await send(run, authorize(policy, new Uint8Array(31), name))).rc).toBe(0x1c4);
      expect((await send(run, authorize(policy, zeros, name))).rc).toBe(0x4c4);
      const forged = concat(u16(0x8022), u32(RH.OWNER), sized(new Uint8Array(64)));
      expect((await send(run, authorize(policy, zeros, name, forged))).rc).toBe(0x4c4);
      for (const session of [trial, policy]) {
        expect((await send(run, authorize(session, zeros, concat(u16(ALG.NULL), zeros)))).rc).toBe(0x3c3);
        expect((await send(run, authorize(session, zeros, name.subarray(0, 33)))).rc).toBe(0x3d5);
        expect((await send(run, authorize(session, zeros, concat(name, u8(0))))).rc).toBe(0x3d5);
      }
    },
  ],
  [
    "a policy bound to a cpHash, to Names or to a command authorises that and nothing else",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const change = (auth: Uint8Array) => ({
        code: CC.HierarchyChangeAuth,
        handles: [RH.OWNER],
        parameters: [sized(auth)],
        uses: [{ session, entity: { auth: empty }, attributes: CONTINUE }],
      });
      const cpHash = digest(ALG.SHA256, u32(CC.HierarchyChangeAuth), u32(RH.OWNER), sized(empty));
      const assertCpHash = command(CC.PolicyCpHash, [session.handle], [sized(cpHash)]);
      await withOwnerPolicy(run, new Policy().extend(CC.PolicyCpHash, cpHash), async () => {
        await ok(run, assertCpHash);
        expect((await call(run, change(auth1))).response.rc).toBe(0x99d);
        expect((await call(run, change(empty))).response.rc).toBe(0);
        // Used up.
        expect((await call(run, change(empty))).response.rc).toBe(0x99d);
      });
      const nameHash = digest(ALG.SHA256, u32(RH.OWNER));
      for (const [hash, rc] of [
        [nameHash, 0],
        [digest(ALG.SHA256, u32(RH.PLATFORM)), 0x99d],
      ] as const) {
        await withOwnerPolicy(run, new Policy().extend(CC.PolicyNameHash, hash), async () => {
          await ok(run, restart(session));
          await ok(run, command(CC.PolicyNameHash, [session.handle], [sized(hash)]));
          expect((await call(run, change(empty))).response.rc).toBe(rc);
        });
      }
      // A template is nothing for a command that creates no object.
      await withOwnerPolicy(run, new Policy().extend(CC.PolicyTemplate, nameHash), async () => {
        await ok(run, restart(session));
        await ok(run, command(CC.PolicyTemplate, [session.handle], [sized(nameHash)]));
        expect((await call(run, change(empty))).response.rc).toBe(0x99d);
      });
      const names = [sized(u32(RH.OWNER)), sized([]), u8(0)];
      await withOwnerPolicy(run, new Policy().extend(CC.PolicyDuplicationSelect, u8(0)), async () => {
        await ok(run, restart(session));
        await ok(run, command(CC.PolicyDuplicationSelect, [session.handle], names));
        expect((await call(run, change(empty))).response.rc).toBe(0x9a4);
      });
    },
  ],
  [
    "cpHash, nameHash and templateHash exclude each other",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const value = digest(ALG.SHA256, auth1);
      const other = digest(ALG.SHA256);
      const set = (code: number, hash: Uint8Array) => command(code, [session.handle], [sized(hash)]);
      const select = command(CC.PolicyDuplicationSelect, [session.handle], [sized([]), sized([]), u8(0)]);
      const all = [CC.PolicyCpHash, CC.PolicyNameHash, CC.PolicyTemplate] as const;
      for (const code of all) {
        await ok(run, restart(session));
        expect((await send(run, set(code, empty))).rc).toBe(0x1d5);
        expect((await send(run, set(code, value.subarray(1)))).rc).toBe(0x1d5);
        await ok(run, set(code, value));
        for (const next of all) if (next !== code) expect((await send(run, set(next, value))).rc).toBe(0x151);
        expect((await send(run, set(code, other))).rc).toBe(code === CC.PolicyTemplate ? 0x1c4 : 0x151);
        expect((await send(run, select)).rc).toBe(0x151);
        expect((await send(run, secret(session, { handle: RH.OWNER }, { cpHash: other }))).rc).toBe(0x151);
      }
      await ok(run, restart(session));
      await ok(run, select);
      expect((await send(run, select)).rc).toBe(0x151);
      await ok(run, restart(session));
      await ok(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.HierarchyChangeAuth)]));
      expect((await send(run, select)).rc).toBe(0x143);
    },
  ],
  [
    "PolicyLocality narrows the localities, and a command must come from one that is left",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const locality = (value: number) => command(CC.PolicyLocality, [session.handle], [u8(value)]);
      expect((await send(run, locality(0))).rc).toBe(0x1cd);
      await ok(run, locality(0x0e));
      expect((await send(run, locality(0x11))).rc).toBe(0x1cd);
      expect((await send(run, locality(0x20))).rc).toBe(0x1cd);
      await ok(run, locality(0x06));
      expect((await send(run, locality(0x08))).rc).toBe(0x1cd);
      const policy = new Policy().extend(CC.PolicyLocality, u8(0x0e)).extend(CC.PolicyLocality, u8(0x06));
      await withOwnerPolicy(run, policy, async () => {
        const change = {
          code: CC.HierarchyChangeAuth,
          handles: [RH.OWNER],
          parameters: [sized([])],
          uses: [{ session, entity: { auth: empty } }],
        };
        for (const at of [0, 3, 4]) {
          expect((await call((bytes) => run(bytes, at), change)).response.rc).toBe(0x907);
        }
        expect((await call((bytes) => run(bytes, 2), change)).response.rc).toBe(0);
      });
      await ok(run, restart(session));
      await ok(run, locality(0x20));
      await ok(run, locality(0x20));
      expect((await send(run, locality(0x21))).rc).toBe(0x1cd);
      expect((await send(run, locality(0x01))).rc).toBe(0x1cd);
      await withOwnerPolicy(
        run,
        new Policy().extend(CC.PolicyLocality, u8(0x20)).extend(CC.PolicyLocality, u8(0x20)),
        async () => {
          const use = { session, entity: { auth: empty } };
          const change = { code: CC.HierarchyChangeAuth, handles: [RH.OWNER], parameters: [sized([])], uses: [use] };
          expect((await call(run, change)).response.rc).toBe(0x907);
        },
      );
    },
  ],
];
