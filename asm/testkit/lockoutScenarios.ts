/** Dictionary attack protection of an object, told by a client: for our core, and for swtpm. Without power cycles. */

import { expect } from "vitest";
import { command, password, Response, u16, u32 } from "./harness.ts";
import { ALG, CC, RH, rc, SE } from "./names.ts";
import { createPrimary, handleAndFields, keyedHash, OBJECT, SEALED, sensitive, unseal } from "./objects.ts";
import { Policy } from "./policies.ts";
import { type Run, rcOf } from "./run.ts";
import { AuthSession, call } from "./sessions.ts";

export const RETRY = rc("TPM_RC_RETRY");
export const AUTH_FAIL = rc("TPM_RC_AUTH_FAIL", { session: 1 });
export const LOCKOUT = rc("TPM_RC_LOCKOUT");
const AUTH = [1, 2, 3];
const empty: Uint8Array = new Uint8Array(0);

async function property(run: Run, number: number): Promise<number> {
  return new Response(await run(command(CC.GetCapability, [], [u32(6), u32(number), u32(1)]))).view.getUint32(23);
}
/** TPM_PT_LOCKOUT_COUNTER, and inLockout of TPM_PT_PERMANENT. */
export const counted = async (run: Run) =>
  [await property(run, 0x20e), ((await property(run, 0x200)) >> 9) & 1] as const;
/** Sealed data with an authValue; protected unless `attributes` say noDA. */
export async function sealed(run: Run, attributes = SEALED & ~OBJECT.noDA, policy = empty): Promise<number> {
  const made = await run(createPrimary(keyedHash(attributes, { policy }), RH.OWNER, sensitive(AUTH, [9])));
  return handleAndFields(new Response(made)).handle;
}
export const open = (handle: number, auth: number[] = AUTH) => unseal(handle, password(auth));
/** The first use in a power cycle: libtpms wants it twice (TPM_RC_RETRY), a TPM of the profile `full` does not. */
export async function firstUse(run: Run, bytes: Uint8Array): Promise<number> {
  const first = await rcOf(run, bytes);
  return first === RETRY ? rcOf(run, bytes) : first;
}
export const parameters = (tries: number, recovery: number, lockoutRecovery: number) =>
  command(CC.DictionaryAttackParameters, [RH.LOCKOUT], [u32(tries), u32(recovery), u32(lockoutRecovery)], [password()]);
const lockReset = command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password()]);

export const lockoutScenarios: [name: string, scenario: (run: Run) => Promise<void>][] = [
  [
    "the first use is put on record; wrong ones count until nothing under protection opens, whatever the authValue",
    async (run) => {
      const handle = await sealed(run);
      const free = await sealed(run, SEALED);
      expect(await firstUse(run, open(handle))).toBe(0);
      for (let tries = 1; tries <= 3; tries++) {
        expect(await rcOf(run, open(handle, [8]))).toBe(AUTH_FAIL);
        expect(await counted(run)).toEqual([tries, tries === 3 ? 1 : 0]);
        // What is not protected neither counts nor is locked.
        expect(await rcOf(run, open(free, [8]))).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
        expect(await rcOf(run, open(free))).toBe(0);
      }
      expect(await rcOf(run, open(handle))).toBe(LOCKOUT);
      expect(await rcOf(run, open(handle, [8]))).toBe(LOCKOUT);
      expect(await counted(run)).toEqual([3, 1]);
      expect(await rcOf(run, lockReset)).toBe(0);
      expect(await counted(run)).toEqual([0, 0]);
      expect(await rcOf(run, open(handle))).toBe(0);
    },
  ],
  [
    "a right authValue takes nothing back, and more tries end the lockout",
    async (run) => {
      const handle = await sealed(run);
      expect(await rcOf(run, parameters(1, 1000, 1000))).toBe(0);
      expect(await firstUse(run, open(handle))).toBe(0);
      expect(await rcOf(run, open(handle, [8]))).toBe(AUTH_FAIL);
      expect(await rcOf(run, open(handle))).toBe(LOCKOUT);
      expect(await rcOf(run, parameters(2, 1000, 1000))).toBe(0);
      expect(await rcOf(run, open(handle))).toBe(0);
      expect(await counted(run)).toEqual([1, 0]);
      // No try at all, or none that counts.
      expect(await rcOf(run, parameters(0, 1000, 1000))).toBe(0);
      expect(await counted(run)).toEqual([1, 1]);
      expect(await rcOf(run, open(handle))).toBe(LOCKOUT);
      expect(await rcOf(run, parameters(2, 0, 1000))).toBe(0);
      for (let i = 0; i < 4; i++) expect(await rcOf(run, open(handle, [8]))).toBe(AUTH_FAIL);
      expect(await rcOf(run, open(handle))).toBe(0);
      expect(await counted(run)).toEqual([0, 0]);
    },
  ],
  [
    "in lockout a policy opens what needs no authValue; sessions bound to protected entities are closed",
    async (run) => {
      const policy = new Policy().extend(CC.PolicyCommandCode, u32(CC.Unseal));
      const handle = await sealed(run, SEALED & ~OBJECT.noDA, policy.value);
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const bound = await AuthSession.start(run, { bind: { handle, auth: Uint8Array.from(AUTH) } });
      expect(await rcOf(run, parameters(0, 1000, 1000))).toBe(0);
      expect(await rcOf(run, open(handle))).toBe(LOCKOUT);
      const name = await nameOf(run, handle);
      const extend = {
        code: CC.PCR_Extend,
        handles: [16],
        parameters: [u32(1), u16(ALG.SHA256), new Uint8Array(32)],
        uses: [{ session: bound, entity: { auth: empty } }],
      };
      expect((await call(run, extend)).response.rc).toBe(LOCKOUT);
      const unsealed = {
        code: CC.Unseal,
        handles: [handle],
        names: [name],
        uses: [{ session, entity: { auth: empty } }],
      };
      for (const withAuth of [true, false]) {
        if (withAuth) expect(await rcOf(run, command(CC.PolicyAuthValue, [session.handle]))).toBe(0);
        expect(await rcOf(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.Unseal)]))).toBe(0);
        if (withAuth) {
          const use = { session, entity: { auth: Uint8Array.from(AUTH) }, withAuth: true };
          expect((await call(run, { ...unsealed, uses: [use] })).response.rc).toBe(LOCKOUT);
          expect(await rcOf(run, command(CC.PolicyRestart, [session.handle]))).toBe(0);
        } else {
          expect((await call(run, unsealed)).response.rc).toBe(0);
        }
      }
    },
  ],
];

async function nameOf(run: Run, handle: number): Promise<Uint8Array> {
  const { body, view } = new Response(await run(command(CC.ReadPublic, [handle])));
  const at = 2 + view.getUint16(10);
  return body.slice(at + 2, at + 2 + view.getUint16(10 + at));
}
