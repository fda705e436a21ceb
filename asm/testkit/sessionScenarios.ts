/** What sessions do, told by a client: run against the core in the unit tests, and against swtpm to check them. */

import { expect } from "vitest";
import { command, concat, hex, password, sized, u8, u16, u32 } from "./harness.ts";
import { ALG, CC, RH, rc, SE } from "./names.ts";
import { ok, type Run, send } from "./run.ts";
import {
  AUDIT,
  AUDIT_EXCLUSIVE,
  AUDIT_RESET,
  AuthSession,
  CONTINUE,
  call,
  DECRYPT,
  digest,
  ENCRYPT,
  hmac,
  type Symmetric,
} from "./sessions.ts";

const empty = new Uint8Array(0);
const auth1 = Uint8Array.from([1, 2, 3, 4]);
const auth2 = Uint8Array.from({ length: 20 }, (_, i) => 200 - i);

const changeAuth = (handle: number, from: Uint8Array, to: Uint8Array) =>
  command(CC.HierarchyChangeAuth, [handle], [sized(to)], [password(from)]);
const extendPcr = {
  code: CC.PCR_Extend,
  handles: [16],
  parameters: [u32(1), u16(ALG.SHA256), new Uint8Array(32).fill(5)],
};
const getRandom = { code: CC.GetRandom, parameters: [u16(16)] };
async function policyDigest(run: Run, session: AuthSession): Promise<Uint8Array> {
  return (await ok(run, command(CC.PolicyGetDigest, [session.handle]))).body.slice(2);
}
/** A hierarchy's policy is set by password. */
async function setPolicy(run: Run, handle: number, auth: Uint8Array, hash: number, policy: Uint8Array): Promise<void> {
  await ok(run, command(CC.SetPrimaryPolicy, [handle], [sized(policy), u16(hash)], [password(auth)]));
}

/** Parameters are encrypted both ways, for a session that does nothing else and for one that authorises. */
export const encryptsParameters =
  (symmetric: Symmetric, authHash: number = ALG.SHA256) =>
  async (run: Run): Promise<void> => {
    const session = await AuthSession.start(run, {
      symmetric,
      hash: authHash,
      bind: { handle: RH.OWNER, auth: empty },
    });
    // A session for encryption alone, then one that authorises and encrypts.
    const data = Uint8Array.from({ length: 100 }, (_, i) => i);
    const hash = { code: CC.Hash, parameters: [sized(data), u16(ALG.SHA256), u32(RH.NULL)] };
    const encrypted = await call(run, { ...hash, uses: [{ session, attributes: CONTINUE | DECRYPT | ENCRYPT }] });
    expect(encrypted.response.rc).toBe(0);
    expect(hex(encrypted.parameters.subarray(2, 34))).toBe(hex(digest(ALG.SHA256, data)));
    const change = (from: Uint8Array, to: Uint8Array) => ({
      code: CC.HierarchyChangeAuth,
      handles: [RH.PLATFORM],
      parameters: [sized(to)],
      uses: [{ session, entity: { auth: from, after: to }, attributes: CONTINUE | DECRYPT }],
    });
    expect((await call(run, change(empty, auth1))).response.rc).toBe(0);
    expect((await call(run, change(auth1, auth2))).response.rc).toBe(0);
    await ok(run, changeAuth(RH.PLATFORM, auth2, empty));
    const random = await call(run, { ...getRandom, uses: [{ session, attributes: CONTINUE | ENCRYPT }] });
    expect(random.parameters.length).toBe(18);
    const none = await call(run, {
      code: CC.Hash,
      parameters: [sized([]), u16(ALG.SHA1), u32(RH.NULL)],
      uses: [{ session, attributes: CONTINUE | DECRYPT }],
    });
    expect(hex(none.parameters.subarray(2, 22))).toBe(hex(digest(ALG.SHA1)));
  };

export const sessionScenarios: [name: string, scenario: (run: Run) => Promise<void>][] = [
  ...[ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512].map((hash): [string, (run: Run) => Promise<void>] => [
    `an unbound HMAC session authorises with the authValue, again and again (hash 0x${hash.toString(16)})`,
    async (run) => {
      await ok(run, changeAuth(RH.OWNER, empty, auth1));
      const session = await AuthSession.start(run, { hash });
      const use = { session, entity: { auth: auth1 } };
      for (let i = 0; i < 3; i++) {
        const policy = {
          code: CC.SetPrimaryPolicy,
          handles: [RH.OWNER],
          parameters: [u16(0), u16(ALG.NULL)],
          uses: [use],
        };
        expect((await call(run, policy)).response.rc).toBe(0);
      }
      await ok(run, changeAuth(RH.OWNER, auth1, empty));
    },
  ]),
  [
    "an encrypted parameter that is cut off is the session's fault: TPM_RC_INSUFFICIENT and TPM_RC_SIZE",
    async (run) => {
      const { handle } = await AuthSession.start(run, { symmetric: { algorithm: "aes", bits: 128 } });
      const stir = async (...parameters: Uint8Array[]) => {
        const session = { handle, attributes: CONTINUE | DECRYPT, nonce: new Uint8Array(16) };
        return (await send(run, command(CC.StirRandom, [], parameters, [session]))).rc;
      };
      expect(await stir()).toBe(rc("TPM_RC_INSUFFICIENT", { session: 1 }));
      expect(await stir(u8(0))).toBe(rc("TPM_RC_INSUFFICIENT", { session: 1 }));
      for (const present of [0, 1, 2])
        expect(await stir(u16(3), new Uint8Array(present))).toBe(rc("TPM_RC_SIZE", { session: 1 }));
      expect(await stir(u16(3), new Uint8Array(3))).toBe(0);
      expect(await stir(u16(0))).toBe(0);
    },
  ],
  [
    "a wrong HMAC, a replayed command and a changed parameter are refused",
    async (run) => {
      await ok(run, changeAuth(RH.OWNER, empty, auth1));
      const session = await AuthSession.start(run);
      const policy = { code: CC.SetPrimaryPolicy, handles: [RH.OWNER], parameters: [u16(0), u16(ALG.NULL)] };
      const wrong = await call(run, { ...policy, uses: [{ session, entity: { auth: auth2 } }] });
      expect(wrong.response.rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
      let sent = empty;
      const keep = (bytes: Uint8Array) => {
        sent = bytes.slice();
      };
      const uses = [{ session, entity: { auth: auth1 } }];
      expect((await call(run, { ...policy, uses, tamper: keep })).response.rc).toBe(0);
      expect((await send(run, sent)).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
      const flip = (bytes: Uint8Array) => {
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      };
      expect((await call(run, { ...policy, uses, tamper: flip })).response.rc).toBe(
        rc("TPM_RC_BAD_AUTH", { session: 1 }),
      );
      await ok(run, changeAuth(RH.OWNER, auth1, empty));
    },
  ],
  [
    "a bound session authorises its entity without the authValue, others with theirs",
    async (run) => {
      await ok(run, changeAuth(RH.OWNER, empty, auth1));
      await ok(run, changeAuth(RH.ENDORSEMENT, empty, auth2));
      const session = await AuthSession.start(run, { bind: { handle: RH.OWNER, auth: auth1 } });
      const policy = (handle: number) => ({
        code: CC.SetPrimaryPolicy,
        handles: [handle],
        parameters: [u16(0), u16(ALG.NULL)],
      });
      const owner = { session, entity: { auth: auth1, bound: true } };
      const endorsement = { session, entity: { auth: auth2 } };
      expect((await call(run, { ...policy(RH.OWNER), uses: [owner] })).response.rc).toBe(0);
      expect((await call(run, { ...policy(RH.ENDORSEMENT), uses: [endorsement] })).response.rc).toBe(0);
      // Once the authValue changes, the binding is void.
      await ok(run, changeAuth(RH.OWNER, auth1, auth2));
      expect((await call(run, { ...policy(RH.OWNER), uses: [owner] })).response.rc).toBe(
        rc("TPM_RC_BAD_AUTH", { session: 1 }),
      );
      const rebound = { session, entity: { auth: auth2 } };
      expect((await call(run, { ...policy(RH.OWNER), uses: [rebound] })).response.rc).toBe(0);
      await ok(run, changeAuth(RH.OWNER, auth2, empty));
      await ok(run, changeAuth(RH.ENDORSEMENT, auth2, empty));
    },
  ],
  [
    "without continueSession the session ends",
    async (run) => {
      const session = await AuthSession.start(run);
      const uses = [{ session, entity: { auth: empty }, attributes: 0 }];
      expect((await call(run, { ...extendPcr, uses })).response.rc).toBe(0);
      expect((await call(run, { ...extendPcr, uses })).response.rc).toBe(rc("TPM_RC_REFERENCE_S0"));
      expect((await send(run, command(CC.FlushContext, [], [u32(session.handle)]))).rc).toBe(
        rc("TPM_RC_HANDLE", { parameter: 1 }),
      );
    },
  ],
  ...(
    [
      { algorithm: "xor", hash: ALG.SHA256 },
      { algorithm: "aes", bits: 128 },
      { algorithm: "aes", bits: 256 },
      { algorithm: "camellia", bits: 128 },
      { algorithm: "camellia", bits: 256 },
      { algorithm: "tdes", bits: 128 },
      { algorithm: "tdes", bits: 192 },
    ] as Symmetric[]
  ).map((symmetric): [string, (run: Run) => Promise<void>] => [
    `parameters are encrypted both ways (${JSON.stringify(symmetric)})`,
    encryptsParameters(symmetric),
  ]),
  [
    "the first authorisation covers the nonces of the sessions that encrypt",
    async (run) => {
      await ok(run, changeAuth(RH.OWNER, empty, auth1));
      const main = await AuthSession.start(run);
      const decrypt = await AuthSession.start(run, { symmetric: { algorithm: "aes", bits: 128 } });
      const uses = [
        { session: main, entity: { auth: auth1 } },
        { session: decrypt, attributes: CONTINUE | DECRYPT },
      ];
      const policy = digest(ALG.SHA256, auth1);
      const set = {
        code: CC.SetPrimaryPolicy,
        handles: [RH.OWNER],
        parameters: [sized(policy), u16(ALG.SHA256)],
        uses,
      };
      expect((await call(run, set)).response.rc).toBe(0);
      const encrypt = await AuthSession.start(run, { symmetric: { algorithm: "xor", hash: ALG.SHA256 } });
      const both = [
        { session: decrypt, attributes: CONTINUE | DECRYPT },
        { session: encrypt, attributes: CONTINUE | ENCRYPT },
      ];
      const data = Uint8Array.from([1, 2, 3]);
      const hash = { code: CC.Hash, parameters: [sized(data), u16(ALG.SHA256), u32(RH.NULL)], uses: both };
      expect(hex((await call(run, hash)).parameters.subarray(2, 34))).toBe(hex(digest(ALG.SHA256, data)));
      await ok(run, changeAuth(RH.OWNER, auth1, empty));
    },
  ],
  [
    "an audit session is exclusive until a command runs without it",
    async (run) => {
      const session = await AuthSession.start(run);
      const audit = (attributes: number) => ({
        ...getRandom,
        uses: [{ session, attributes: CONTINUE | AUDIT | attributes }],
      });
      expect((await call(run, audit(0))).attributes).toEqual([CONTINUE | AUDIT | AUDIT_EXCLUSIVE]);
      expect((await call(run, audit(AUDIT_EXCLUSIVE))).attributes).toEqual([CONTINUE | AUDIT | AUDIT_EXCLUSIVE]);
      await ok(run, command(CC.GetRandom, [], [u16(4)]));
      expect((await call(run, audit(AUDIT_EXCLUSIVE))).response.rc).toBe(rc("TPM_RC_EXCLUSIVE"));
      expect((await call(run, audit(0))).attributes).toEqual([CONTINUE | AUDIT]);
      const reset = await call(run, audit(AUDIT_RESET));
      expect(reset.attributes).toEqual([CONTINUE | AUDIT | AUDIT_EXCLUSIVE | AUDIT_RESET]);
      expect((await call(run, audit(AUDIT_EXCLUSIVE))).response.rc).toBe(0);
    },
  ],
  [
    "attributes of sessions that cannot be",
    async (run) => {
      const plain = await AuthSession.start(run);
      const aes = await AuthSession.start(run, { symmetric: { algorithm: "aes", bits: 128 } });
      const trial = await AuthSession.start(run, { type: SE.TRIAL, symmetric: { algorithm: "aes", bits: 128 } });
      const random = async (...uses: { session: AuthSession; attributes: number }[]) =>
        (await call(run, { ...getRandom, uses })).response.rc;
      expect(await random({ session: plain, attributes: CONTINUE })).toBe(rc("TPM_RC_ATTRIBUTES", { session: 1 }));
      expect(await random({ session: aes, attributes: CONTINUE | DECRYPT })).toBe(
        rc("TPM_RC_ATTRIBUTES", { session: 1 }),
      );
      expect(await random({ session: plain, attributes: CONTINUE | ENCRYPT })).toBe(
        rc("TPM_RC_SYMMETRIC", { session: 1 }),
      );
      expect(await random({ session: trial, attributes: CONTINUE | ENCRYPT })).toBe(
        rc("TPM_RC_ATTRIBUTES", { session: 1 }),
      );
      expect(await random({ session: aes, attributes: 0x49 })).toBe(rc("TPM_RC_RESERVED_BITS", { session: 1 }));
      const twice = { session: aes, attributes: CONTINUE | ENCRYPT };
      expect(await random(twice, twice)).toBe(rc("TPM_RC_HANDLE", { session: 2 }));
      expect(await random(twice, { session: plain, attributes: CONTINUE })).toBe(
        rc("TPM_RC_ATTRIBUTES", { session: 2 }),
      );
    },
  ],
  [
    "a policy with the authValue by HMAC",
    async (run) => {
      const trial = await AuthSession.start(run, { type: SE.TRIAL });
      await ok(run, command(CC.PolicyAuthValue, [trial.handle]));
      const policy = await policyDigest(run, trial);
      expect(hex(policy)).toBe(hex(digest(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyAuthValue))));
      await ok(run, command(CC.FlushContext, [], [u32(trial.handle)]));
      await setPolicy(run, RH.OWNER, empty, ALG.SHA256, policy);
      await ok(run, changeAuth(RH.OWNER, empty, auth1));
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const set = {
        code: CC.SetPrimaryPolicy,
        handles: [RH.OWNER],
        parameters: [sized(policy), u16(ALG.SHA256)],
        uses: [{ session, entity: { auth: auth1 }, withAuth: true }],
      };
      expect((await call(run, { ...set, uses: [{ session, entity: { auth: auth1 } }] })).response.rc).toBe(
        rc("TPM_RC_POLICY_FAIL", { session: 1 }),
      );
      await ok(run, command(CC.PolicyAuthValue, [session.handle]));
      const wrong = { session, entity: { auth: auth2 }, withAuth: true };
      expect((await call(run, { ...set, uses: [wrong] })).response.rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
      expect((await call(run, set)).response.rc).toBe(0);
      // Used up: the policy has to be proved again.
      expect((await call(run, { ...set, uses: [{ session, entity: { auth: auth1 } }] })).response.rc).toBe(
        rc("TPM_RC_POLICY_FAIL", { session: 1 }),
      );
      await ok(run, changeAuth(RH.OWNER, auth1, empty));
    },
  ],
  [
    "a policy with the password, for one command only",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      await ok(run, command(CC.PolicyPassword, [session.handle]));
      await ok(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.HierarchyChangeAuth)]));
      const policy = await policyDigest(run, session);
      const step = digest(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyAuthValue));
      expect(hex(policy)).toBe(hex(digest(ALG.SHA256, step, u32(CC.PolicyCommandCode), u32(CC.HierarchyChangeAuth))));
      await setPolicy(run, RH.ENDORSEMENT, empty, ALG.SHA256, policy);
      await ok(run, changeAuth(RH.ENDORSEMENT, empty, auth1));
      const use = { session, entity: { auth: auth1 }, password: auth1 };
      const set = { code: CC.SetPrimaryPolicy, handles: [RH.ENDORSEMENT], parameters: [u16(0), u16(ALG.NULL)] };
      expect((await call(run, { ...set, uses: [use] })).response.rc).toBe(rc("TPM_RC_POLICY_CC", { session: 1 }));
      const change = { code: CC.HierarchyChangeAuth, handles: [RH.ENDORSEMENT], parameters: [sized([])] };
      expect((await call(run, { ...change, uses: [{ ...use, password: auth2 }] })).response.rc).toBe(
        rc("TPM_RC_BAD_AUTH", { session: 1 }),
      );
      expect((await call(run, { ...change, uses: [use] })).response.rc).toBe(0);
      await ok(run, command(CC.SetPrimaryPolicy, [RH.ENDORSEMENT], [u16(0), u16(ALG.NULL)], [password()]));
    },
  ],
  [
    "a policy on PCRs fails when they change",
    async (run) => {
      const selection = concat(u32(1), u16(ALG.SHA256), [3, 0, 0x40, 0x80]); // PCR 14 and 23
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const assert = (digestOfPcrs: Uint8Array = empty) =>
        send(run, command(CC.PolicyPCR, [session.handle], [sized(digestOfPcrs), selection]));
      expect((await assert(new Uint8Array(32))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
      const zeros = digest(ALG.SHA256, new Uint8Array(64));
      expect((await assert(zeros)).rc).toBe(0);
      const policy = await policyDigest(run, session);
      expect(hex(policy)).toBe(hex(digest(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyPCR), selection, zeros)));
      await setPolicy(run, RH.OWNER, empty, ALG.SHA256, policy);
      const set = {
        code: CC.SetPrimaryPolicy,
        handles: [RH.OWNER],
        parameters: [sized(policy), u16(ALG.SHA256)],
        uses: [{ session, entity: { auth: empty } }],
      };
      expect((await call(run, set)).response.rc).toBe(0);
      expect((await assert()).rc).toBe(0);
      await ok(run, command(CC.PCR_Extend, [1], [u32(1), u16(ALG.SHA256), new Uint8Array(32)], [password()]));
      expect((await call(run, set)).response.rc).toBe(rc("TPM_RC_PCR_CHANGED"));
      expect((await assert()).rc).toBe(rc("TPM_RC_PCR_CHANGED"));
      await ok(run, command(CC.PolicyRestart, [session.handle]));
      expect((await assert()).rc).toBe(0);
      expect((await call(run, set)).response.rc).toBe(0);
      await ok(run, command(CC.SetPrimaryPolicy, [RH.OWNER], [u16(0), u16(ALG.NULL)], [password()]));
    },
  ],
  [
    "a policy session without a policy authorises nothing",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const change = { code: CC.HierarchyChangeAuth, handles: [RH.OWNER], parameters: [sized([])] };
      expect((await call(run, { ...change, uses: [{ session, entity: { auth: empty } }] })).response.rc).toBe(
        rc("TPM_RC_AUTH_UNAVAILABLE"),
      );
      expect((await call(run, { ...extendPcr, uses: [{ session, entity: { auth: empty } }] })).response.rc).toBe(
        rc("TPM_RC_AUTH_UNAVAILABLE"),
      );
    },
  ],
  [
    "the key of a session bound to an entity with an Empty Auth is still a key",
    async (run) => {
      const session = await AuthSession.start(run, { bind: { handle: RH.NULL + 5, auth: empty } });
      expect(hex(session.key)).not.toBe("");
      const uses = [{ session, entity: { auth: empty } }];
      expect((await call(run, { ...extendPcr, uses })).response.rc).toBe(0);
      expect(hex(hmac(ALG.SHA256, session.key))).not.toBe(hex(hmac(ALG.SHA256, empty)));
    },
  ],
  [
    "a session bound to lockoutAuth counts its failures, whatever it authorises",
    async (run) => {
      await ok(run, changeAuth(RH.LOCKOUT, empty, auth1));
      const session = await AuthSession.start(run, { bind: { handle: RH.LOCKOUT, auth: auth1 } });
      const uses = [{ session, entity: { auth: empty } }];
      expect((await call(run, { ...extendPcr, uses })).response.rc).toBe(0);
      const wrong = (bytes: Uint8Array) => {
        bytes[14 + 4 + 4 + 2 + 32 + 1 + 2] = (bytes[14 + 4 + 4 + 2 + 32 + 1 + 2] ?? 0) ^ 1;
      };
      expect((await call(run, { ...extendPcr, uses, tamper: wrong })).response.rc).toBe(
        rc("TPM_RC_AUTH_FAIL", { session: 1 }),
      );
      expect((await call(run, { ...extendPcr, uses })).response.rc).toBe(rc("TPM_RC_LOCKOUT"));
      await ok(run, command(CC.Clear, [RH.PLATFORM], [], [password()]));
      expect((await call(run, { ...extendPcr, uses })).response.rc).toBe(0);
    },
  ],
];
