/** Policy commands, physical presence, algorithm set and command audit: each one right, and each parameter made wrong. */

import { command, concat, password, sized, u8, u16, u32, u64 } from "../harness.ts";
import { CC, RH } from "../names.ts";
import { loadExternal } from "../objects.ts";
import { knownEcc } from "../signatures.ts";
import { add, flush, getCapability, NUL, n16, n20, n32, none, start } from "./builders.ts";

const POLICY = 0x03000000;
const TRIAL = 0x03000001;
const HMAC = 0x02000002;
const getDigest = (session: number) => command(CC.PolicyGetDigest, [session]);

/** The command with handles that it cannot have, cut off at every octet of its parameters, and with one more. */
function malformed(name: string, code: number, parameters: Uint8Array, handles: number[], sessions?: 1): void {
  const area = sessions ? [password()] : undefined;
  const last = handles.length - 1;
  for (const handle of [HMAC, 0x03000005, 0x03000040, RH.OWNER, 0x80000000])
    add(
      `${name} with 0x${handle.toString(16)}`,
      command(code, [...handles.slice(0, last), handle], [parameters], area),
    );
  add(`${name} without handles`, command(code, [], [], area));
  for (let size = 0; size < parameters.length; size++)
    add(`${name} cut off at ${size}`, command(code, handles, [parameters.subarray(0, size)], area));
  add(`${name} with one more octet`, command(code, handles, [parameters, u8(0)], area));
}

/** Fresh sessions: a policy session, a trial and an HMAC session, with known handles. */
function openSessions(): void {
  for (const handle of [0x02000000, 0x03000001, 0x03000002, 0x02000001, 0x02000002]) add("flush", flush(handle));
  add("policy session", start(RH.NULL, RH.NULL, n16, none, 1, NUL, 11), { to: 14 });
  add("trial session", start(RH.NULL, RH.NULL, n16, none, 3, NUL, 11), { to: 14 });
  add("HMAC session", start(RH.NULL, RH.NULL, n16, none, 0, NUL, 11), { to: 14 });
}

export function policyCommands(): void {
  openSessions();
  bindings();
  conditions();
  authorizations();
  signatures();
  for (const session of [POLICY, TRIAL, HMAC]) add("flush", flush(session));
}

function restart(): void {
  add("restart", command(CC.PolicyRestart, [POLICY]));
}

function bindings(): void {
  for (const [name, code] of [
    ["PolicyCpHash", CC.PolicyCpHash],
    ["PolicyNameHash", CC.PolicyNameHash],
    ["PolicyTemplate", CC.PolicyTemplate],
  ] as const) {
    malformed(name, code, sized(n32), [POLICY]);
    for (const value of [none, n20, new Uint8Array(64), new Uint8Array(65)])
      for (const session of [POLICY, TRIAL])
        add(`${name} of ${value.length}`, command(code, [session], [sized(value)]));
    for (const value of [n32, n32, new Uint8Array(32)]) add(name, command(code, [POLICY], [sized(value)]));
    for (const other of [CC.PolicyCpHash, CC.PolicyNameHash, CC.PolicyTemplate])
      add(`0x${other.toString(16)} after ${name}`, command(other, [POLICY], [sized(n32)]));
    add(
      `PolicyDuplicationSelect after ${name}`,
      command(CC.PolicyDuplicationSelect, [POLICY], [sized(n20), sized(n16), u8(1)]),
    );
    add(`PolicySecret after ${name}`, secret(RH.OWNER, POLICY, none, new Uint8Array(32), none, 0));
    add("digest", getDigest(POLICY));
    restart();
  }
  const select = concat(sized(n20), sized(n16), u8(1));
  malformed("PolicyDuplicationSelect", CC.PolicyDuplicationSelect, select, [POLICY]);
  for (const session of [POLICY, TRIAL])
    for (const parameters of [select, select, concat(sized(n20), sized(n16), u8(2)), sized(new Uint8Array(69))])
      add("PolicyDuplicationSelect", command(CC.PolicyDuplicationSelect, [session], [parameters]));
  add("digest", getDigest(TRIAL));
  restart();
  add("PolicyCommandCode", command(CC.PolicyCommandCode, [POLICY], [u32(CC.HierarchyChangeAuth)]));
  add("PolicyDuplicationSelect after it", command(CC.PolicyDuplicationSelect, [POLICY], [select]));
  restart();
  add(
    "PolicyDuplicationSelect without object",
    command(CC.PolicyDuplicationSelect, [POLICY], [sized(n20), sized(n16), u8(0)]),
  );
  add("PolicyCommandCode of another command", command(CC.PolicyCommandCode, [POLICY], [u32(CC.GetTime)]));
  add("digest", getDigest(POLICY));
  restart();
}

function conditions(): void {
  const locality = (session: number, value: number) => command(CC.PolicyLocality, [session], [u8(value)]);
  malformed("PolicyLocality", CC.PolicyLocality, u8(1), [POLICY]);
  restart();
  for (const values of [
    [0, 0x1f, 0x0e, 0x11, 0x20, 0x06, 0x08, 0xff],
    [0x20, 0x20, 0x21, 0x01, 0],
    [0xff, 0xff, 0x1f],
  ]) {
    for (const value of values) add(`PolicyLocality 0x${value.toString(16)}`, locality(POLICY, value));
    add("digest", getDigest(POLICY));
    restart();
  }
  malformed("PolicyPhysicalPresence", CC.PolicyPhysicalPresence, none, [POLICY]);
  add("PolicyPhysicalPresence", command(CC.PolicyPhysicalPresence, [TRIAL]));
  add("digest", getDigest(TRIAL));
  restart();
  const timer = (session: number, operand: Uint8Array, offset: number, operation: number) =>
    command(CC.PolicyCounterTimer, [session], [sized(operand), u16(offset), u16(operation)]);
  malformed("PolicyCounterTimer", CC.PolicyCounterTimer, concat(sized(u32(0)), u16(16), u16(7)), [POLICY]);
  restart();
  for (const [operand, offset] of [
    [none, 25],
    [none, 26],
    [u8(0), 25],
    [u64(0n), 17],
    [u64(0n), 18],
    [new Uint8Array(26), 0],
    [new Uint8Array(64), 0xffff],
    [new Uint8Array(65), 0],
  ] as const)
    for (const session of [POLICY, TRIAL])
      add(`PolicyCounterTimer, ${operand.length} at ${offset}`, timer(session, operand, offset, 0));
  // restartCount is 0, and the upper half of Time, too.
  for (const operand of [u32(0), u32(1), u32(0xffffffff)])
    for (let operation = 0; operation <= 12; operation++)
      for (const offset of [0, 20])
        add(`PolicyCounterTimer, operation ${operation} at ${offset}`, timer(POLICY, operand, offset, operation));
  add("digest", getDigest(POLICY));
  restart();
  const or = (session: number, ...digests: Uint8Array[]) =>
    command(CC.PolicyOR, [session], [u32(digests.length), ...digests.map((d) => sized(d))]);
  const zeros = new Uint8Array(32);
  malformed("PolicyOR", CC.PolicyOR, concat(u32(2), sized(u8(1)), sized(u8(2))), [TRIAL]);
  for (const session of [POLICY, TRIAL])
    for (const digests of [
      [],
      [zeros],
      [n32, n32],
      [n20, zeros.subarray(0, 31)],
      [n32, zeros],
      [n32, none],
      new Array<Uint8Array>(8).fill(n32),
      new Array<Uint8Array>(9).fill(n32),
      [n32, new Uint8Array(65)],
    ])
      add(`PolicyOR of ${digests.map((d) => d.length).join()}`, or(session, ...digests));
  for (const session of [POLICY, TRIAL]) add("digest", getDigest(session));
  restart();
}

function secret(
  entity: number,
  session: number,
  nonce: Uint8Array,
  cpHash: Uint8Array,
  ref: Uint8Array,
  expiration: number,
): Uint8Array {
  const parameters = [sized(nonce), sized(cpHash), sized(ref), u32(expiration)];
  return command(CC.PolicySecret, [entity, session], parameters, [password()]);
}

function authorizations(): void {
  malformed(
    "PolicySecret",
    CC.PolicySecret,
    concat(sized(none), sized(n32), sized(n16), u32(0)),
    [RH.OWNER, POLICY],
    1,
  );
  restart();
  for (const entity of [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.NULL, RH.PLATFORM_NV, 0, 16, 20, 24])
    for (const session of [POLICY, TRIAL])
      add(`PolicySecret of 0x${entity.toString(16)}`, secret(entity, session, none, none, n16, 0));
  add("PolicySecret of lockout", secret(RH.LOCKOUT, POLICY, none, none, none, 0));
  add("PolicySecret without authorization", command(CC.PolicySecret, [RH.OWNER, POLICY], [new Uint8Array(10)]));
  for (const session of [POLICY, TRIAL]) {
    add("digest", getDigest(session));
    for (const nonce of [n16, n32, new Uint8Array(65)])
      add(`PolicySecret, nonce of ${nonce.length}`, secret(RH.OWNER, session, nonce, none, none, 0));
    for (const cpHash of [n16, new Uint8Array(64), new Uint8Array(65)])
      add(`PolicySecret, cpHashA of ${cpHash.length}`, secret(RH.OWNER, session, none, cpHash, none, 0));
    add("PolicySecret, policyRef too long", secret(RH.OWNER, session, none, none, new Uint8Array(65), 0));
    for (const expiration of [1000, 0x7fffffff, 0])
      add(`PolicySecret for ${expiration} s`, secret(RH.OWNER, session, none, none, none, expiration));
    // Size of the timeout, tag, hierarchy and size of the ticket; the rest is a secret's.
    add("PolicySecret with a ticket", secret(RH.OWNER, session, none, none, none, -1000 >>> 0), { to: 16 });
  }
  restart();
  const ticket = concat(u16(0x8023), u32(RH.OWNER), sized(new Uint8Array(64)));
  const all = concat(sized(u64(1n << 62n)), sized(n32), sized(n16), sized(u32(RH.OWNER)), ticket);
  malformed("PolicyTicket", CC.PolicyTicket, all, [POLICY]);
  const present = (parts: Partial<Record<"timeout" | "cpHash" | "ticket", Uint8Array>>, session = POLICY) => {
    const { timeout = u64(1n << 62n), cpHash = n32, ticket: presented = ticket } = parts;
    return command(CC.PolicyTicket, [session], [sized(timeout), sized(cpHash), sized(none), sized(none), presented]);
  };
  add("PolicyTicket in a trial", present({}, TRIAL));
  for (const timeout of [none, u32(0), u64(0n), u64(1n << 63n), new Uint8Array(9)])
    add(`PolicyTicket, timeout of ${timeout.length}`, present({ timeout }));
  for (const cpHash of [none, n20, new Uint8Array(65)])
    add(`PolicyTicket, cpHashA of ${cpHash.length}`, present({ cpHash }));
  for (const tag of [0x8021, 0x8022, 0x8023, 0x8024, 0x8025, 0x1234])
    for (const hierarchy of [RH.OWNER, RH.NULL, RH.LOCKOUT])
      for (const size of [0, 63, 64, 65])
        add(
          `PolicyTicket 0x${tag.toString(16)} of 0x${hierarchy.toString(16)}, ${size}`,
          present({ ticket: concat(u16(tag), u32(hierarchy), sized(new Uint8Array(size))) }),
        );
  const verified = concat(u16(0x8022), u32(RH.NULL), u16(0));
  const name = concat(u16(11), n32);
  malformed("PolicyAuthorize", CC.PolicyAuthorize, concat(sized(n32), sized(n16), sized(name), verified), [POLICY]);
  const authorize = (session: number, approved: Uint8Array, keySign: Uint8Array, check = verified) =>
    command(CC.PolicyAuthorize, [session], [sized(approved), sized(n16), sized(keySign), check]);
  const zeros = new Uint8Array(32);
  for (const session of [POLICY, TRIAL]) {
    for (const approved of [none, n32, zeros, new Uint8Array(65)])
      add(`PolicyAuthorize, ${approved.length}`, authorize(session, approved, name));
    for (const keySign of [
      u16(11),
      concat(u16(11), n20),
      concat(u16(4), n20),
      concat(u16(4), n32),
      concat(u16(0x10), n32),
      concat(u16(0x12), n32),
      new Uint8Array(69),
    ])
      add(`PolicyAuthorize, key's Name of ${keySign.length}`, authorize(session, zeros, keySign));
    for (const tag of [0x8021, 0x8022, 0x8023])
      for (const size of [0, 64])
        add(
          `PolicyAuthorize, ticket 0x${tag.toString(16)} of ${size}`,
          authorize(session, zeros, name, concat(u16(tag), u32(RH.OWNER), sized(new Uint8Array(size)))),
        );
    add("digest", getDigest(session));
  }
}

function signatures(): void {
  add("key of an authority", loadExternal(knownEcc().area, RH.OWNER));
  const key = 0x80000000;
  const ecdsa = (hash: number, r: Uint8Array, s: Uint8Array) => concat(u16(0x18), u16(hash), sized(r), sized(s));
  const qualifiers = (nonce: Uint8Array, cpHash: Uint8Array, ref: Uint8Array, expiration: number) =>
    concat(sized(nonce), sized(cpHash), sized(ref), u32(expiration));
  const plain = qualifiers(none, none, n16, 0);
  malformed("PolicySigned", CC.PolicySigned, concat(plain, ecdsa(11, n32, n32)), [key, POLICY]);
  for (const handle of [RH.NULL, RH.OWNER, 0x80000001, 0x80000003, 0x81000000])
    add(
      `PolicySigned by 0x${handle.toString(16)}`,
      command(CC.PolicySigned, [handle, POLICY], [plain, ecdsa(11, n32, n32)]),
    );
  const rsassa = concat(u16(0x14), u16(11), sized(new Uint8Array(256)));
  const hmac = concat(u16(5), u16(11), n32);
  const ecdaa = concat(u16(0x1a), u16(11), sized(n32), sized(n32));
  for (const session of [POLICY, TRIAL]) {
    for (const auth of [ecdsa(11, n32, n32), ecdsa(4, none, n32), ecdsa(0x10, n32, n32), ecdsa(0x12, n32, n32), rsassa])
      add("PolicySigned", command(CC.PolicySigned, [key, session], [plain, auth]));
    for (const auth of [hmac, ecdaa, u16(0x10), u16(0x99), none])
      add("PolicySigned, not by this key", command(CC.PolicySigned, [key, session], [plain, auth]));
    for (const wrong of [
      qualifiers(n16, none, none, 0),
      qualifiers(none, n20, none, 0),
      qualifiers(none, new Uint8Array(65), none, 0),
      qualifiers(none, none, new Uint8Array(65), 0),
      qualifiers(none, n32, n16, 1 << 30),
      qualifiers(none, n32, n16, -(1 << 30)),
    ])
      add("PolicySigned, qualifiers", command(CC.PolicySigned, [key, session], [wrong, ecdsa(11, n32, n32)]));
    add("digest", getDigest(session));
  }
  add("flush", flush(key));
}

export function management(): void {
  const codes = (...list: number[]) => concat(u32(list.length), ...list.map(u32));
  for (const handle of [RH.PLATFORM, RH.OWNER, RH.LOCKOUT])
    for (const lists of [concat(codes(CC.Clear), codes()), codes(), u32(255), none, concat(codes(), codes(), u8(0))])
      add(`PP_Commands by 0x${handle.toString(16)}`, command(CC.PP_Commands, [handle], [lists], [password()]));
  add("PP_Commands without authorization", command(CC.PP_Commands, [RH.PLATFORM], [codes(), codes()]));
  add("commands with physical presence", getCapability(3, 0, 10));
  for (const handle of [RH.OWNER, RH.PLATFORM])
    for (const value of [u32(0x01020304), u16(1), concat(u32(5), u8(0))])
      add(`SetAlgorithmSet by 0x${handle.toString(16)}`, command(CC.SetAlgorithmSet, [handle], [value], [password()]));
  add("algorithm set", getCapability(6, 0x20c, 1), { to: 27 });
  const audit = (handle: number, algorithm: number, ...lists: Uint8Array[]) =>
    command(CC.SetCommandCodeAuditStatus, [handle], [u16(algorithm), ...lists], [password()]);
  for (const handle of [RH.OWNER, RH.PLATFORM, RH.ENDORSEMENT]) {
    add(
      `audit status by 0x${handle.toString(16)}`,
      audit(handle, 0x10, codes(CC.GetRandom, CC.Shutdown, 0x11e), codes(CC.SetCommandCodeAuditStatus)),
    );
    add("audited commands", getCapability(4, 0, 10));
    add("audit counter", getCapability(6, 0x213, 2));
  }
  add("audit status, list and algorithm", audit(RH.OWNER, 11, codes(CC.GetRandom), codes()));
  add("audit status, list and the same algorithm", audit(RH.OWNER, 13, codes(CC.Hash, 0x123), codes(CC.GetRandom)));
  add("audit status, algorithm", audit(RH.OWNER, 11, codes(), codes()));
  for (const algorithm of [0, 0x12, 0x27, 6])
    add("audit status, no algorithm", audit(RH.OWNER, algorithm, codes(), codes()));
  for (const list of [none, u8(0), u32(1), u32(255)]) {
    add("audit status, setList", audit(RH.OWNER, 0x10, list));
    add("audit status, clearList", audit(RH.OWNER, 0x10, codes(), list));
  }
  add("Hash, audited", command(CC.Hash, [], [sized(n16), u16(11), u32(RH.NULL)]));
  add("audit counter", getCapability(6, 0x213, 2));
  add("audited commands", getCapability(4, 0, 10));
  add("audit status, back", audit(RH.OWNER, 0x10, codes(), codes(CC.Hash)));
}
