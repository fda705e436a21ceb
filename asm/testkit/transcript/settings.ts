/** Lockout, PCR settings, hierarchies, clock, self-tests and shutdown. */

import { command, password, sized, u8, u16, u32, u64 } from "../harness.ts";
import { CC, RH } from "../names.ts";
import {
  add,
  extend,
  getCapability,
  NUL,
  n16,
  n20,
  n32,
  none,
  read,
  type Selections,
  selection,
  sha256,
  start,
} from "./builders.ts";

export function lockout(): void {
  const reset = (auth: number[] = []) => command(CC.DictionaryAttackLockReset, [RH.LOCKOUT], [], [password(auth)]);
  add("lockout reset, the first use", reset());
  add("lockout reset, the second", reset());
  add("lockout reset, wrong auth", reset([1]));
  add("lockout reset, now refused", reset());
  add("properties", getCapability(6, 0x20e, 4));
  add("Clear by lockout", command(CC.Clear, [RH.LOCKOUT], [], [password()]));
  add("Clear by the owner", command(CC.Clear, [RH.OWNER], [], [password()]));
  add("Clear by the platform", command(CC.Clear, [RH.PLATFORM], [], [password()]));
  add("lockout reset after Clear", reset());
  const set = (tries: number, recovery: number, lockoutRecovery: number, handle: number = RH.LOCKOUT) =>
    command(CC.DictionaryAttackParameters, [handle], [u32(tries), u32(recovery), u32(lockoutRecovery)], [password()]);
  add("lockout parameters", set(5, 2000, 0));
  add("lockout parameters by the owner", set(5, 2000, 0, RH.OWNER));
  add("properties", getCapability(6, 0x20e, 4));
  add("lockout parameters, no tries", set(0, 2000, 0));
  add("permanent attributes", getCapability(6, 0x200, 1));
  add("lockout reset by the platform", command(CC.DictionaryAttackLockReset, [RH.PLATFORM], [], [password()]));
  add("lockout parameters", set(32, 7200, 86400));
}

export function pcrSettings(): void {
  const allocate = (...s: Selections) => command(CC.PCR_Allocate, [RH.PLATFORM], [selection(...s)], [password()]);
  const everything = Array.from({ length: 24 }, (_, i) => i);
  const policy = (digest: Uint8Array, hash: number, pcr: number) =>
    command(CC.PCR_SetAuthPolicy, [RH.PLATFORM], [sized(digest), u16(hash), u32(pcr)], [password()]);
  add("policy of PCR 20, size and hash differ", policy(n20, 11, 20));
  add("policy of PCR 20 without hash", policy(n20, 0x10, 20));
  add("policy of PCR 16", policy(n32, 11, 16));
  add("policy of PCR 24", policy(n32, 11, 24));
  add("policy of PCR 21", policy(n32, 11, 21));
  add("password for PCR 20, which has a policy", extend(20, sha256), { locality: 2 });
  add("no policy of PCR 21", policy(none, 0x10, 21));
  add("password for PCR 20", extend(20, sha256), { locality: 2 });
  const value = (pcr: number, auth: number[], from: number[] = []) =>
    command(CC.PCR_SetAuthValue, [pcr], [sized(auth)], [password(from)]);
  add("auth of PCR 16", value(16, [1]));
  add("auth of no PCR", value(RH.NULL, [1]));
  add("auth of PCR 20", value(20, [1, 2, 0]));
  add("auth of PCR 20, now wrong", value(20, []));
  add("auth of PCR 22, which shares it", value(22, [], [1, 2]));
  add("auth too large", value(20, new Array<number>(65).fill(1)));
  add("allocate nothing new", allocate());
  add("allocate no H-CRTM", allocate([4, []], [11, [17]], [12, []], [13, []]));
  add("allocate no D-RTM", allocate([4, []], [11, [0]], [12, []], [13, []]));
  add("allocate an unknown bank", allocate([0x12, everything]));
  add("allocate by the owner", command(CC.PCR_Allocate, [RH.OWNER], [selection()], [password()]));
  add("allocate a bank twice", allocate([4, []], [4, everything]));
  add("allocate with a short selection", allocate([4, [0, 1], 2]));
  add("allocate SHA-256 only", allocate([4, []], [11, everything], [12, []], [13, []]));
  add("banks until the next start", getCapability(5, 0, 1));
  add("read SHA-1 until the next start", read([4, [17]]));
  add("Shutdown(STATE) after it", command(CC.Shutdown, [], [u16(1)]));
  add("allocate all", allocate([4, everything], [11, everything], [12, everything], [13, everything]));
}

export function hierarchies(): void {
  const control = (auth: number, enable: number, state: number) =>
    command(CC.HierarchyControl, [auth], [u32(enable), u8(state)], [password()]);
  const all = [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM_NV, RH.LOCKOUT, RH.NULL];
  for (const auth of [RH.OWNER, RH.ENDORSEMENT, RH.LOCKOUT, RH.NULL])
    for (const enable of [RH.PLATFORM, ...all])
      for (const state of [0, 1, 2])
        add(
          `HierarchyControl by ${auth.toString(16)} of ${enable.toString(16)}: ${state}`,
          control(auth, enable, state),
        );
  add("owner, disabled", command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password()]));
  add("bind to a disabled owner", start(RH.NULL, RH.OWNER, n16, none, 0, NUL, 11));
  for (const state of [1, 0, 1])
    for (const enable of all)
      add(`HierarchyControl by the platform of ${enable.toString(16)}: ${state}`, control(RH.PLATFORM, enable, state));
  add("startup attributes", getCapability(6, 0x201, 1));
  const policy = (handle: number, digest: Uint8Array, hash: number) =>
    command(CC.SetPrimaryPolicy, [handle], [sized(digest), u16(hash)], [password()]);
  for (const handle of [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.NULL]) {
    add(`policy of ${handle.toString(16)}, size and hash differ`, policy(handle, n20, 11));
    add(`policy of ${handle.toString(16)} without hash`, policy(handle, n20, 0x10));
    add(`policy of ${handle.toString(16)} with another hash`, policy(handle, n32, 0x12));
    add(`policy of ${handle.toString(16)}`, policy(handle, n32, 11));
  }
  add("policies", getCapability(9, 0x40000000, 10));
  const auth = (handle: number, to: Uint8Array | number[], from: number[] = []) =>
    command(CC.HierarchyChangeAuth, [handle], [sized(to)], [password(from)]);
  for (const handle of [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.NULL, RH.PLATFORM_NV]) {
    add(`auth of ${handle.toString(16)}`, auth(handle, [1, 2, 0, 0]));
    add(`auth of ${handle.toString(16)}, wrong`, auth(handle, []));
    add(`auth of ${handle.toString(16)}, right`, auth(handle, new Uint8Array(64).fill(9), [1, 2]));
    add(`auth of ${handle.toString(16)}, too large`, auth(handle, new Uint8Array(65), new Array<number>(64).fill(9)));
    add(`auth of ${handle.toString(16)}, all zeros`, auth(handle, new Uint8Array(64), new Array<number>(64).fill(9)));
  }
  add("auth attributes", getCapability(6, 0x200, 1));
  const clearControl = (handle: number, disable: number) =>
    command(CC.ClearControl, [handle], [u8(disable)], [password()]);
  for (const handle of [RH.OWNER, RH.PLATFORM])
    for (const disable of [2, 1])
      add(`ClearControl by ${handle.toString(16)}: ${disable}`, clearControl(handle, disable));
  add("Clear, disabled", command(CC.Clear, [RH.PLATFORM], [], [password()]));
  add("permanent attributes", getCapability(6, 0x200, 1));
  add("ClearControl by the platform: enable", clearControl(RH.PLATFORM, 0));
  for (const handle of [RH.OWNER, RH.PLATFORM]) {
    add(`ChangePPS by ${handle.toString(16)}`, command(CC.ChangePPS, [handle], [], [password()]));
    add(`ChangeEPS by ${handle.toString(16)}`, command(CC.ChangeEPS, [handle], [], [password()]));
  }
  add("policies after the changes", getCapability(9, 0x40000000, 10));
}

export function clocks(): void {
  const clockSet = (handle: number, time: bigint) => command(CC.ClockSet, [handle], [u64(time)], [password()]);
  add("resetCount, restartCount, safe", command(CC.ReadClock), { from: 26 });
  add("ReadClock with octets", command(CC.ReadClock, [], [u8(0)]));
  add("ClockSet too far", clockSet(RH.OWNER, 0xffff000000000001n));
  add("ClockSet", clockSet(RH.OWNER, 0x100000000n));
  add("Clock", command(CC.ReadClock), { from: 18, to: 23 });
  add("ClockSet back", clockSet(RH.OWNER, 0xffffffffn));
  add("ClockSet by endorsement", clockSet(RH.ENDORSEMENT, 0x100000000n));
  add("ClockSet by the platform, the last", clockSet(RH.PLATFORM, 0xffff000000000000n));
  for (const adjust of [-4, -3, -2, -1, 0, 1, 2, 3, 4])
    add(`ClockRateAdjust ${adjust}`, command(CC.ClockRateAdjust, [RH.OWNER], [u8(adjust)], [password()]));
}

export function parameters(): void {
  const test = (...parts: Uint8Array[]) => command(CC.TestParms, [], parts);
  add("TestParms, SYMCIPHER AES-128-CFB", test(u16(0x25), u16(6), u16(128), u16(0x43)));
  add("TestParms, SYMCIPHER AES-64", test(u16(0x25), u16(6), u16(64), u16(0x43)));
  add("TestParms, KEYEDHASH HMAC", test(u16(8), u16(5), u16(11)));
  add("TestParms, KEYEDHASH XOR", test(u16(8), u16(10), u16(11), u16(0x22)));
  add("TestParms, KEYEDHASH without scheme", test(u16(8), u16(0x10)));
  add("TestParms, KEYEDHASH HMAC without hash", test(u16(8), u16(5), u16(0x10)));
  add("TestParms, no type", test(u16(0x10)));
  add("TestParms, SHA-256 as a type", test(u16(11)));
  add("TestParms, cut off", test(u16(8)));
}

export function tests(): void {
  add("SelfTest", command(CC.SelfTest, [], [u8(1)]));
  add("SelfTest, not YES or NO", command(CC.SelfTest, [], [u8(2)]));
  add("GetTestResult", command(CC.GetTestResult));
  add("IncrementalSelfTest of nothing", command(CC.IncrementalSelfTest, [], [u32(0)]));
  add("IncrementalSelfTest of SHA-256", command(CC.IncrementalSelfTest, [], [u32(1), u16(11)]));
  add("IncrementalSelfTest of no algorithm", command(CC.IncrementalSelfTest, [], [u32(1), u16(0x99)]));
  add("IncrementalSelfTest of too many", command(CC.IncrementalSelfTest, [], [u32(65), new Uint8Array(130)]));
  add("Shutdown(STATE)", command(CC.Shutdown, [], [u16(1)]));
  add("Shutdown of no known type", command(CC.Shutdown, [], [u16(2)]));
}
