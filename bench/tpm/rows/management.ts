/** Part 3, chapters 24 to 26 and 28 to 30: hierarchies, lockout, odds and ends, contexts, clocks, capabilities. */
import { command, concat, password, sized, u8, u16, u32, u64 } from "../../../asm/testkit/harness.ts";
import { ALG, RH } from "../../../asm/testkit/names.ts";
import {
  createPrimary,
  ecc,
  evictControl,
  keyedHash,
  rsa,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
} from "../../../asm/testkit/objects.ts";
import { getCapability, NUL, n16, none, start } from "../../../asm/testkit/transcript/builders.ts";
import { type Chapter, type Part, plain, row, type Setup } from "../row.ts";
import { begun, DIGEST, flushed, primary } from "./setup.ts";

/** TPM2_CreatePrimary with another unique at each call, and so another key: the same ones in all TPMs that have the same seed. */
function primaries(): Part {
  let count = 0;
  return () => createPrimary(rsa(STORAGE, { unique: sized(u32(count++)) }));
}

const by = (code: number, handle: number, ...parameters: Uint8Array[]) =>
  command(code, [handle], parameters, [password()]);
const ownerEnabled = (enabled: number) => by(0x121, RH.PLATFORM, u32(RH.OWNER), u8(enabled));
const ownerPolicy = (policy: Uint8Array, algorithm: number) => by(0x12e, RH.OWNER, sized(policy), u16(algorithm));
const clearDisabled = (disabled: number) => by(0x127, RH.PLATFORM, u8(disabled));

export const hierarchyCommands: Chapter = {
  number: 24,
  rows: [
    plain("CreatePrimary P-256 and FlushContext", [createPrimary(ecc(STORAGE)), flushed()], { goal: 200 }),
    row("CreatePrimary RSA-2048 and FlushContext", () => [primaries(), flushed()], { samples: 40 }),
    plain("CreatePrimary, sealed data, and FlushContext", [
      createPrimary(keyedHash(SEALED), RH.OWNER, sensitive([], DIGEST)),
      flushed(),
    ]),
    plain("HierarchyControl, twice: the owner's off and on", [ownerEnabled(0), ownerEnabled(1)]),
    plain("SetPrimaryPolicy, twice: sets and clears", [
      ownerPolicy(DIGEST, ALG.SHA256),
      ownerPolicy(new Uint8Array(0), ALG.NULL),
    ]),
    plain("ChangePPS", by(0x125, RH.PLATFORM)),
    plain("ChangeEPS", by(0x124, RH.PLATFORM)),
    plain("Clear", by(0x126, RH.PLATFORM)),
    plain("ClearControl, twice: disables and enables", [clearDisabled(1), clearDisabled(0)]),
    plain("HierarchyChangeAuth, empty", by(0x129, RH.OWNER, sized([]))),
  ],
};

export const dictionaryAttackFunctions: Chapter = {
  number: 25,
  rows: [
    plain("DictionaryAttackLockReset", by(0x139, RH.LOCKOUT)),
    plain("DictionaryAttackParameters", by(0x13a, RH.LOCKOUT, u32(32), u32(7200), u32(86_400))),
  ],
};

const CLEAR = 0x126;
const list = (...codes: number[]) => concat(u32(codes.length), ...codes.map(u32));

export const miscellaneousManagementFunctions: Chapter = {
  number: 26,
  rows: [
    row(
      "PP_Commands, twice: sets and clears",
      async ({ platform }) => {
        await platform.setPhysicalPresence?.(true);
        return [by(0x12d, RH.PLATFORM, list(CLEAR), list()), by(0x12d, RH.PLATFORM, list(), list(CLEAR))];
      },
      { on: "in process" },
    ),
    plain("SetAlgorithmSet", by(0x13f, RH.PLATFORM, u32(0))),
  ],
};

const save = (handle: number) => command(0x162, [handle]);
const saving = (template: Uint8Array) => async (setup: Setup) => [save((await primary(setup, template)).handle)];
const loading = (template: Uint8Array) => async (setup: Setup) => {
  const { handle } = await primary(setup, template);
  return [command(0x161, [], [(await setup.send(save(handle))).body]), flushed()];
};
const PERSISTENT = 0x81000001;

export const contextManagement: Chapter = {
  number: 28,
  rows: [
    row("ContextSave RSA-2048", saving(rsa(SIGNING)), { goal: 12 }),
    row("ContextSave P-256", saving(ecc(SIGNING))),
    row("ContextLoad RSA-2048 and FlushContext", loading(rsa(SIGNING)), { goal: 12 }),
    row("ContextLoad P-256 and FlushContext", loading(ecc(SIGNING))),
    row("ContextSave and ContextLoad of a session", async (setup) => {
      const session = await begun(setup, start(RH.NULL, RH.NULL, n16, none, 0, NUL, ALG.SHA256));
      // The header of an answer is as long as that of a command: what follows it is the context.
      let load = new Uint8Array(0);
      const reload = (answer: Uint8Array) => {
        if (load.length !== answer.length) load = Uint8Array.from(command(0x161, [], [answer.subarray(10)]));
        else load.set(answer.subarray(10), 10);
        return load;
      };
      return [save(session), reload];
    }),
    row("EvictControl, twice: makes persistent and evicts", async (setup) => {
      const { handle } = await primary(setup, ecc(SIGNING));
      return [evictControl(handle, PERSISTENT), evictControl(PERSISTENT, PERSISTENT)];
    }),
  ],
};

/** Clock is never set back: each call sets it a second further. */
function clockSet(): (answer: Uint8Array) => Uint8Array {
  const bytes = by(0x128, RH.OWNER, u64(1n << 40n));
  const view = new DataView(bytes.buffer, bytes.length - 8);
  let seconds = 0;
  return () => {
    view.setUint32(4, ++seconds * 1000);
    return bytes;
  };
}

export const clocksAndTimers: Chapter = {
  number: 29,
  rows: [
    plain("ReadClock", command(0x181)),
    row("ClockSet, a second further", () => [clockSet()]),
    plain("ClockRateAdjust, no change", by(0x130, RH.OWNER, u8(0))),
  ],
};

export const capabilityCommands: Chapter = {
  number: 30,
  rows: [
    plain("GetCapability, fixed properties", getCapability(6, 0x100, 64)),
    plain("GetCapability, algorithms", getCapability(0, 0, 64)),
    plain("TestParms, RSA-2048", command(0x18a, [], [u16(1), NUL, NUL, u16(2048), u32(0)])),
    plain("TestParms, P-256", command(0x18a, [], [u16(0x23), NUL, NUL, u16(3), NUL])),
  ],
};
