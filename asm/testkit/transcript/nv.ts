/** Non-volatile storage: what may be defined, every command on every type, locks, PINs, policies. */

import { command, concat, password, sized, u16, u32, u64 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import {
  defineSpace,
  globalWriteLock,
  NV,
  type NvPublic,
  nvExtend,
  nvIncrement,
  nvRead,
  nvReadLock,
  nvReadPublic,
  nvSetBits,
  nvWrite,
  nvWriteLock,
  OPEN,
  pin,
  policyAuthorizeNv,
  policyNv,
  policyNvWritten,
  undefineSpace,
} from "../nv.ts";
import { digest } from "../sessions.ts";
import { add, flush, getCapability, NUL, n16, n20, n32, none, start } from "./builders.ts";

const INDEX = 0x01000000;
const TYPES = {
  ordinary: 0,
  counter: NV.COUNTER,
  bits: NV.BITS,
  extend: NV.EXTEND,
  "PIN Fail": NV.PIN_FAIL,
  "PIN Pass": NV.PIN_PASS,
} as const;
type Type = keyof typeof TYPES;
const OWNER = NV.OWNERWRITE | NV.OWNERREAD | NV.NO_DA;
const sizeOf = (type: Type) => (type === "extend" ? 32 : 8);

export function nvDefinitions(): void {
  const good: NvPublic = { handle: INDEX, attributes: OWNER, size: 8 };
  const define = (name: string, change: Partial<NvPublic>, auth = none, handle?: number) =>
    add(`define: ${name}`, defineSpace({ ...good, ...change }, auth, handle));
  define("policy of 20 for SHA-256", { policy: n20 });
  define("policy of 32 for SHA-1", { policy: n32, nameAlg: ALG.SHA1 });
  define("auth of 33", {}, new Uint8Array(33).fill(1));
  define("auth of 21 for SHA-1", { nameAlg: ALG.SHA1 }, new Uint8Array(21).fill(1));
  define("auth of 65", {}, new Uint8Array(65).fill(1));
  define("no hash", { nameAlg: ALG.NULL });
  define("AES as hash", { nameAlg: ALG.AES });
  for (let type = 0; type < 16; type++)
    for (const size of [0, 7, 8, 9, 20, 32])
      define(`type ${type}, ${size} octets, not readable`, {
        attributes: (type << 4) | NV.OWNERWRITE | NV.NO_DA,
        size,
      });
  for (const size of [2048, 2049, 0xffff]) define(`${size} octets`, { size, attributes: NV.OWNERWRITE });
  define("WRITEALL of 1025", { size: 1025, attributes: OWNER | NV.WRITEALL });
  define("reserved bits", { attributes: OWNER | 0x100 });
  define("reserved bits", { attributes: OWNER | 0x0010_0000 });
  define("by lockout", {}, none, RH.LOCKOUT);
  define("by the platform without PLATFORMCREATE", {}, none, RH.PLATFORM);
  define("by the owner with PLATFORMCREATE", { attributes: OWNER | NV.PLATFORMCREATE }, none, RH.OWNER);
  define("POLICY_DELETE by the owner", { attributes: OWNER | NV.POLICY_DELETE });
  define("no way to write", { attributes: NV.OWNERREAD });
  define("no way to read", { attributes: NV.OWNERWRITE });
  define("no attributes", { attributes: 0 });
  for (const [type, bits] of Object.entries(TYPES))
    for (const [name, bit] of Object.entries({ ...NV, nothing: 0 }))
      if (!["COUNTER", "BITS", "EXTEND", "PIN_FAIL", "PIN_PASS", "ORDERLY"].includes(name)) {
        // Whatever is defined is undefined again.
        const attributes = (OWNER | bits) ^ (name === "NO_DA" ? NV.NO_DA : bit & ~NV.NO_DA);
        define(`${type} with ${name}`, { attributes, size: sizeOf(type as Type) });
        add(`undefine ${type} with ${name}`, undefineSpace(RH.PLATFORM, INDEX));
      }
  define("CLEAR_STCLEAR and WRITEDEFINE", { attributes: OWNER | NV.CLEAR_STCLEAR | NV.WRITEDEFINE });
  for (const handle of [0, 0x02000000, 0x80000000, 0x81000000, RH.OWNER]) define(`handle ${handle}`, { handle });
  for (const handle of [0x01ffffff, 0x01000000, 0x01c00002, 0x01800000]) define(`handle ${handle}`, { handle });
  for (const handle of [0x01ffffff, 0x01000000]) define(`handle ${handle} again`, { handle });
  const raw = (name: string, bytes: Uint8Array) =>
    add(`define: ${name}`, command(CC.NV_DefineSpace, [RH.OWNER], [bytes], [password()]));
  raw("empty", concat(sized(none), u16(0)));
  raw("cut off", concat(sized(none), u16(4), u32(INDEX + 9)));
  raw("without publicInfo", sized(none));
  const whole = concat(u32(INDEX + 9), u16(11), u32(OWNER), u16(0), u16(8));
  raw("size one too small", concat(sized(none), u16(13), whole));
  raw("size one too large", concat(sized(none), u16(15), whole));
  raw("octets behind", concat(sized(none), sized(whole), n16));
  for (const property of [0x202, 0x20a, 0x20b]) add(`NV property ${property}`, getCapability(6, property, 1));
  for (const from of [INDEX, INDEX + 1, 0x01ffffff])
    for (const count of [0, 1, 3, 100]) add(`NV handles from ${from}, ${count}`, getCapability(1, from, count));
  for (const handle of [0x01ffffff, 0x01000000, 0x01c00002, 0x01800000]) {
    add(`public area of ${handle}`, nvReadPublic(handle));
    add(`undefine ${handle}`, undefineSpace(RH.OWNER, handle));
    add(`undefine ${handle} again`, undefineSpace(RH.OWNER, handle));
  }
  add("public area of what is gone", nvReadPublic(INDEX));
  add("public area of PCR 0", nvReadPublic(0));
}

export function nvTypes(): void {
  let next = INDEX + 0x100;
  for (const orderly of [0, NV.ORDERLY])
    for (const type of Object.keys(TYPES) as Type[]) {
      const handle = next++;
      const what = `${orderly ? "orderly " : ""}${type}`;
      const size = sizeOf(type);
      add(`define ${what}`, defineSpace({ handle, attributes: OWNER | TYPES[type] | orderly, size }));
      add(`read unwritten ${what}`, nvRead(RH.OWNER, handle, size));
      for (let round = 0; round < 2; round++) {
        add(`write ${what}`, nvWrite(RH.OWNER, handle, new Uint8Array(size).fill(0x81)));
        add(`increment ${what}`, nvIncrement(RH.OWNER, handle));
        add(`extend ${what}`, nvExtend(RH.OWNER, handle, n20));
        add(`set bits of ${what}`, nvSetBits(RH.OWNER, handle, round === 0 ? 0n : 0x8000_0000_0000_0001n));
        add(`write-lock ${what}`, nvWriteLock(RH.OWNER, handle));
        add(`read-lock ${what}`, nvReadLock(RH.OWNER, handle));
        add(`read ${what}`, nvRead(RH.OWNER, handle, size));
        add(`public area of ${what}`, nvReadPublic(handle));
      }
      add(`read ${what} by the platform`, nvRead(RH.PLATFORM, handle, size));
      add(`write ${what} by the platform`, nvWrite(RH.PLATFORM, handle, n16));
      add(`read ${what} by itself`, nvRead(handle, handle, size));
      add(`read ${what} by another`, nvRead(INDEX + 0x100, handle, size));
      add(`write ${what} by itself`, nvWrite(handle, handle, n16));
    }
  for (const nameAlg of [ALG.SHA1, ALG.SHA384, ALG.SHA512]) {
    const handle = next++;
    const size = digest(nameAlg).length;
    add(`define extend, hash ${nameAlg}`, defineSpace({ handle, nameAlg, attributes: OWNER | NV.EXTEND, size }));
    for (const data of [none, n16, new Uint8Array(1024).fill(5)])
      add(`extend, hash ${nameAlg}, by ${data.length}`, nvExtend(RH.OWNER, handle, data));
    add(`read, hash ${nameAlg}`, nvRead(RH.OWNER, handle, size));
    add(`public area, hash ${nameAlg}`, nvReadPublic(handle));
  }
  add("extend by 1025", nvExtend(RH.OWNER, next - 1, new Uint8Array(1025)));
  add("NV properties", getCapability(6, 0x20a, 2));
  // A counter goes on where the largest that ever was left off.
  const counter = INDEX + 0x101;
  for (let i = 0; i < 5; i++) add("increment a counter", nvIncrement(RH.OWNER, counter));
  add("undefine the counter", undefineSpace(RH.OWNER, counter));
  add("define it again", defineSpace({ handle: counter, attributes: OWNER | NV.COUNTER, size: 8 }));
  add("increment it", nvIncrement(RH.OWNER, counter));
  add("read it", nvRead(RH.OWNER, counter, 8));
  add("read 0 octets of it", nvRead(RH.OWNER, counter, 0));
  add("read it at 4", nvRead(RH.OWNER, counter, 4, 4));
  for (let handle = INDEX + 0x100; handle < next; handle++)
    add(`undefine ${handle}`, undefineSpace(RH.PLATFORM, handle));
}

export function nvRanges(): void {
  const [large, orderly, all] = [INDEX, INDEX + 1, INDEX + 2];
  add("define 2048", defineSpace({ handle: large, attributes: OWNER, size: 2048 }));
  add("define an orderly one", defineSpace({ handle: orderly, attributes: OWNER | NV.ORDERLY, size: 100 }));
  add("define one to be written whole", defineSpace({ handle: all, attributes: OWNER | NV.WRITEALL, size: 16 }));
  add("write in the middle", nvWrite(RH.OWNER, large, n16, 1000));
  add("read around it", nvRead(RH.OWNER, large, 40, 990));
  add("write in the middle, orderly", nvWrite(RH.OWNER, orderly, n16, 50));
  add("read around it, orderly", nvRead(RH.OWNER, orderly, 40, 40));
  add("write nothing", nvWrite(RH.OWNER, all, none));
  add("write half", nvWrite(RH.OWNER, all, new Uint8Array(8)));
  add("write more", nvWrite(RH.OWNER, all, new Uint8Array(17)));
  add("write all", nvWrite(RH.OWNER, all, n16));
  add("write nothing at the end", nvWrite(RH.OWNER, large, none, 2048));
  for (const [size, offset] of [
    [1024, 1024],
    [1024, 1025],
    [1, 2047],
    [1, 2048],
    [0, 2049],
    [1024, 0xffff],
  ] as const)
    add(`write ${size} at ${offset}`, nvWrite(RH.OWNER, large, new Uint8Array(size).fill(size), offset));
  add("write 1025", nvWrite(RH.OWNER, large, new Uint8Array(1025)));
  for (const [size, offset] of [
    [1024, 1024],
    [1024, 1025],
    [1025, 0],
    [0xffff, 0xffff],
    [0, 2048],
    [0, 2049],
    [1, 2048],
  ] as const)
    add(`read ${size} at ${offset}`, nvRead(RH.OWNER, large, size, offset));
  add("read without a session", command(CC.NV_Read, [RH.OWNER, large], [u16(1), u16(0)]));
  add("write without its offset", command(CC.NV_Write, [RH.OWNER, large], [sized(n16)], [password()]));
  add("define too much orderly data", defineSpace({ handle: INDEX + 3, attributes: OWNER | NV.ORDERLY, size: 389 }));
  add("define as much as fits", defineSpace({ handle: INDEX + 3, attributes: OWNER | NV.ORDERLY, size: 388 }));
  add("counters that are left", getCapability(6, 0x20b, 1));
  add("define an orderly one of 0", defineSpace({ handle: INDEX + 4, attributes: OWNER | NV.ORDERLY, size: 0 }));
  for (let handle = INDEX; handle < INDEX + 5; handle++) add(`undefine ${handle}`, undefineSpace(RH.OWNER, handle));
  for (let i = 0; i < 26; i++)
    add(
      `define orderly counter ${i}`,
      defineSpace({ handle: INDEX + i, attributes: OWNER | NV.COUNTER | NV.ORDERLY, size: 8 }),
    );
  add("no counter is left", getCapability(6, 0x20b, 1));
  for (let i = 0; i < 26; i++) add(`undefine orderly counter ${i}`, undefineSpace(RH.OWNER, INDEX + i));
}

export function nvLocks(): void {
  const kinds = {
    WRITEDEFINE: NV.WRITEDEFINE,
    WRITE_STCLEAR: NV.WRITE_STCLEAR,
    GLOBALLOCK: NV.GLOBALLOCK,
    READ_STCLEAR: NV.READ_STCLEAR,
    all: NV.WRITEDEFINE | NV.WRITE_STCLEAR | NV.GLOBALLOCK | NV.READ_STCLEAR,
  };
  const state = (what: string, handle: number) => {
    add(`public area of ${what}`, nvReadPublic(handle));
    add(`read ${what}`, nvRead(RH.OWNER, handle, 4));
    add(`write ${what}`, nvWrite(RH.OWNER, handle, [1, 2, 3, 4]));
  };
  const each = (visit: (what: string, handle: number) => void) => {
    let handle = INDEX;
    for (const orderly of [0, NV.ORDERLY])
      for (const [name, bits] of Object.entries(kinds)) {
        const attributes = OWNER | bits | orderly;
        const what = `${orderly ? "orderly " : ""}${name}`;
        if (visit === define) add(`define ${what}`, defineSpace({ handle, attributes, size: 4 }));
        visit(what, handle++);
      }
  };
  const define = () => undefined;
  each(define);
  add("global lock by lockout", globalWriteLock(RH.LOCKOUT));
  each((what, handle) => {
    add(`read-lock ${what}, unwritten`, nvReadLock(RH.OWNER, handle));
    state(what, handle);
    add(`write-lock ${what} by the platform`, nvWriteLock(RH.PLATFORM, handle));
    add(`read-lock ${what} by the platform`, nvReadLock(RH.PLATFORM, handle));
    add(`write-lock ${what} by itself`, nvWriteLock(handle, handle));
  });
  add("global lock", globalWriteLock(RH.OWNER));
  each(state);
  each((what, handle) => {
    add(`write-lock ${what}`, nvWriteLock(RH.OWNER, handle));
    add(`write-lock ${what} again`, nvWriteLock(RH.OWNER, handle));
    add(`read-lock ${what}`, nvReadLock(RH.OWNER, handle));
    state(what, handle);
  });
  add("global lock by the platform", globalWriteLock(RH.PLATFORM));
  each((what, handle) => add(`undefine ${what}`, undefineSpace(RH.OWNER, handle)));
}

export function nvAuthorizations(): void {
  const auth = [7, 8, 9, 0, 0];
  const [both, reads, writes, platform] = [INDEX, INDEX + 1, INDEX + 2, INDEX + 3];
  add("define with auth", defineSpace({ handle: both, attributes: OPEN, size: 4 }, auth));
  const readOnly = NV.AUTHREAD | NV.OWNERWRITE | NV.NO_DA;
  add("define to be read", defineSpace({ handle: reads, attributes: readOnly, size: 4 }, auth));
  const writeOnly = NV.AUTHWRITE | NV.OWNERREAD | NV.NO_DA;
  add("define to be written", defineSpace({ handle: writes, attributes: writeOnly, size: 4 }, auth));
  const byPlatform = NV.PLATFORMCREATE | NV.PPREAD | NV.PPWRITE | NV.AUTHREAD | NV.NO_DA;
  add("define by the platform", defineSpace({ handle: platform, attributes: byPlatform, size: 4 }, auth));
  for (const handle of [both, reads, writes, platform]) {
    for (const proof of [[7, 8, 9], auth, [], [7, 8, 9, 1]])
      add(`write ${handle} with ${proof}`, nvWrite(handle, handle, [1, 2, 3, 4], 0, proof));
    for (const owner of [RH.OWNER, RH.PLATFORM]) {
      add(`write ${handle} by ${owner}`, nvWrite(owner, handle, [5, 6], 1));
      add(`read ${handle} by ${owner}`, nvRead(owner, handle, 4));
    }
    for (const proof of [[7, 8, 9], auth, [], [7, 8, 9, 1]])
      add(`read ${handle} with ${proof}`, nvRead(handle, handle, 4, 0, proof));
    add(`read ${handle} by ${both}`, nvRead(both, handle, 4, 0, auth));
    add(`write ${handle} by ${both}`, nvWrite(both, handle, [1], 0, auth));
    add(`change auth of ${handle} without policy`, command(CC.NV_ChangeAuth, [handle], [sized([1])], [password(auth)]));
    add(
      `undefine ${handle} without its policy`,
      command(CC.NV_UndefineSpaceSpecial, [handle, RH.PLATFORM], [], [password(auth), password()]),
    );
    add(
      `undefine ${handle} with one session`,
      command(CC.NV_UndefineSpaceSpecial, [handle, RH.PLATFORM], [], [password(auth)]),
    );
  }
  const control = (enable: number, state: number) =>
    add(
      `hierarchy ${enable}: ${state}`,
      command(CC.HierarchyControl, [RH.PLATFORM], [u32(enable), [state]], [password()]),
    );
  for (const hierarchy of [RH.OWNER, RH.PLATFORM_NV]) {
    control(hierarchy, 0);
    for (const handle of [both, platform]) {
      add(`public area of ${handle}`, nvReadPublic(handle));
      add(`read ${handle} by the platform`, nvRead(RH.PLATFORM, handle, 4));
    }
    add("define for the platform", defineSpace({ handle: platform, attributes: byPlatform, size: 4 }));
    add("define for the owner", defineSpace({ handle: both, attributes: OPEN, size: 4 }));
    add("NV handles", getCapability(1, INDEX, 10));
    add("global lock", globalWriteLock(RH.PLATFORM));
    control(hierarchy, 1);
  }
  add("undefine the platform's by the owner", undefineSpace(RH.OWNER, platform));
  for (const handle of [both, reads, writes, platform])
    add(`undefine ${handle} by the platform`, undefineSpace(RH.PLATFORM, handle));
}

export function nvPins(): void {
  const auth = [4, 2];
  for (const orderly of [0, NV.ORDERLY])
    for (const [name, type] of Object.entries({ "PIN Pass": NV.PIN_PASS, "PIN Fail": NV.PIN_FAIL })) {
      const what = `${orderly ? "orderly " : ""}${name}`;
      const attributes = NV.OWNERWRITE | NV.OWNERREAD | NV.AUTHREAD | NV.NO_DA | type | orderly;
      const use = (proof: number[]) => {
        add(`use ${what} with ${proof}`, nvRead(INDEX, INDEX, 8, 0, proof));
        add(`count of ${what}`, nvRead(RH.OWNER, INDEX, 8));
      };
      add(`define ${what}`, defineSpace({ handle: INDEX, attributes, size: 8 }, auth));
      use(auth);
      add(`bind to ${what}`, start(RH.NULL, INDEX, n16, none, 0, NUL, 11));
      add(`set ${what}`, nvWrite(RH.OWNER, INDEX, pin(0, 2)));
      for (const proof of [auth, [1], auth, auth, [1], auth]) use(proof);
      add(`set ${what} again`, nvWrite(RH.OWNER, INDEX, pin(0, 2)));
      for (const proof of [[1], [1], auth, [1]]) use(proof);
      add(`reset ${what}`, nvWrite(RH.OWNER, INDEX, pin(0, 0xffffffff)));
      add(`use ${what} out of range`, nvRead(INDEX, INDEX, 9, 0, auth));
      add(`use ${what} without its size`, command(CC.NV_Read, [INDEX, INDEX], [u16(1)], [password(auth)]));
      add(`read-lock by ${what}`, nvReadLock(INDEX, INDEX, auth));
      add(`write by ${what}`, nvWrite(INDEX, INDEX, pin(0, 9), 0, auth));
      use(auth);
      add(`undefine ${what}`, undefineSpace(RH.OWNER, INDEX));
    }
}

export function nvPolicies(): void {
  const zero = new Uint8Array(32);
  const step = (old: Uint8Array, ...parts: Uint8Array[]) => digest(ALG.SHA256, old, ...parts);
  const cc = (code: number) => step(zero, u32(CC.PolicyCommandCode), u32(code));
  const policy = (type: number, name: string, hash = 11) =>
    add(name, start(RH.NULL, RH.NULL, n16, none, type, NUL, hash), { to: 16 });
  const [session, trial] = [0x03000000, 0x03000001];
  const withPolicy = [{ handle: session, nonce: n16, attributes: 1 }];
  const commandCode = (code: number) => command(CC.PolicyCommandCode, [session], [u32(code)]);
  const restart = () => add("restart the policy", command(CC.PolicyRestart, [session]));
  // Responses to a policy session hold a random nonce.
  const passes = { to: 10 };
  policy(1, "policy session");
  policy(3, "trial session");
  const written = step(zero, u32(CC.PolicyNvWritten), Uint8Array.of(1));
  const unwritten = step(zero, u32(CC.PolicyNvWritten), Uint8Array.of(0));
  const policyAttributes = NV.POLICYREAD | NV.POLICYWRITE | NV.OWNERREAD | NV.OWNERWRITE | NV.NO_DA;
  const makeIndex = (handle: number, digest: Uint8Array, attributes = policyAttributes) =>
    add(`define ${handle} with a policy`, defineSpace({ handle, attributes, policy: digest, size: 8 }));
  makeIndex(INDEX, unwritten);
  makeIndex(INDEX + 1, written);
  makeIndex(INDEX + 2, written, NV.POLICYREAD | NV.OWNERWRITE | NV.NO_DA);
  makeIndex(INDEX + 3, written, NV.POLICYWRITE | NV.OWNERREAD | NV.NO_DA);
  makeIndex(INDEX + 4, none);
  for (let handle = INDEX; handle < INDEX + 5; handle++)
    for (const state of [false, true])
      for (let round = 0; round < 2; round++) {
        restart();
        add("PolicyNvWritten", policyNvWritten(session, state));
        add("PolicyNvWritten, the opposite", policyNvWritten(session, !state));
        add("policyDigest", command(CC.PolicyGetDigest, [session]));
        add(
          `write ${handle} where written is ${state}`,
          nvWrite(handle, handle, n16.subarray(8), 0, withPolicy),
          passes,
        );
        restart();
        add("PolicyNvWritten", policyNvWritten(session, state));
        add(`read ${handle} where written is ${state}`, nvRead(handle, handle, 8, 0, withPolicy), passes);
        add(`write ${handle} by the owner`, nvWrite(RH.OWNER, handle, [handle & 0xff], 2));
      }
  restart();
  add("PolicyNvWritten of 2", command(CC.PolicyNvWritten, [session], [[2]]));
  const value = u64(0x0102030405060708n);
  add("write an operand", nvWrite(RH.OWNER, INDEX, value));
  for (const on of [session, trial])
    for (let operation = 0; operation < 13; operation++)
      for (const operand of [value, u64(0x0102030405060709n), u64(0x8102030405060708n), none]) {
        // libtpms takes the sign of nothing from what happens to be in memory.
        const isSigned = [2, 4, 6, 8].includes(operation);
        if (operand.length > 0 || !isSigned)
          add(`PolicyNV ${operation} on ${on}`, policyNv(RH.OWNER, INDEX, on, operand, 0, operation));
      }
  add("PolicyNV at 4", policyNv(RH.OWNER, INDEX, session, [5, 6], 4, 0));
  add("PolicyNV at 8", policyNv(RH.OWNER, INDEX, session, none, 8, 0));
  add("PolicyNV at 9", policyNv(RH.OWNER, INDEX, session, none, 9, 0));
  add("PolicyNV of too much", policyNv(RH.OWNER, INDEX, session, [5, 6], 7, 0), {
    differs: {
      response: "80010000000a00000146",
      clause: "Part 3, 23.9: offset and size beyond dataSize are TPM_RC_NV_RANGE",
    },
  });
  add("PolicyNV of 65", policyNv(RH.OWNER, INDEX, session, new Uint8Array(65), 0, 0));
  add("PolicyNV by the platform", policyNv(RH.PLATFORM, INDEX, session, value, 0, 0));
  add("PolicyNV by the platform, trial", policyNv(RH.PLATFORM, INDEX, trial, value, 0, 0));
  add("PolicyNV in an HMAC session", policyNv(RH.OWNER, INDEX, 0x02000000, value, 0, 0));
  add("define what is not written", defineSpace({ handle: INDEX + 9, attributes: OWNER, size: 34 }));
  for (const on of [session, trial]) {
    add(`PolicyNV, unwritten, on ${on}`, policyNv(RH.OWNER, INDEX + 9, on, [1], 0, 0));
    add(`PolicyAuthorizeNV, unwritten, on ${on}`, policyAuthorizeNv(RH.OWNER, INDEX + 9, on));
    add(`policyDigest of ${on}`, command(CC.PolicyGetDigest, [on]));
  }
  restart();
  const approve = (what: string, content: Uint8Array) => {
    add(`approve ${what}`, nvWrite(RH.OWNER, INDEX + 9, content));
    add(`PolicyAuthorizeNV of ${what}`, policyAuthorizeNv(RH.OWNER, INDEX + 9, session));
    add(`policyDigest after ${what}`, command(CC.PolicyGetDigest, [session]));
  };
  approve("another policy", concat(u16(11), n32));
  approve("no hash", concat(u16(0x10), zero));
  approve("AES", concat(u16(6), zero));
  approve("SHA-1", concat(u16(4), zero));
  approve("SHA-512", concat(u16(13), zero));
  approve("this policy", concat(u16(11), zero));
  add("define a small one", defineSpace({ handle: INDEX + 10, attributes: OWNER, size: 1 }));
  add("write it", nvWrite(RH.OWNER, INDEX + 10, [0]));
  add("PolicyAuthorizeNV of one octet", policyAuthorizeNv(RH.OWNER, INDEX + 10, session));
  for (const handle of [0, 1, 2, 3, 4, 9, 10]) add(`undefine ${handle}`, undefineSpace(RH.OWNER, INDEX + handle));

  // The administrator's role.
  const changing = { handle: INDEX, attributes: OPEN, policy: cc(CC.NV_ChangeAuth), size: 4 };
  add("define to change its auth", defineSpace(changing, [1]));
  const changeAuth = (auth: Uint8Array | number[]) => command(CC.NV_ChangeAuth, [INDEX], [sized(auth)], withPolicy);
  restart();
  add("change auth without command code", changeAuth([2]));
  add("PolicyCommandCode of another", commandCode(CC.NV_Read));
  add("change auth by it", changeAuth([2]));
  restart();
  add("PolicyCommandCode", commandCode(CC.NV_ChangeAuth));
  add("change auth to too much", changeAuth(new Uint8Array(33).fill(1)));
  add("change auth", changeAuth([2, 0]), passes);
  add("write with the new auth", nvWrite(INDEX, INDEX, [1], 0, [2]));
  add("write with the old auth", nvWrite(INDEX, INDEX, [1], 0, [1]));
  const special = NV.PLATFORMCREATE | NV.POLICY_DELETE | NV.PPREAD | NV.PPWRITE | NV.NO_DA;
  add(
    "define for ever",
    defineSpace({ handle: INDEX + 1, attributes: special, policy: cc(CC.NV_UndefineSpaceSpecial), size: 4 }),
  );
  add("undefine what has a policy for it", undefineSpace(RH.PLATFORM, INDEX + 1));
  const undefine = (handle: number) =>
    command(CC.NV_UndefineSpaceSpecial, [handle, RH.PLATFORM], [], [...withPolicy, password()]);
  restart();
  add("PolicyCommandCode", commandCode(CC.NV_UndefineSpaceSpecial));
  add("undefine what has another policy", undefine(INDEX));
  add("undefine by policy", undefine(INDEX + 1), passes);
  add("it is gone", nvReadPublic(INDEX + 1));
  add("undefine the other", undefineSpace(RH.OWNER, INDEX));
  // A policy for what the attributes leave to others.
  add("define with a policy to delete", defineSpace({ ...changing, policy: cc(CC.NV_UndefineSpaceSpecial) }));
  restart();
  add("PolicyCommandCode", commandCode(CC.NV_UndefineSpaceSpecial));
  add("undefine without POLICY_DELETE", undefine(INDEX));
  add("undefine it", undefineSpace(RH.OWNER, INDEX));
  for (const handle of [session, trial]) add(`flush ${handle}`, flush(handle));
}
