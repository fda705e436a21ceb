/** Sessions, policies, authorization areas and contexts. */

import { command, concat, hex, type Session, sized, u8, u16, u32 } from "../harness.ts";
import { CC, RH } from "../names.ts";
import {
  add,
  extend,
  flush,
  getCapability,
  NUL,
  n16,
  n20,
  n32,
  none,
  type Selections,
  selection,
  sha256,
  start,
} from "./builders.ts";

const getDigest = (handle: number) => command(CC.PolicyGetDigest, [handle]);

export function sessions(): void {
  const hmac = (nonce: Uint8Array, salt: Uint8Array, type: number, symmetric: Uint8Array, hash: number) =>
    start(RH.NULL, RH.NULL, nonce, salt, type, symmetric, hash);
  add("nonce of 15", hmac(new Uint8Array(15), none, 0, NUL, 11));
  add("nonce of 33 for SHA-256", hmac(new Uint8Array(33), none, 0, NUL, 11));
  add("nonce of 65", hmac(new Uint8Array(65), none, 0, NUL, 13));
  add("salt without key", hmac(n16, n16, 0, NUL, 11));
  add("session type 2", hmac(n16, none, 2, NUL, 11));
  add("no hash", hmac(n16, none, 0, NUL, 0x10));
  add("AES-64", hmac(n16, none, 0, concat(u16(6), u16(64), u16(0x43)), 11));
  add("AES-192", hmac(n16, none, 0, concat(u16(6), u16(192), u16(0x43)), 11));
  add("XOR without hash", hmac(n16, none, 0, concat(u16(10), u16(0x10)), 11));
  add("RSA as symmetric algorithm", hmac(n16, none, 0, u16(1), 11));
  add("key that is not there", start(0x80000000, RH.NULL, n16, none, 0, NUL, 11));
  add("owner as key", start(RH.OWNER, RH.NULL, n16, none, 0, NUL, 11));
  for (const bind of [25, 0x40000009, 0x02000000, 0x01000000])
    add(`bind to 0x${bind.toString(16)}`, start(RH.NULL, bind, n16, none, 0, NUL, 11));
  // Nonces are random.
  add("session 0, HMAC", hmac(n16, none, 0, NUL, 11), { to: 16 });
  add("session 1, policy", hmac(n20, none, 1, concat(u16(6), u16(128), u16(0x43)), 4), { to: 16 });
  add("session 2, trial, bound", start(RH.NULL, RH.OWNER, n32, none, 3, concat(u16(10), u16(11)), 11), { to: 16 });
  add("session too many", hmac(n16, none, 0, NUL, 11));
  add("loaded sessions", getCapability(1, 0x02000000, 10));
  for (const handle of [0x02000000, 0x03000000, 0x03000001, 0x03000002, 0x02000001, 0x03000003]) {
    add(`policyDigest of 0x${handle.toString(16)}`, getDigest(handle));
    add(`restart of 0x${handle.toString(16)}`, command(CC.PolicyRestart, [handle]));
  }
}

export function policies(): void {
  const [policy, trial] = [0x03000001, 0x03000002];
  const commandCode = (session: number, code: number) => command(CC.PolicyCommandCode, [session], [u32(code)]);
  const onPcrs = (session: number, digest: Uint8Array, ...s: Selections) =>
    command(CC.PolicyPCR, [session], [sized(digest), selection(...s)]);
  add("PolicyCommandCode", commandCode(trial, CC.HierarchyChangeAuth));
  add("PolicyCommandCode, the same", commandCode(trial, CC.HierarchyChangeAuth));
  add("PolicyCommandCode, another", commandCode(trial, CC.ClockSet));
  add("PolicyCommandCode of no command", commandCode(policy, 0x19f));
  add("digest", getDigest(trial));
  add("PolicyAuthValue", command(CC.PolicyAuthValue, [trial]));
  add("digest", getDigest(trial));
  add("PolicyPassword", command(CC.PolicyPassword, [trial]));
  add("digest", getDigest(trial));
  add("PolicyPCR in a trial", onPcrs(trial, none, [4, [0, 1, 2]]));
  add("PolicyPCR in a trial with a digest", onPcrs(trial, n16, [4, [0, 1, 2], 2]));
  add("digest", getDigest(trial));
  add("PolicyPCR with a wrong digest", onPcrs(policy, n16, [4, [0, 1, 2]]));
  add("PolicyPCR", onPcrs(policy, none, [4, [0, 1, 2]], [11, [16]]));
  add("digest", getDigest(policy));
  add("extend a PCR that does not count", extend(16, sha256));
  add("PolicyPCR again", onPcrs(policy, none, [4, [0, 1, 2]]));
  add("extend a PCR that counts", extend(1, sha256));
  add("PolicyPCR after a change", onPcrs(policy, none, [4, [0, 1, 2]]));
  add("restart", command(CC.PolicyRestart, [policy]));
  add("digest", getDigest(policy));
}

export function authorizations(): void {
  const [plain, policy, trial] = [0x02000000, 0x03000001, 0x03000002];
  const digestWith = (...s: Session[]) => command(CC.PolicyGetDigest, [policy], [], s);
  add("trial session in use", digestWith({ handle: trial, attributes: 0x21 }));
  add("session with nothing to do", digestWith({ handle: plain, attributes: 1 }));
  // A new audit session: nonce and HMAC of the response are random.
  add("audit", digestWith({ handle: plain, attributes: 0x81 }), { to: 36 });
  add("exclusive audit", digestWith({ handle: plain, attributes: 0x83 }), { to: 36 });
  add("audit reset", digestWith({ handle: plain, attributes: 0x85 }), { to: 36 });
  add("GetRandom in between", command(CC.GetRandom, [], [u16(4)]), { to: 12 });
  add("exclusive audit, no more", digestWith({ handle: plain, attributes: 0x83 }));
  add("encrypt without an algorithm", digestWith({ handle: plain, attributes: 0x41 }));
  add("decrypt where there is nothing to decrypt", digestWith({ handle: policy, attributes: 0x21 }));
  add("audit by a policy session", digestWith({ handle: policy, attributes: 0x81 }));
  add("a session twice", digestWith({ handle: plain, attributes: 0x81 }, { handle: plain, attributes: 0x41 }));
  add("policy session as an HMAC session", digestWith({ handle: 0x02000001, attributes: 0x81 }));
  add("wrong HMAC", digestWith({ handle: plain, attributes: 0x81, auth: n32 }));
  const authorised = (s: Session, pcr = 16) => command(CC.PCR_Extend, [pcr], [u32(1), sha256], [s]);
  add("HMAC session without a key", authorised({ handle: plain, attributes: 1 }), { to: 16 });
  add("wrong HMAC for a PCR", authorised({ handle: plain, attributes: 1, auth: n32 }));
  add("policy for a PCR that has none", authorised({ handle: policy, attributes: 1 }));
  add("policy for a PCR that may have one", authorised({ handle: policy, attributes: 1 }, 20), { locality: 3 });
  add(
    "policy for the owner, who has none",
    command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [{ handle: policy, attributes: 1 }]),
  );
}

export function contexts(): void {
  const save = (handle: number) => command(CC.ContextSave, [handle]);
  const load = (handle: number, hierarchy: number, blob: Uint8Array) =>
    command(CC.ContextLoad, [], [u32(0), u32(1), u32(handle), u32(hierarchy), sized(blob)]);
  for (const handle of [0x80000000, 0x02000005, RH.OWNER, 0x81000000])
    add(`save 0x${handle.toString(16)}`, save(handle));
  add("load nothing", command(CC.ContextLoad, [], [u8(0)]));
  const blobs: Uint8Array[] = [
    none,
    u8(0),
    u16(65),
    concat(u16(65), new Uint8Array(100)),
    concat(u16(32), new Uint8Array(100)),
  ];
  for (const size of [10, 64, 71, 72, 200]) blobs.push(concat(u16(64), new Uint8Array(size)));
  for (const blob of blobs)
    for (const handle of [0x80000000, 0x02000000])
      add(
        `load 0x${handle.toString(16)} from ${blob.length}, ${hex(blob.subarray(0, 2))}`,
        load(handle, RH.NULL, blob),
      );
  const blob = concat(u16(64), new Uint8Array(100));
  for (const handle of [0x80000001, 0x80000002, 0x80000003, 0x03000000, 0x0300ffff, 0x81000000, 0])
    add(`load 0x${handle.toString(16)}`, load(handle, RH.NULL, blob));
  add("load for lockout", load(0x80000000, RH.LOCKOUT, blob));
  // Sequence, handle and hierarchy; the blob is each TPM's own.
  add("save session 0", save(0x02000000), { from: 10, to: 26 });
  add("loaded sessions", getCapability(1, 0x02000000, 10));
  add("saved sessions", getCapability(1, 0x03000000, 10));
  add("save session 0 again", save(0x02000000));
  add("use session 0", command(CC.PCR_Extend, [16], [u32(1), sha256], [{ handle: 0x02000000, attributes: 1 }]));
  add("flush session 0", flush(0x02000000));
}
