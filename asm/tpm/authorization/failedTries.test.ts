import { describe, expect, it } from "vitest";
import { command, concat, password, type Session, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { AUTH_FAIL, counted, LOCKOUT, open } from "../../testkit/lockoutScenarios.ts";
import { CC, RH, rc, SE } from "../../testkit/names.ts";
import { defineSpace, NV, nvName, nvRead, nvWrite } from "../../testkit/nv.ts";
import { commandCodePolicy, keyedHash, OBJECT, runCreatePrimary, SEALED, sensitive } from "../../testkit/objects.ts";
import { AuthSession, CONTINUE, call, DECRYPT, digest, type Use } from "../../testkit/sessions.ts";

const BAD_AUTH = rc("TPM_RC_BAD_AUTH", { session: 1 });
const AUTH = Uint8Array.of(1, 2, 3);
const WRONG = Uint8Array.of(8);
const empty = new Uint8Array(0);
const PROTECTED = SEALED & ~OBJECT.noDA;

/** PolicyAuthValue and PolicyPassword extend the policyDigest by the same code. */
const withAuthPolicy = (code: number) => digest(0x000b, commandCodePolicy(code), u32(CC.PolicyAuthValue));

/** A TPM in which the first use of something protected is on record, so that a wrong try is just that. */
function usedTpm() {
  const tpm = TestTpm.started();
  const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
  const sealed = (attributes: number, policy: Uint8Array = empty) =>
    runCreatePrimary(tpm, keyedHash(attributes, { policy }), RH.OWNER, sensitive(AUTH, [9]));
  const guarded = sealed(PROTECTED);
  expect(tpm.run(open(guarded.handle)).rc).toBe(0);
  return { tpm, run, sealed, guarded };
}
type Used = ReturnType<typeof usedTpm>;

/** The last octet of a command without parameters is that of its last HMAC. */
const lastHmac = (bytes: Uint8Array) => {
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
};

async function unsealed({ run }: Used, object: { handle: number; name: Uint8Array }, use: Use, spoil = false) {
  const unseal = { code: CC.Unseal, handles: [object.handle], names: [object.name], uses: [use] };
  return (await call(run, spoil ? { ...unseal, tamper: lastHmac } : unseal)).response.rc;
}

describe("the wrong HMAC of a policy session without authValue", () => {
  it("is no failed try, whatever it authorises: nobody guessed the authValue", async () => {
    const used = usedTpm();
    // Bound to something without protection: it has a key, which is none of an object.
    const session = await AuthSession.start(used.run, { type: SE.POLICY, bind: { handle: RH.OWNER, auth: empty } });
    const use = { session, entity: { auth: empty } };
    for (const attributes of [PROTECTED, SEALED]) {
      const object = used.sealed(attributes, commandCodePolicy(CC.Unseal));
      expect(used.tpm.run(command(CC.PolicyCommandCode, [session.handle], [u32(CC.Unseal)])).rc).toBe(0);
      expect(await unsealed(used, object, use, true)).toBe(BAD_AUTH);
      expect(await counted(used.run)).toEqual([0, 0]);
      expect(await unsealed(used, object, use)).toBe(0);
    }
  });
});

describe("a wrong authValue in a policy session", () => {
  const kinds: [string, number, (session: AuthSession, auth: Uint8Array) => Use][] = [
    ["HMAC", CC.PolicyAuthValue, (session, auth) => ({ session, entity: { auth }, withAuth: true })],
    ["password", CC.PolicyPassword, (session, auth) => ({ session, entity: { auth }, password: auth })],
  ];
  for (const [kind, code, use] of kinds) {
    it(`(${kind}) counts for a protected object, and not for one with noDA`, async () => {
      const used = usedTpm();
      const session = await AuthSession.start(used.run, { type: SE.POLICY });
      let tries = 0;
      for (const [attributes, rc] of [
        [SEALED, BAD_AUTH],
        [PROTECTED, AUTH_FAIL],
      ] as const) {
        const object = used.sealed(attributes, withAuthPolicy(CC.Unseal));
        for (const [auth, expected] of [
          [WRONG, rc],
          [AUTH, 0],
        ] as const) {
          expect(used.tpm.run(command(CC.PolicyRestart, [session.handle])).rc).toBe(0);
          expect(used.tpm.run(command(CC.PolicyCommandCode, [session.handle], [u32(CC.Unseal)])).rc).toBe(0);
          expect(used.tpm.run(command(code, [session.handle])).rc).toBe(0);
          expect(await unsealed(used, object, use(session, auth))).toBe(expected);
          if (expected === AUTH_FAIL) tries++;
          expect(await counted(used.run)).toEqual([tries, 0]);
        }
      }
      expect(tries).toBe(1);
    });
  }

  it("counts for an NV Index, but for one with TPMA_NV_NO_DA", async () => {
    const used = usedTpm();
    const session = await AuthSession.start(used.run, { type: SE.POLICY });
    const read = async (index: number, attributes: number, auth: Uint8Array) => {
      const name = nvName({ handle: index, attributes, policy: withAuthPolicy(CC.NV_Read), size: 1 });
      expect(used.tpm.run(command(CC.PolicyRestart, [session.handle])).rc).toBe(0);
      expect(used.tpm.run(command(CC.PolicyCommandCode, [session.handle], [u32(CC.NV_Read)])).rc).toBe(0);
      expect(used.tpm.run(command(CC.PolicyAuthValue, [session.handle])).rc).toBe(0);
      const uses = [{ session, entity: { auth }, withAuth: true }];
      const parameters = [u16(1), u16(0)];
      return (
        await call(used.run, { code: CC.NV_Read, handles: [index, index], names: [name, name], parameters, uses })
      ).response.rc;
    };
    let tries = 0;
    for (const [index, noDA, rc] of [
      [0x1000000, NV.NO_DA, BAD_AUTH],
      [0x1000001, 0, AUTH_FAIL],
    ] as const) {
      const attributes = NV.OWNERWRITE | NV.AUTHREAD | NV.POLICYREAD | noDA;
      const info = { handle: index, attributes, policy: withAuthPolicy(CC.NV_Read), size: 1 };
      expect(used.tpm.run(defineSpace(info, AUTH)).rc).toBe(0);
      expect(used.tpm.run(nvWrite(RH.OWNER, index, [7])).rc).toBe(0);
      expect(await read(index, attributes | NV.WRITTEN, WRONG)).toBe(rc);
      expect(used.tpm.run(nvRead(index, index, 1, 0, WRONG)).rc).toBe(rc);
      if (rc === AUTH_FAIL) tries += 2;
      expect(await counted(used.run)).toEqual([tries, 0]);
      expect(await read(index, attributes | NV.WRITTEN, AUTH)).toBe(0);
    }
    expect(tries).toBe(2);
  });
});

describe("the wrong HMAC of a bound session", () => {
  /** TPM2_Unseal of something with noDA, by password, and a session that only encrypts. */
  const besidePassword = async ({ run }: Used, session: AuthSession) => {
    // TPM2_Hash has no authorization: the session is there for its first parameter.
    const parameters = [sized(text("data")), u16(0x000b), u32(RH.NULL)];
    const tamper = (bytes: Uint8Array) => {
      const hmacEnd = 14 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(10);
      bytes[hmacEnd - 1] = (bytes[hmacEnd - 1] as number) ^ 1;
    };
    return (await call(run, { code: CC.Hash, parameters, uses: [{ session, attributes: CONTINUE | DECRYPT }], tamper }))
      .response.rc;
  };
  const symmetric = { algorithm: "xor", hash: 0x000b } as const;

  it("counts where it is bound to something protected, whatever it authorises, and in lockout none is looked at", async () => {
    const used = usedTpm();
    const free = used.sealed(SEALED);
    const { guarded, run, tpm } = used;
    const session = await AuthSession.start(run, { bind: { handle: guarded.handle, auth: AUTH }, symmetric });
    expect(await unsealed(used, free, { session, entity: { auth: AUTH } }, true)).toBe(AUTH_FAIL);
    expect(await besidePassword(used, session)).toBe(AUTH_FAIL);
    expect(await counted(run)).toEqual([2, 0]);
    expect(await unsealed(used, free, { session, entity: { auth: AUTH } })).toBe(0);
    expect(await besidePassword(used, session)).toBe(AUTH_FAIL);
    expect(await counted(run)).toEqual([3, 1]);
    expect(await unsealed(used, free, { session, entity: { auth: AUTH } })).toBe(LOCKOUT);
    expect(tpm.run(open(free.handle)).rc).toBe(0);
  });

  it("does not count where it is bound to something without protection, unless it guesses at what has it", async () => {
    const used = usedTpm();
    const free = used.sealed(SEALED);
    const session = await AuthSession.start(used.run, { bind: { handle: free.handle, auth: AUTH }, symmetric });
    expect(await unsealed(used, free, { session, entity: { auth: AUTH, bound: true } }, true)).toBe(BAD_AUTH);
    expect(await besidePassword(used, session)).toBe(BAD_AUTH);
    expect(await counted(used.run)).toEqual([0, 0]);
    expect(await unsealed(used, used.guarded, { session, entity: { auth: AUTH } }, true)).toBe(AUTH_FAIL);
    expect(await counted(used.run)).toEqual([1, 0]);
  });

  it("closes lockoutAuth where it is bound to TPM_RH_LOCKOUT, and leaves the counter", async () => {
    const used = usedTpm();
    const free = used.sealed(SEALED);
    const session = await AuthSession.start(used.run, { bind: { handle: RH.LOCKOUT, auth: empty }, symmetric });
    const lockReset = command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password()]);
    expect(used.tpm.run(lockReset).rc).toBe(0);
    expect(await unsealed(used, free, { session, entity: { auth: AUTH } }, true)).toBe(AUTH_FAIL);
    expect(await counted(used.run)).toEqual([0, 0]);
    expect(used.tpm.run(lockReset).rc).toBe(LOCKOUT);
    expect(await unsealed(used, free, { session, entity: { auth: AUTH } })).toBe(LOCKOUT);
  });
});

describe("a wrong password", () => {
  const rcs = (tpm: TestTpm, handle: number, ...sessions: Session[]) =>
    sessions.map((session) => tpm.run(command(CC.Unseal, [handle], [], [session])).rc);

  it("is compared to its end: neither a beginning nor more of the authValue opens", async () => {
    const { tpm, run, sealed } = usedTpm();
    const { handle } = sealed(SEALED);
    const longer = concat(AUTH, [4]);
    const bad = [AUTH.subarray(0, 2), longer, [1, 2, 4], []].map((auth) => password(auth));
    expect(rcs(tpm, handle, ...bad)).toEqual([BAD_AUTH, BAD_AUTH, BAD_AUTH, BAD_AUTH]);
    expect(rcs(tpm, handle, password(AUTH), password(concat(AUTH, [0, 0])))).toEqual([0, 0]);
    expect(await counted(run)).toEqual([0, 0]);
  });
});
