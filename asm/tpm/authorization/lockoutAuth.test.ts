/** A store that refuses must not tell a right lockoutAuth from a wrong one: or a power cycle would be a free guess. */
import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, text, u8, u16, u32 } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, sealed } from "../../testkit/lockoutScenarios.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { SEALED } from "../../testkit/objects.ts";
import { empty, Policy } from "../../testkit/policies.ts";
import { lockoutCounter } from "../../testkit/readings.ts";
import { AuthSession, type Call, CONTINUE, call, DECRYPT, type Use } from "../../testkit/sessions.ts";

const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
const RIGHT = Uint8Array.of(1, 2, 3);
const WRONG = Uint8Array.of(1, 2, 4);
const lockReset = (auth: Uint8Array) => command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(auth)]);

/** A TPM with lockoutAuth, a policy for it, and a protected object whose first use is on record. */
async function startedTpm() {
  const tpm = TestTpm.started();
  const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
  const policy = new Policy().extend(CC.PolicyAuthValue).value;
  const setPolicy = command(CC.SetPrimaryPolicy, [RH.LOCKOUT], [sized(policy), u16(ALG.SHA256)], [password()]);
  expect(tpm.run(setPolicy).rc).toBe(0);
  expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.LOCKOUT], [sized(RIGHT)], [password()])).rc).toBe(0);
  const guarded = await sealed(run);
  tpm.run(open(guarded));
  expect(tpm.run(open(guarded)).rc).toBe(0);
  const free = await sealed(run, SEALED);
  return { tpm, run, guarded, free };
}
type Started = Awaited<ReturnType<typeof startedTpm>>;
/** Makes what the use needs while the store works. @returns the use, with this as lockoutAuth. */
type Prepare = (started: Started) => Promise<(auth: Uint8Array) => Promise<number>>;

/** By password. */
const byPassword =
  (code: number, ...parameters: Uint8Array[]): Prepare =>
  async ({ tpm }) =>
  async (auth) =>
    tpm.run(command(code, [RH.LOCKOUT], parameters, [password(auth)])).rc;

const reset: Omit<Call, "uses"> = { code: CC.DictionaryAttackLockReset, handles: [RH.LOCKOUT] };

/** In a session that starts with `start`. */
const inSession =
  (start: Parameters<typeof AuthSession.start>[1], use: (session: AuthSession, auth: Uint8Array) => Use): Prepare =>
  async ({ run }) => {
    const session = await AuthSession.start(run, start);
    return async (auth) => (await call(run, { ...reset, uses: [use(session, auth)] })).response.rc;
  };

const inPolicy =
  (code: number, use: (session: AuthSession, auth: Uint8Array) => Use): Prepare =>
  async ({ tpm, run }) => {
    const session = await AuthSession.start(run, { type: SE.POLICY });
    return async (auth) => {
      tpm.run(command(CC.PolicyRestart, [session.handle]));
      expect(tpm.run(command(code, [session.handle])).rc).toBe(0);
      return (await call(run, { ...reset, uses: [use(session, auth)] })).response.rc;
    };
  };

/** In a session that is bound to TPM_RH_LOCKOUT with a guess: the key is wrong where the guess is. */
const bound =
  (use: (started: Started, session: AuthSession) => Call): Prepare =>
  async (started) => {
    const symmetric = { algorithm: "xor", hash: ALG.SHA256 } as const;
    const start = (auth: Uint8Array) =>
      AuthSession.start(started.run, { bind: { handle: RH.LOCKOUT, auth }, symmetric });
    const sessions = new Map<Uint8Array, AuthSession>([
      [RIGHT, await start(RIGHT)],
      [WRONG, await start(WRONG)],
    ]);
    return async (auth) => (await call(started.run, use(started, sessions.get(auth) as AuthSession))).response.rc;
  };

const uses: [name: string, prepare: Prepare][] = [
  ["TPM2_DictionaryAttackLockReset", byPassword(CC.DictionaryAttackLockReset)],
  ["TPM2_DictionaryAttackParameters", byPassword(CC.DictionaryAttackParameters, u32(3), u32(1000), u32(1000))],
  ["TPM2_HierarchyChangeAuth", byPassword(CC.HierarchyChangeAuth, sized(RIGHT))],
  ["TPM2_ClearControl", byPassword(CC.ClearControl, u8(0))],
  ["TPM2_Clear", byPassword(CC.Clear)],
  ["a command that then fails", byPassword(CC.ClearControl, u8(2))],
  ["a command without its parameters", byPassword(CC.DictionaryAttackParameters)],
  [
    "TPM2_PolicySecret",
    async ({ tpm, run }) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const parameters = [sized([]), sized([]), sized([]), u32(0)];
      return async (auth) =>
        tpm.run(command(CC.PolicySecret, [RH.LOCKOUT, session.handle], parameters, [password(auth)])).rc;
    },
  ],
  ["an HMAC session", inSession({}, (session, auth) => ({ session, entity: { auth } }))],
  [
    "a policy session with TPM2_PolicyAuthValue",
    inPolicy(CC.PolicyAuthValue, (session, auth) => ({ session, entity: { auth }, withAuth: true })),
  ],
  [
    "a policy session with TPM2_PolicyPassword",
    inPolicy(CC.PolicyPassword, (session, auth) => ({ session, entity: { auth }, password: auth })),
  ],
  [
    "a bound session that authorises TPM_RH_LOCKOUT",
    bound((_, session) => ({ ...reset, uses: [{ session, entity: { auth: RIGHT, bound: true } }] })),
  ],
  [
    "a bound session that authorises something else",
    bound((_, session) => ({
      code: CC.PCR_Extend,
      handles: [16],
      parameters: [u32(0)],
      uses: [{ session, entity: { auth: empty } }],
    })),
  ],
  [
    "a bound session that only decrypts",
    bound((_, session) => ({
      code: CC.Hash,
      parameters: [sized(text("data")), u16(ALG.SHA256), u32(RH.NULL)],
      uses: [{ session, attributes: CONTINUE | DECRYPT }],
    })),
  ],
];

/** What can be seen of a TPM whose store refuses, after a use with this authValue. */
async function seen(prepare: Prepare, auth: Uint8Array): Promise<{ started: Started; codes: number[] }> {
  const started = await startedTpm();
  const { tpm, guarded, free } = started;
  const use = await prepare(started);
  tpm.storeFails = true;
  const codes = [await use(auth), await use(auth)];
  // Other authValues, which the guesser knows: protected ones are not compared until the store works.
  codes.push(tpm.run(open(guarded)).rc, tpm.run(open(guarded, [8])).rc, tpm.run(open(free)).rc);
  codes.push(lockoutCounter(tpm), tpm.run(lockReset(RIGHT)).rc, tpm.run(lockReset(WRONG)).rc);
  return { started, codes };
}

describe.each(uses)("lockoutAuth in %s", (_name, prepare) => {
  it("right or wrong: while the store refuses, all that is seen is TPM_RC_NV_UNAVAILABLE", async () => {
    const [right, wrong] = [await seen(prepare, RIGHT), await seen(prepare, WRONG)];
    expect(right.codes).toEqual(wrong.codes);
    expect(right.codes.slice(0, 4)).toEqual(Array(4).fill(NV_UNAVAILABLE));
    expect(right.codes.slice(4)).toEqual([0, expect.any(Number), NV_UNAVAILABLE, NV_UNAVAILABLE]);
    // The wrong one is stored as soon as that is possible.
    wrong.started.tpm.storeFails = false;
    expect(wrong.started.tpm.run(lockReset(RIGHT)).rc).toBe(LOCKOUT);
    expect(wrong.started.tpm.powerCycle().startup().rc).toBe(0);
  });

  it("right or wrong: is in the store before the answer, and so is what it did", async () => {
    for (const auth of [RIGHT, WRONG]) {
      const started = await startedTpm();
      const use = await prepare(started);
      const { tpm } = started;
      const { commits } = tpm;
      const code = await use(auth);
      expect(tpm.commits).toBe(commits + 1);
      if (auth === WRONG) expect(code).toBe(AUTH_FAIL);
      const again = tpm.powerCycle();
      expect(again.startup().rc).toBe(0);
      expect(again.run(command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(RIGHT)])).rc === LOCKOUT).toBe(
        auth === WRONG,
      );
    }
  });
});

describe("lockoutAuth that is locked out", () => {
  it("is not compared, and asks for no commit", async () => {
    const { tpm } = await startedTpm();
    expect(tpm.run(lockReset(WRONG)).rc).toBe(AUTH_FAIL);
    const { commits } = tpm;
    for (const auth of [RIGHT, WRONG]) expect(tpm.run(lockReset(auth)).rc).toBe(LOCKOUT);
    expect(tpm.commits).toBe(commits);
  });
});
