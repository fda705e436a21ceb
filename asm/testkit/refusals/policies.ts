/** Refusals of what a policy session demands, of commands with one and of policy commands. */
import { command, password, sized, TestTpm, u8, u16, u32 } from "../harness.ts";
import { ALG, CC, RH, SE } from "../names.ts";
import { keyedHash, OBJECT, runCreatePrimary, sensitive, unseal } from "../objects.ts";
import { Policy, secret } from "../policies.ts";
import { AuthSession } from "../sessions.ts";
import { must, type RefusalCases } from "./refused.ts";

const FIXED = OBJECT.fixedTPM | OBJECT.fixedParent | OBJECT.noDA;

/** Sealed data that a policy opens, and a session that has gone through `steps`. */
async function opened(
  policy: Policy,
  steps: (session: AuthSession) => readonly Uint8Array[],
  { hash = ALG.SHA256 as number } = {},
) {
  const tpm = TestTpm.started();
  const { handle } = runCreatePrimary(tpm, keyedHash(FIXED, { policy: policy.value }), RH.OWNER, sensitive([], [9]));
  const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { type: SE.POLICY, hash });
  for (const step of steps(session)) must(tpm, step);
  return { tpm, handle, session, command: unseal(handle, { handle: session.handle, attributes: 1 }) };
}
const ownersSecret = () => new Policy().update(CC.PolicySecret, u32(RH.OWNER), new Uint8Array(0));

export const policyRefusals: RefusalCases = {
  POLICY_ALGORITHM: async () => {
    // Two algorithms of one digest size.
    const policy = new Policy(ALG.SHA3_256).extend(CC.PolicyAuthValue);
    return opened(policy, ({ handle }) => [command(CC.PolicyAuthValue, [handle])], { hash: ALG.SHA3_256 });
  },
  POLICY_EXPIRED: async () => {
    const refusal = await opened(ownersSecret(), (session) => [
      secret(session, { handle: RH.OWNER }, { nonce: session.nonceTpm, expiration: 1 }),
    ]);
    refusal.tpm.now += 3000;
    return refusal;
  },
  POLICY_RESTARTED: async () => {
    const tpm = TestTpm.started();
    const { handle } = runCreatePrimary(
      tpm,
      keyedHash(FIXED, { policy: ownersSecret().value }),
      RH.OWNER,
      sensitive([], [9]),
    );
    must(tpm, command(CC.EvictControl, [RH.OWNER, handle], [u32(0x81000001)], [password()]));
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { type: SE.POLICY });
    must(tpm, secret(session, { handle: RH.OWNER }, { nonce: session.nonceTpm, expiration: 1000 }));
    const context = must(tpm, command(CC.ContextSave, [session.handle])).slice(10);
    must(tpm, command(CC.Shutdown, [], [u16(1)]));
    const again = tpm.powerCycle();
    must(again, command(CC.Startup, [], [u16(1)]));
    must(again, command(CC.ContextLoad, [], [context]));
    return { tpm: again, command: unseal(0x81000001, { handle: session.handle, attributes: 1 }) };
  },
  POLICY_NO_COMMAND: async () => {
    const policy = new Policy().extend(CC.PolicyAuthValue);
    const { tpm, handle, session } = await opened(policy, (s) => [command(CC.PolicyAuthValue, [s.handle])]);
    const use = [{ handle: session.handle, attributes: 1 }];
    return { tpm, command: command(CC.ObjectChangeAuth, [handle, handle], [sized([])], use) };
  },
  POLICY_PRESENCE: async () => {
    const policy = new Policy().extend(CC.PolicyPhysicalPresence);
    return opened(policy, ({ handle }) => [command(CC.PolicyPhysicalPresence, [handle])]);
  },
  POLICY_NOT_AN_INDEX: async () => {
    const policy = new Policy().extend(CC.PolicyNvWritten, u8(1));
    return opened(policy, ({ handle }) => [command(CC.PolicyNvWritten, [handle], [u8(1)])]);
  },
  POLICY_TIMED_OUT: async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { type: SE.POLICY });
    tpm.now += 5000;
    return { tpm, command: secret(session, { handle: RH.OWNER }, { nonce: session.nonceTpm, expiration: 1 }) };
  },
  POLICY_OTHER_EPOCH: async () => {
    const tpm = TestTpm.started();
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { type: SE.POLICY });
    const context = must(tpm, command(CC.ContextSave, [session.handle])).slice(10);
    must(tpm, command(CC.Shutdown, [], [u16(1)]));
    const again = tpm.powerCycle();
    must(again, command(CC.Startup, [], [u16(1)]));
    must(again, command(CC.ContextLoad, [], [context]));
    return { tpm: again, command: secret(session, { handle: RH.OWNER }, { nonce: session.nonceTpm, expiration: 100 }) };
  },
};
