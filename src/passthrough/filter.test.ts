import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CommandName, commandNamed, commands } from "../spec/commands.ts";
import { ALLOWABLE, judge, unknownAllowances } from "./index.ts";
import { RULES } from "./rules.ts";

const NOTHING: ReadonlySet<string> = new Set();
const PLATFORM = 0x4000000c;
const LOCKOUT = 0x4000000a;
const OWNER = 0x40000001;

/** A command of these handles and octets; its header says what it is. */
function commandOf(
  code: number,
  handles: readonly number[],
  rest: Uint8Array = new Uint8Array(),
  tag = 0x8002,
): Uint8Array {
  const bytes = new Uint8Array(10 + 4 * handles.length + rest.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag);
  view.setUint32(2, bytes.length);
  view.setUint32(6, code);
  handles.forEach((handle, at) => {
    view.setUint32(10 + 4 * at, handle);
  });
  bytes.set(rest, 10 + 4 * handles.length);
  return bytes;
}
const named = (name: CommandName, ...handles: number[]) => commandOf(commandNamed(name).code, handles);
const verdictOf = (bytes: Uint8Array, ...allowed: string[]) => judge(bytes, new Set(allowed), { started: false });
const codeOf = (bytes: Uint8Array, ...allowed: string[]) => {
  const verdict = verdictOf(bytes, ...allowed);
  return verdict.kind === "pass" ? "passes" : verdict.responseCode;
};

/** What the issue of passthrough names, by hand, so that a slip in the table shows. */
const HARMFUL: CommandName[] = [
  "HierarchyControl",
  "HierarchyChangeAuth",
  "SetPrimaryPolicy",
  "Clear",
  "ClearControl",
  "ChangePPS",
  "ChangeEPS",
  "PCR_Allocate",
  "DictionaryAttackLockReset",
  "DictionaryAttackParameters",
  "FieldUpgradeStart",
  "FieldUpgradeData",
  "PP_Commands",
];

describe("what a guest may do to the host's chip", () => {
  it.each(HARMFUL)(
    "%s does not reach it, whosever authorisation is used, unless it is allowed by this name",
    (name) => {
      const { handles } = commandNamed(name);
      const bytes = named(name, ...handles.map(() => OWNER));
      expect(codeOf(bytes)).toBe(0x143);
      expect(codeOf(bytes, name)).toBe("passes");
      expect(codeOf(bytes, ...ALLOWABLE.filter((each) => each !== name))).toBe(0x143);
    },
  );

  it.each(["PCR_Extend", "PCR_Event", "PCR_Reset", "EventSequenceComplete"] as const)(
    "%s reaches PCRs 16 to 23, and those of the platform only where it is allowed",
    (name) => {
      const others = commandNamed(name)
        .handles.slice(1)
        .map(() => 0x80000000);
      for (let pcr = 0; pcr < 24; pcr++) {
        const bytes = named(name, pcr, ...others);
        expect([pcr, codeOf(bytes)]).toEqual([pcr, pcr < 16 ? 0x907 : "passes"]);
        expect(codeOf(bytes, name)).toBe("passes");
      }
      // An event sequence that extends none.
      expect(codeOf(named(name, 0x40000007, ...others))).toBe("passes");
    },
  );

  it("refuses platform and lockout authorisation in any place for a handle, of every command", () => {
    for (const { name, code, handles } of commands) {
      for (let at = 0; at < handles.length; at++) {
        for (const [handle, allowance] of [
          [PLATFORM, "TPM_RH_PLATFORM"],
          [0x4000000d, "TPM_RH_PLATFORM"],
          [LOCKOUT, "TPM_RH_LOCKOUT"],
          // Of revisions after 1.59, by platformAuth too: firmware-limited and SVN-limited.
          [0x40000142, "TPM_RH_PLATFORM"],
          [0x40030000, "TPM_RH_PLATFORM"],
          [0x4003ffff, "TPM_RH_PLATFORM"],
          // Of none.
          [0x40000120, "TPM_RH_AUTH_00"],
          [0x40050000, "TPM_RH_AUTH_00"],
          [0x40ffffff, "TPM_RH_AUTH_00"],
          [0x40000010, "TPM_RH_AUTH_00"],
          [0x4000010f, "TPM_RH_AUTH_00"],
        ] as const) {
          const bytes = commandOf(
            code,
            handles.map((_, each) => (each === at ? handle : 0x80000000)),
          );
          const others = ALLOWABLE.filter((each) => each !== allowance);
          expect([name, at, verdictOf(bytes, ...others)]).toEqual([
            name,
            at,
            { kind: "answer", responseCode: 0x185 + 0x100 * at, why: expect.stringContaining(allowance) },
          ]);
          expect(codeOf(bytes, ...ALLOWABLE)).toBe("passes");
        }
      }
    }
  });

  it("lets the guest use the owner's, endorsement's and NULL hierarchies, also those of later revisions", () => {
    const its = [OWNER, 0x4000000b, 0x40000007, 0x40000140, 0x40000141, 0x40000143, 0x40010000, 0x4002ffff, 0x4004ffff];
    for (const handle of its) expect([handle, codeOf(named("CreatePrimary", handle))]).toEqual([handle, "passes"]);
  });

  it("answers Startup and Shutdown itself, as a chip that has been through a reset", () => {
    const ask = (hex: string, started: boolean) =>
      judge(Uint8Array.from(Buffer.from(hex, "hex")), new Set(ALLOWABLE), { started });
    const answer = (responseCode: number) => ({ kind: "answer", responseCode, why: null });
    for (const type of ["0000", "0001"]) {
      expect(ask(`80010000000c00000144${type}`, false)).toEqual(answer(0));
      expect(ask(`80010000000c00000144${type}`, true)).toEqual(answer(0x100));
      expect(ask(`80010000000c00000145${type}`, true)).toEqual(answer(0));
    }
    expect(ask("80010000000c000001440002", false)).toEqual(answer(0x1c4));
    expect(ask("80010000000d00000144000000", false)).toEqual(answer(0x142));
    expect(ask("80010000000b0000014400", false)).toEqual(answer(0x142));
    expect(ask("80020000000c000001440000", false)).toEqual(answer(0x145));
    expect(unknownAllowances(["Startup", "Shutdown", "Clear", "TPM_RH_OWNER"])).toEqual([
      "Startup",
      "Shutdown",
      "TPM_RH_OWNER",
    ]);
  });

  it("lets through only what is whole, of a command that is known, and says so in its header", () => {
    const handle = fc.oneof(
      fc.nat({ max: 30 }),
      fc.constantFrom(OWNER, PLATFORM, LOCKOUT),
      fc.integer({ min: 0, max: 0xffffffff }),
    );
    const whole = fc
      .tuple(
        fc.constantFrom(...commands),
        fc.array(handle, { maxLength: 4 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(0x8001, 0x8002),
      )
      .map(([{ code }, handles, rest, tag]) => commandOf(code, handles, rest, tag));
    const damaged = fc
      .tuple(whole, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.integer({ min: -12, max: 12 }))
      .map(([bytes, at, flip, longer]) => {
        const out = new Uint8Array(Math.max(0, bytes.length + longer));
        out.set(bytes.subarray(0, out.length));
        if (out.length > 0) out[at % out.length] = (out[at % out.length] as number) ^ flip;
        return out;
      });
    fc.assert(
      fc.property(fc.oneof(whole, damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const before = bytes.slice();
        const verdict = judge(bytes, NOTHING, { started: true });
        expect(bytes).toEqual(before);
        if (verdict.kind === "answer") return;
        const view = Buffer.from(bytes);
        expect([0x8001, 0x8002]).toContain(view.readUInt16BE(0));
        expect(view.readUInt32BE(2)).toBe(bytes.length);
        const row = commands.find(({ code }) => code === view.readUInt32BE(6));
        expect(["pass", "platformPcrs"]).toContain(RULES[row!.name]);
        const handles = row!.handles.map((_, at) => view.readUInt32BE(10 + 4 * at));
        expect(handles).not.toContain(PLATFORM);
        expect(handles).not.toContain(LOCKOUT);
        if (RULES[row!.name] === "platformPcrs") expect(handles[0]).toBeGreaterThan(15);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses every code that the tables do not have, vendors' own among them", () => {
    const known = new Set(commands.map(({ code }) => code));
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 0x100, max: 0x200 }), fc.integer({ min: 0, max: 0xffffffff })), (code) => {
        if (!known.has(code)) expect(codeOf(commandOf(code, []), ...ALLOWABLE)).toBe(0x143);
      }),
    );
  });
});
