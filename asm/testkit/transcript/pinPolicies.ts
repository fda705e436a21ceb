/** PIN indices whose authValue is used in a policy session: libtpms counts, and looks at the limit only without policy. */

import { command, sized, u32 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import { defineSpace, NV, nvRead, nvWrite, pin, undefineSpace } from "../nv.ts";
import { digest } from "../sessions.ts";
import { add, flush, NUL, n16, none, start } from "./builders.ts";

const INDEX = 0x01000000;
const [session, other] = [0x03000000, 0x03000001];
const RIGHT = [4, 2];
const WRONG = [1];

export function pinPolicies(): void {
  const policy = digest(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyAuthValue));
  for (const name of ["session with the PIN", "session for PolicySecret"])
    add(name, start(RH.NULL, RH.NULL, n16, none, 1, NUL, ALG.SHA256), { to: 16 });
  for (const [what, type] of Object.entries({ "PIN Pass": NV.PIN_PASS, "PIN Fail": NV.PIN_FAIL })) {
    const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.AUTHREAD | NV.POLICYREAD | NV.POLICYWRITE | NV.NO_DA | type;
    add(`define ${what} with a policy`, defineSpace({ handle: INDEX, attributes, policy, size: 8 }, RIGHT));
    const byPolicy = (name: string, bytes: (auth: number[]) => Uint8Array, auth: number[]) => {
      add("restart the policy", command(CC.PolicyRestart, [session]));
      add("PolicyPassword", command(CC.PolicyPassword, [session]));
      // The response to a policy session holds a random nonce.
      add(`${name} with ${auth} by policy`, bytes(auth), { to: 10 });
    };
    const withSession = (auth: number[]) => [{ handle: session, nonce: n16, attributes: 1, auth }];
    const read = (auth: number[]) => nvRead(INDEX, INDEX, 8, 0, withSession(auth));
    const write = (auth: number[]) => nvWrite(INDEX, INDEX, pin(2, 2), 0, withSession(auth));
    const secret = (auth: number[]) =>
      command(CC.PolicySecret, [INDEX, other], [sized([]), sized([]), sized([]), u32(0)], withSession(auth));
    byPolicy(`write unwritten ${what}`, write, WRONG);
    add(`set ${what}`, nvWrite(RH.OWNER, INDEX, pin(0, 2)));
    for (const [name, bytes] of [
      ["read", read],
      ["PolicySecret of", secret],
      ["write", write],
    ] as const)
      for (const auth of [WRONG, RIGHT, WRONG, RIGHT, WRONG, WRONG, WRONG]) {
        byPolicy(`${name} ${what}`, bytes, auth);
        add(`count of ${what}`, nvRead(RH.OWNER, INDEX, 8));
      }
    add(`read ${what} without policy`, nvRead(INDEX, INDEX, 8, 0, RIGHT));
    add(`undefine ${what}`, undefineSpace(RH.OWNER, INDEX));
  }
  for (const handle of [session, other]) add(`flush ${handle}`, flush(handle));
  add("no PIN is left", nvRead(RH.OWNER, INDEX, 8));
}
