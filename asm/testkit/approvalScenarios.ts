/** What approves for a policy: PolicySecret, PolicySigned, their tickets, PolicyAuthorize. For our core, and for swtpm. */

import { expect } from "vitest";
import { command, concat, hex, password, sized, u8, u16, u32, u64 } from "./harness.ts";
import { ALG, CC, RH, rc, SE } from "./names.ts";
import { loadExternal } from "./objects.ts";
import {
  eccSigner,
  empty,
  flush,
  Policy,
  policyDigest,
  type Qualifiers,
  rsaSigner,
  secret,
  signed,
  ticketCommand,
  timeoutAndTicket,
  withOwnerPolicy,
} from "./policies.ts";
import { ok, type Run, send } from "./run.ts";
import { AuthSession, call, digest } from "./sessions.ts";

const auth1 = Uint8Array.from([1, 2, 3, 4]);

export const approvalScenarios: [name: string, scenario: (run: Run) => Promise<void>][] = [
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
      expect((await send(run, secret(session, { handle: RH.NULL }))).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
      expect((await send(run, secret(session, { handle: RH.ENDORSEMENT }))).rc).toBe(
        rc("TPM_RC_BAD_AUTH", { session: 1 }),
      );
      expect((await send(run, secret(session, { handle: RH.OWNER }, { nonce: Uint8Array.of(1) }))).rc).toBe(
        rc("TPM_RC_NONCE", { parameter: 1 }),
      );
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
        expect((await call(run, bySecret)).response.rc).toBe(rc("TPM_RC_MODE", { session: 1 }));
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
      const present = async (...values: [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]) =>
        (await send(run, ticketCommand(session, ...values))).rc;
      expect(await present(flip(timeout, 7), cpHash, ref, name, ticket)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, flip(cpHash, 0), ref, name, ticket)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, empty, ref, name, ticket)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, cpHash, empty, name, ticket)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, cpHash, ref, u32(RH.PLATFORM), ticket)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, cpHash, ref, name, flip(ticket, 71))).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, cpHash, ref, name, flip(ticket, 5))).toBe(rc("TPM_RC_VALUE", { parameter: 5 }));
      // As if the owner had signed.
      expect(await present(timeout, cpHash, ref, name, concat(u16(0x8025), ticket.subarray(2)))).toBe(
        rc("TPM_RC_TICKET", { parameter: 5 }),
      );
      expect(await present(timeout.subarray(1), cpHash, ref, name, ticket)).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
      expect(await present(u64(0n), cpHash, ref, name, ticket)).toBe(rc("TPM_RC_TICKET", { parameter: 5 }));
      expect(await present(timeout, cpHash, ref, name, ticket)).toBe(0);
      expect(await policyDigest(run, session)).toBe(expected);
      // The policy is bound to the cpHash now.
      expect((await send(run, command(CC.PolicyCpHash, [session.handle], [sized(new Uint8Array(32))]))).rc).toBe(
        rc("TPM_RC_CPHASH"),
      );
      expect((await send(run, secret(session, { handle: RH.OWNER }, { cpHash: new Uint8Array(32) }))).rc).toBe(
        rc("TPM_RC_CPHASH"),
      );
      await ok(run, command(CC.PolicyCpHash, [session.handle], [sized(cpHash)]));
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      expect((await send(run, ticketCommand(trial, timeout, cpHash, ref, name, ticket))).rc).toBe(
        rc("TPM_RC_ATTRIBUTES", { handle: 1 }),
      );
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
      const assert = async (qualifiers: Qualifiers, auth?: Uint8Array) =>
        (await send(run, signed(session, handle, signer, qualifiers, auth))).rc;
      for (const qualifiers of [{}, { ref }, { nonce: session.nonceTpm, ref, expiration: 1000 }]) {
        expect(await assert(qualifiers)).toBe(0);
        expected.update(CC.PolicySigned, name, "ref" in qualifiers ? ref : empty);
      }
      expect(await policyDigest(run, session)).toBe(hex(expected.value));
      // The signature is of other qualifiers, by another kind of key, or there is none that could be.
      const good = signer.sign(concat(u32(0), ref));
      expect(await assert({ ref }, good)).toBe(0);
      expected.update(CC.PolicySigned, name, ref);
      for (const other of [{}, { ref: cpHash }, { ref, cpHash }, { ref, expiration: 1 << 30 }])
        expect(await assert(other, good)).toBe(rc("TPM_RC_SIGNATURE", { parameter: 5 }));
      expect(await assert({ ref, nonce: session.nonceTpm }, good)).toBe(rc("TPM_RC_SIGNATURE", { parameter: 5 }));
      expect(
        await assert(
          { ref },
          good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte)),
        ),
      ).toBe(rc("TPM_RC_SIGNATURE", { parameter: 5 }));
      const hmacOf = concat(u16(ALG.HMAC), u16(ALG.SHA256), new Uint8Array(32));
      expect(await assert({ ref }, hmacOf)).toBe(rc("TPM_RC_SCHEME", { parameter: 5 }));
      const ecdaa = concat(u16(0x1a), u16(ALG.SHA256), sized(new Uint8Array(32)), sized(new Uint8Array(32)));
      expect(await assert({ ref }, ecdaa)).toBe(rc("TPM_RC_SCHEME", { parameter: 5 }));
      expect(await assert({ ref }, u16(ALG.NULL))).toBe(rc("TPM_RC_SCHEME", { parameter: 5 }));
      // Parameters are checked before the signature.
      expect(await assert({ nonce: Uint8Array.of(1) }, ecdaa)).toBe(rc("TPM_RC_NONCE", { parameter: 1 }));
      expect(await assert({ cpHash: ref }, ecdaa)).toBe(rc("TPM_RC_SIZE", { parameter: 2 }));
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
      expect((await send(run, ticketCommand(session, timeout, cpHash, ref, name, secretTicket))).rc).toBe(
        rc("TPM_RC_TICKET", { parameter: 5 }),
      );
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
      expect((await send(run, authorize(await verified(approved), ref, name))).rc).toBe(
        rc("TPM_RC_VALUE", { parameter: 4 }),
      );
      expect((await send(run, authorize(ticket, empty, name))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
      expect((await send(run, authorize(ticket, ref, concat(u16(ALG.SHA256), approved)))).rc).toBe(
        rc("TPM_RC_VALUE", { parameter: 4 }),
      );
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
      expect((await send(run, authorize(policy, new Uint8Array(31), name))).rc).toBe(
        rc("TPM_RC_VALUE", { parameter: 1 }),
      );
      expect((await send(run, authorize(policy, zeros, name))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
      const forged = concat(u16(0x8022), u32(RH.OWNER), sized(new Uint8Array(64)));
      expect((await send(run, authorize(policy, zeros, name, forged))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
      for (const session of [trial, policy]) {
        expect((await send(run, authorize(session, zeros, concat(u16(ALG.NULL), zeros)))).rc).toBe(
          rc("TPM_RC_HASH", { parameter: 3 }),
        );
        expect((await send(run, authorize(session, zeros, name.subarray(0, 33)))).rc).toBe(
          rc("TPM_RC_SIZE", { parameter: 3 }),
        );
        expect((await send(run, authorize(session, zeros, concat(name, u8(0))))).rc).toBe(
          rc("TPM_RC_SIZE", { parameter: 3 }),
        );
      }
    },
  ],
];
