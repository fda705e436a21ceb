/** What policy commands do, told by a client that computes each policyDigest itself: for our core, and for swtpm. */

import { expect } from "vitest";
import { approvalScenarios } from "./approvalScenarios.ts";
import { command, hex, sized, u8, u16, u32, u64 } from "./harness.ts";
import { ALG, CC, RH, rc, SE } from "./names.ts";
import { empty, flush, HASHES, Policy, policyDigest, restart, secret, withOwnerPolicy } from "./policies.ts";
import { ok, type Run, send } from "./run.ts";
import { AuthSession, CONTINUE, call, digest } from "./sessions.ts";

const auth1 = Uint8Array.from([1, 2, 3, 4]);

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
      expect((await send(run, or(branch.value, other))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
      await ok(run, command(CC.PolicyAuthValue, [session.handle]));
      expect((await send(run, or(other, other))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
      expect((await send(run, or(branch.value.subarray(0, 31), other))).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
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
  ...approvalScenarios,
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
        expect((await call(run, change(auth1))).response.rc).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
        expect((await call(run, change(empty))).response.rc).toBe(0);
        // Used up.
        expect((await call(run, change(empty))).response.rc).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
      });
      const nameHash = digest(ALG.SHA256, u32(RH.OWNER));
      for (const [hash, expected] of [
        [nameHash, 0],
        [digest(ALG.SHA256, u32(RH.PLATFORM)), rc("TPM_RC_POLICY_FAIL", { session: 1 })],
      ] as const) {
        await withOwnerPolicy(run, new Policy().extend(CC.PolicyNameHash, hash), async () => {
          await ok(run, restart(session));
          await ok(run, command(CC.PolicyNameHash, [session.handle], [sized(hash)]));
          expect((await call(run, change(empty))).response.rc).toBe(expected);
        });
      }
      // A template is nothing for a command that creates no object.
      await withOwnerPolicy(run, new Policy().extend(CC.PolicyTemplate, nameHash), async () => {
        await ok(run, restart(session));
        await ok(run, command(CC.PolicyTemplate, [session.handle], [sized(nameHash)]));
        expect((await call(run, change(empty))).response.rc).toBe(rc("TPM_RC_POLICY_FAIL", { session: 1 }));
      });
      const names = [sized(u32(RH.OWNER)), sized([]), u8(0)];
      await withOwnerPolicy(run, new Policy().extend(CC.PolicyDuplicationSelect, u8(0)), async () => {
        await ok(run, restart(session));
        await ok(run, command(CC.PolicyDuplicationSelect, [session.handle], names));
        expect((await call(run, change(empty))).response.rc).toBe(rc("TPM_RC_POLICY_CC", { session: 1 }));
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
        expect((await send(run, set(code, empty))).rc).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
        expect((await send(run, set(code, value.subarray(1)))).rc).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
        await ok(run, set(code, value));
        for (const next of all)
          if (next !== code) expect((await send(run, set(next, value))).rc).toBe(rc("TPM_RC_CPHASH"));
        expect((await send(run, set(code, other))).rc).toBe(
          code === CC.PolicyTemplate ? rc("TPM_RC_VALUE", { parameter: 1 }) : rc("TPM_RC_CPHASH"),
        );
        expect((await send(run, select)).rc).toBe(rc("TPM_RC_CPHASH"));
        expect((await send(run, secret(session, { handle: RH.OWNER }, { cpHash: other }))).rc).toBe(
          rc("TPM_RC_CPHASH"),
        );
      }
      await ok(run, restart(session));
      await ok(run, select);
      expect((await send(run, select)).rc).toBe(rc("TPM_RC_CPHASH"));
      await ok(run, restart(session));
      await ok(run, command(CC.PolicyCommandCode, [session.handle], [u32(CC.HierarchyChangeAuth)]));
      expect((await send(run, select)).rc).toBe(rc("TPM_RC_COMMAND_CODE"));
    },
  ],
  [
    "PolicyLocality narrows the localities, and a command must come from one that is left",
    async (run) => {
      const session = await AuthSession.start(run, { type: SE.POLICY });
      const locality = (value: number) => command(CC.PolicyLocality, [session.handle], [u8(value)]);
      expect((await send(run, locality(0))).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
      await ok(run, locality(0x0e));
      expect((await send(run, locality(0x11))).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
      expect((await send(run, locality(0x20))).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
      await ok(run, locality(0x06));
      expect((await send(run, locality(0x08))).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
      const policy = new Policy().extend(CC.PolicyLocality, u8(0x0e)).extend(CC.PolicyLocality, u8(0x06));
      await withOwnerPolicy(run, policy, async () => {
        const change = {
          code: CC.HierarchyChangeAuth,
          handles: [RH.OWNER],
          parameters: [sized([])],
          uses: [{ session, entity: { auth: empty } }],
        };
        for (const at of [0, 3, 4]) {
          expect((await call((bytes) => run(bytes, at), change)).response.rc).toBe(rc("TPM_RC_LOCALITY"));
        }
        expect((await call((bytes) => run(bytes, 2), change)).response.rc).toBe(0);
      });
      await ok(run, restart(session));
      await ok(run, locality(0x20));
      await ok(run, locality(0x20));
      expect((await send(run, locality(0x21))).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
      expect((await send(run, locality(0x01))).rc).toBe(rc("TPM_RC_RANGE", { parameter: 1 }));
      await withOwnerPolicy(
        run,
        new Policy().extend(CC.PolicyLocality, u8(0x20)).extend(CC.PolicyLocality, u8(0x20)),
        async () => {
          const use = { session, entity: { auth: empty } };
          const change = { code: CC.HierarchyChangeAuth, handles: [RH.OWNER], parameters: [sized([])], uses: [use] };
          expect((await call(run, change)).response.rc).toBe(rc("TPM_RC_LOCALITY"));
        },
      );
    },
  ],
];
