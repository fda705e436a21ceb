/** Authorizations of NV Indices, told by a client: run against the core in the unit tests, and against swtpm to check them. */

import { expect } from "vitest";
import { command, concat, hex, password, sized, u16, u32, u64 } from "./harness.ts";
import { ALG, CC, RH, rc, SE } from "./names.ts";
import {
  defineSpace,
  NV,
  type NvPublic,
  nvName,
  nvRead,
  nvReadPublic,
  nvWrite,
  OPEN,
  pin,
  policyNv,
  undefineSpace,
} from "./nv.ts";
import { ok, type Run, send } from "./run.ts";
import { AuthSession, CONTINUE, call, DECRYPT, digest, ENCRYPT } from "./sessions.ts";

const BAD_AUTH_1 = rc("TPM_RC_BAD_AUTH", { session: 1 });
const AUTH_FAIL_1 = rc("TPM_RC_AUTH_FAIL", { session: 1 });
const INDEX = 0x01000000;
const empty = new Uint8Array(0);
const auth = Uint8Array.of(1, 2, 3, 4, 5);
const newAuth = Uint8Array.of(9, 8);
const zero = new Uint8Array(32);
const data = Uint8Array.of(0xa, 0xb, 0xc, 0xd);

/** The first use of an entity under dictionary attack protection in a power cycle is to be repeated. */
async function retried(run: Run, bytes: Uint8Array): Promise<number> {
  const first = (await send(run, bytes)).rc;
  return first === rc("TPM_RC_RETRY") ? (await send(run, bytes)).rc : first;
}
const commandCodePolicy = (code: number) => digest(ALG.SHA256, zero, u32(CC.PolicyCommandCode), u32(code));
const authValuePolicy = (code: number) => digest(ALG.SHA256, commandCodePolicy(code), u32(CC.PolicyAuthValue));
const writing = (info: NvPublic, attributes: number) => ({
  code: CC.NV_Write,
  handles: [INDEX, INDEX],
  names: [nvName(info, attributes), nvName(info, attributes)],
  parameters: [sized(data), u16(0)],
});
const reading = (info: NvPublic, attributes: number) => ({
  code: CC.NV_Read,
  handles: [INDEX, INDEX],
  names: [nvName(info, attributes), nvName(info, attributes)],
  parameters: [u16(4), u16(0)],
});

export const nvScenarios: [name: string, scenario: (run: Run) => Promise<void>][] = [
  ...[ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512].map((nameAlg): [string, (run: Run) => Promise<void>] => [
    `an HMAC covers the Name as it is now: hash ${nameAlg}`,
    async (run) => {
      const info = { handle: INDEX, nameAlg, attributes: OPEN, size: 4 };
      const written = OPEN | NV.WRITTEN;
      await ok(run, defineSpace(info, auth));
      const session = await AuthSession.start(run, { hash: nameAlg });
      const uses = [{ session, entity: { auth } }];
      expect((await call(run, { ...writing(info, written), uses })).response.rc).toBe(BAD_AUTH_1);
      expect((await call(run, { ...writing(info, OPEN), uses })).response.rc).toBe(0);
      expect((await call(run, { ...writing(info, OPEN), uses })).response.rc).toBe(BAD_AUTH_1);
      const { response, parameters } = await call(run, { ...reading(info, written), uses });
      expect([response.rc, hex(parameters)]).toEqual([0, `0004${hex(data)}`]);
      const wrong = [{ session, entity: { auth: newAuth } }];
      expect((await call(run, { ...reading(info, written), uses: wrong })).response.rc).toBe(BAD_AUTH_1);
    },
  ]),
  [
    "a session is bound to an index only as long as its Name stays",
    async (run) => {
      const info = { handle: INDEX, attributes: OPEN, size: 4 };
      const written = OPEN | NV.WRITTEN;
      await ok(run, defineSpace(info, auth));
      const session = await AuthSession.start(run, { bind: { handle: INDEX, auth } });
      const bound = [{ session, entity: { auth, bound: true } }];
      const unbound = [{ session, entity: { auth } }];
      expect((await call(run, { ...writing(info, OPEN), uses: bound })).response.rc).toBe(0);
      expect((await call(run, { ...reading(info, written), uses: bound })).response.rc).toBe(BAD_AUTH_1);
      expect((await call(run, { ...reading(info, written), uses: unbound })).response.rc).toBe(0);
      const again = await AuthSession.start(run, { bind: { handle: INDEX, auth } });
      const uses = [{ session: again, entity: { auth, bound: true } }];
      expect((await call(run, { ...writing(info, written), uses })).response.rc).toBe(0);
      expect((await call(run, { ...reading(info, written), uses })).response.rc).toBe(0);
    },
  ],
  [
    "data is encrypted on its way in and out",
    async (run) => {
      const info = { handle: INDEX, attributes: OPEN, size: 4 };
      const written = OPEN | NV.WRITTEN;
      await ok(run, defineSpace(info, auth));
      for (const symmetric of [
        { algorithm: "aes", bits: 128 },
        { algorithm: "xor", hash: ALG.SHA256 },
      ] as const) {
        const session = await AuthSession.start(run, { symmetric });
        const names = symmetric.algorithm === "aes" ? OPEN : written;
        const put = [{ session, attributes: CONTINUE | DECRYPT, entity: { auth } }];
        expect((await call(run, { ...writing(info, names), uses: put })).response.rc).toBe(0);
        expect(hex((await ok(run, nvRead(RH.OWNER, INDEX, 4))).parameters)).toBe(`0004${hex(data)}`);
        const get = [{ session, attributes: ENCRYPT, entity: { auth } }];
        const { response, parameters } = await call(run, { ...reading(info, written), uses: get });
        expect([response.rc, hex(parameters)]).toEqual([0, `0004${hex(data)}`]);
        expect(hex(response.parameters)).not.toBe(hex(parameters));
      }
    },
  ],
  [
    "a new authValue keys the response that sets it",
    async (run) => {
      const info = { handle: INDEX, attributes: OPEN, policy: authValuePolicy(CC.NV_ChangeAuth), size: 4 };
      await ok(run, defineSpace(info, auth));
      const session = await AuthSession.start(run, { type: SE.POLICY });
      await ok(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.NV_ChangeAuth)]));
      await ok(run, command(CC.PolicyAuthValue, [session.handle]));
      const change = {
        code: CC.NV_ChangeAuth,
        handles: [INDEX],
        names: [nvName(info)],
        parameters: [sized([...newAuth, 0, 0])],
      };
      const uses = [{ session, withAuth: true, entity: { auth, after: newAuth } }];
      expect((await call(run, { ...change, uses })).response.rc).toBe(0);
      expect((await send(run, nvWrite(INDEX, INDEX, data, 0, auth))).rc).toBe(BAD_AUTH_1);
      await ok(run, nvWrite(INDEX, INDEX, data, 0, newAuth));
    },
  ],
  [
    "an index that deletes itself answers with an Empty Auth",
    async (run) => {
      const attributes = NV.PLATFORMCREATE | NV.POLICY_DELETE | NV.PPREAD | NV.PPWRITE | NV.NO_DA;
      const info = { handle: INDEX, attributes, policy: authValuePolicy(CC.NV_UndefineSpaceSpecial), size: 4 };
      await ok(run, defineSpace(info, auth));
      const [policy, hmac] = [await AuthSession.start(run, { type: SE.POLICY }), await AuthSession.start(run)];
      await ok(run, command(CC.PolicyCommandCode, [policy.handle], [u32(CC.NV_UndefineSpaceSpecial)]));
      await ok(run, command(CC.PolicyAuthValue, [policy.handle]));
      const uses = [
        { session: policy, withAuth: true, entity: { auth, after: empty } },
        { session: hmac, entity: { auth: empty } },
      ];
      const remove = { code: CC.NV_UndefineSpaceSpecial, handles: [INDEX, RH.PLATFORM], names: [nvName(info)] };
      expect((await call(run, { ...remove, uses })).response.rc).toBe(0);
      expect((await send(run, nvReadPublic(INDEX))).rc).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    },
  ],
  [
    "failed tries count where NO_DA is CLEAR, and a session bound to the index counts them, too",
    async (run) => {
      const attributes = OPEN & ~NV.NO_DA;
      const info = { handle: INDEX, attributes, size: 4 };
      const written = attributes | NV.WRITTEN;
      await ok(run, defineSpace(info, auth));
      await ok(run, nvWrite(RH.OWNER, INDEX, data));
      expect(await retried(run, nvRead(INDEX, INDEX, 4, 0, newAuth))).toBe(AUTH_FAIL_1);
      expect(await retried(run, nvRead(INDEX, INDEX, 4, 0, auth))).toBe(0);
      const session = await AuthSession.start(run, { bind: { handle: INDEX, auth } });
      const wrong = { code: CC.NV_Read, handles: [RH.OWNER, INDEX], names: [undefined, nvName(info)] };
      const uses = [{ session, entity: { auth: empty } }];
      const parameters = [u16(4), u16(0)];
      expect((await call(run, { ...wrong, parameters, uses })).response.rc).toBe(AUTH_FAIL_1);
      const right = { ...wrong, names: [undefined, nvName(info, written)], parameters, uses };
      expect((await call(run, right)).response.rc).toBe(0);
      expect(await retried(run, nvRead(INDEX, INDEX, 4, 0, newAuth))).toBe(AUTH_FAIL_1);
      expect(await retried(run, nvRead(INDEX, INDEX, 4, 0, auth))).toBe(rc("TPM_RC_LOCKOUT"));
      expect((await call(run, right)).response.rc).toBe(rc("TPM_RC_LOCKOUT"));
      await ok(run, nvRead(RH.OWNER, INDEX, 4));
      await ok(run, command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password()]));
      expect((await call(run, right)).response.rc).toBe(0);
    },
  ],
  [
    "a PIN counts in PolicySecret, and gets no ticket when it is a PIN Pass",
    async (run) => {
      const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.AUTHREAD | NV.NO_DA;
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const secret = (proof: Uint8Array, expiration: number) =>
        command(
          CC.PolicySecret,
          [INDEX, session.handle],
          [sized(session.nonceTpm), sized([]), sized([]), u32(expiration >>> 0)],
          [password(proof)],
        );
      const count = async () => hex((await ok(run, nvRead(RH.OWNER, INDEX, 8))).parameters).slice(4);
      await ok(run, defineSpace({ handle: INDEX, attributes: attributes | NV.PIN_PASS, size: 8 }, auth));
      expect((await send(run, secret(auth, 0))).rc).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
      await ok(run, nvWrite(RH.OWNER, INDEX, pin(0, 2)));
      expect((await send(run, secret(newAuth, 0))).rc).toBe(BAD_AUTH_1);
      expect(await count()).toBe(hex(pin(0, 2)));
      // No timeout, and a NULL ticket.
      expect(hex((await ok(run, secret(auth, -100))).parameters)).toBe("00008023400000070000");
      expect(await count()).toBe(hex(pin(1, 2)));
      await ok(run, secret(auth, 0));
      expect((await send(run, secret(auth, 0))).rc).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
      expect(await count()).toBe(hex(pin(2, 2)));
      await ok(run, undefineSpace(RH.OWNER, INDEX));
      await ok(run, defineSpace({ handle: INDEX, attributes: attributes | NV.PIN_FAIL, size: 8 }, auth));
      await ok(run, nvWrite(RH.OWNER, INDEX, pin(0, 2)));
      expect((await send(run, secret(newAuth, 0))).rc).toBe(BAD_AUTH_1);
      expect(await count()).toBe(hex(pin(1, 2)));
      expect((await ok(run, secret(auth, -100))).parameters.length).toBeGreaterThan(20);
      expect(await count()).toBe(hex(pin(0, 2)));
      for (let i = 0; i < 2; i++) expect((await send(run, secret(newAuth, 0))).rc).toBe(BAD_AUTH_1);
      expect((await send(run, secret(auth, 0))).rc).toBe(rc("TPM_RC_AUTH_UNAVAILABLE"));
      expect(await count()).toBe(hex(pin(2, 2)));
    },
  ],
  [
    "a use is counted although the command then fails, and in HMAC sessions as well",
    async (run) => {
      const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.AUTHREAD | NV.NO_DA | NV.PIN_PASS;
      const info = { handle: INDEX, attributes, size: 8 };
      const name = nvName(info, attributes | NV.WRITTEN);
      await ok(run, defineSpace(info, auth));
      await ok(run, nvWrite(RH.OWNER, INDEX, pin(0, 3)));
      expect((await send(run, nvRead(INDEX, INDEX, 9, 0, auth))).rc).toBe(rc("TPM_RC_NV_RANGE"));
      const session = await AuthSession.start(run);
      const read = { code: CC.NV_Read, handles: [INDEX, INDEX], names: [name, name], parameters: [u16(8), u16(0)] };
      const { parameters } = await call(run, { ...read, uses: [{ session, entity: { auth } }] });
      expect(hex(parameters)).toBe(`0008${hex(pin(2, 3))}`);
      expect((await call(run, { ...read, uses: [{ session, entity: { auth: newAuth } }] })).response.rc).toBe(
        BAD_AUTH_1,
      );
      expect(hex((await ok(run, nvRead(INDEX, INDEX, 8, 0, auth))).parameters)).toBe(`0008${hex(pin(3, 3))}`);
      expect((await call(run, { ...read, uses: [{ session, entity: { auth } }] })).response.rc).toBe(
        rc("TPM_RC_AUTH_UNAVAILABLE"),
      );
    },
  ],
  [
    "PolicyNV binds a policy to what an index holds, under its Name",
    async (run) => {
      const info = { handle: INDEX, attributes: OPEN, size: 8 };
      const name = nvName(info, OPEN | NV.WRITTEN);
      await ok(run, defineSpace(info, auth));
      await ok(run, nvWrite(RH.OWNER, INDEX, u64(1000n)));
      for (const type of [SE.POLICY, SE.TRIAL]) {
        const session = await AuthSession.start(run, { type });
        const operand = Uint8Array.of(3, 0xe7);
        // 1000 > 999, of the last two octets.
        await ok(run, policyNv(INDEX, INDEX, session.handle, operand, 6, 3, auth));
        expect((await send(run, policyNv(INDEX, INDEX, session.handle, operand, 6, 5, auth))).rc).toBe(
          type === SE.TRIAL ? 0 : rc("TPM_RC_POLICY"),
        );
        const step = (old: Uint8Array, operation: number) => {
          const args = digest(ALG.SHA256, operand, u16(6), u16(operation));
          return digest(ALG.SHA256, old, u32(CC.PolicyNV), args, name);
        };
        const expected = type === SE.TRIAL ? step(step(zero, 3), 5) : step(zero, 3);
        expect(hex((await ok(run, command(CC.PolicyGetDigest, [session.handle]))).body)).toBe(`0020${hex(expected)}`);
      }
    },
  ],
  [
    "PolicyAuthorizeNV accepts the policy that an index approves",
    async (run) => {
      const approved = digest(ALG.SHA256, zero, u32(CC.PolicyCommandCode), u32(CC.NV_Read));
      const info = { handle: INDEX, attributes: OPEN, size: 40 };
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const use = command(CC.PolicyAuthorizeNV, [RH.OWNER, INDEX, session.handle], [], [password()]);
      await ok(run, defineSpace(info));
      await ok(run, nvWrite(RH.OWNER, INDEX, concat(u16(ALG.SHA256), approved)));
      expect((await send(run, use)).rc).toBe(rc("TPM_RC_VALUE"));
      await ok(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.NV_Read)]));
      await ok(run, use);
      const expected = digest(ALG.SHA256, zero, u32(CC.PolicyAuthorizeNV), nvName(info, OPEN | NV.WRITTEN));
      expect(hex((await ok(run, command(CC.PolicyGetDigest, [session.handle]))).body)).toBe(`0020${hex(expected)}`);
    },
  ],
];
