/** The checks against a TPM: what passes, and what whoever is on another way is told. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandName } from "../../client/index.ts";
import { made, storageKey } from "../../client/testkit/keys.ts";
import { specIdEvent, type TcgEvent } from "../../firmware/eventLog.ts";
import { EV_IPL } from "../../firmware/eventTypes.ts";
import { algorithms, TPM_ALG } from "../../spec/algorithms.ts";
import { ParameterError } from "../schema.ts";
import { Bench } from "../testkit/bench.ts";
import { normalized } from "./answer.ts";
import { checks, readCall } from "./index.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(() => bench.close());

const sha256 = (...parts: readonly (Uint8Array | string)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const ZEROS = new Uint8Array(32);
const extend = (pcrHandle: number, text: string) =>
  bench.client.call("PCR_Extend", {
    handles: { pcrHandle },
    parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(sha256(text)) }] },
  });
const reset = (pcrHandle: number) => bench.client.call("PCR_Reset", { handles: { pcrHandle } });
const primary = (primaryHandle: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT") =>
  bench.client.call("CreatePrimary", { handles: { primaryHandle }, parameters: made(storageKey) });

/** A command that the TPM refuses is a fact, too. */
async function refused(work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toThrow(/TPM_RC_/);
}

describe("command", () => {
  it("asks for a command of one hierarchy, and says which it was", async () => {
    const asked = { command: { name: "CreatePrimary", succeeded: true, parent: "owner" } };
    expect(await bench.told(asked)).toBe("? TPM2_CreatePrimary was not sent to the TPM yet.");
    await primary("TPM_RH_ENDORSEMENT");
    expect(await bench.told(asked)).toBe(
      "TPM2_CreatePrimary was done under the endorsement hierarchy; the owner hierarchy was asked.",
    );
    await primary("TPM_RH_OWNER");
    expect(await bench.told(asked)).toBe("passed");
  });

  it("asks for success or a response code", async () => {
    await refused(reset(0));
    expect(await bench.told({ command: { name: "PCR_Reset", response: "TPM_RC_LOCALITY" } })).toBe("passed");
    expect(await bench.told({ command: { name: "PCR_Reset", succeeded: false, handle: 0 } })).toBe("passed");
    expect(await bench.told({ command: { name: "PCR_Reset", succeeded: true } })).toMatch(
      /^The TPM refused TPM2_PCR_Reset with TPM_RC_LOCALITY: /,
    );
    expect(await bench.told({ command: { name: "PCR_Reset", handle: 16 } })).toBe(
      "TPM2_PCR_Reset was about 0x0; 0x10 was asked.",
    );
    expect(await bench.told({ command: { name: "PCR_Reset", response: "TPM_RC_AUTH_FAIL" } })).toBe(
      "The TPM answered TPM_RC_LOCALITY to TPM2_PCR_Reset; TPM_RC_AUTH_FAIL was asked.",
    );
  });

  it("tells of the one that came closest, of several the latest", async () => {
    await extend(16, "a");
    await refused(reset(0));
    const asked = { command: { name: ["PCR_Reset", "PCR_Extend"], handle: 0x10, succeeded: true, times: 2 } };
    expect(await bench.told(asked)).toBe("TPM2_PCR_Reset or TPM2_PCR_Extend came once so far; twice was asked.");
    await reset(16);
    expect(await bench.told(asked)).toBe("passed");
  });

  it("asks for fields, numbers written in any way, and tells no secret", async () => {
    await bench.client.call("GetRandom", { parameters: { bytesRequested: 32 } });
    expect(await bench.told({ command: { name: "GetRandom", fields: { bytesRequested: 32 } } })).toBe("passed");
    expect(await bench.told({ command: { name: "GetRandom", fields: { bytesRequested: "0x20" } } })).toBe("passed");
    expect(await bench.told({ command: { name: "GetRandom", fields: { bytesRequested: 16 } } })).toBe(
      "BytesRequested of TPM2_GetRandom was 32; 16 was asked.",
    );
    expect(await bench.told({ command: { name: "GetRandom", fields: { nonsense: 1 } } })).toBe(
      "Nonsense of TPM2_GetRandom was not there; 1 was asked.",
    );
    await bench.client.call("HierarchyChangeAuth", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: { newAuth: new TextEncoder().encode("correct horse") },
    });
    const told = await bench.told({ command: { name: "HierarchyChangeAuth", fields: { newAuth: "00" } } });
    expect(told).toBe("NewAuth of TPM2_HierarchyChangeAuth was another; 00 was asked.");
  });

  it("asks who authorised it, and for a session's attributes", async () => {
    const asked = (auth: string) => ({ command: { name: "Clear", auth } });
    await bench.client.call("Clear", { handles: { authHandle: "TPM_RH_LOCKOUT" } });
    expect(await bench.told(asked("password"))).toBe("passed");
    expect(await bench.told(asked("hmac"))).toBe("TPM2_Clear was authorised by a password; an HMAC session was asked.");
    const cipher = { algorithm: "TPM_ALG_AES", keyBits: 128 } as const;
    const session = await bench.client.startSession({ cipher });
    await bench.client.call(
      "Clear",
      { handles: { authHandle: "TPM_RH_LOCKOUT" } },
      { sessions: [{ session, auth: "" }] },
    );
    expect(await bench.told(asked("hmac"))).toBe("passed");
    await bench.client.call("GetRandom", { parameters: { bytesRequested: 8 } });
    const encrypted = { command: { name: "GetRandom", session: "encrypt" } };
    expect(await bench.told(encrypted)).toBe(
      "TPM2_GetRandom came with no session attribute; a session with encrypt was asked.",
    );
    const options = { sessions: [{ session, encrypt: true }] };
    await bench.client.call("GetRandom", { parameters: { bytesRequested: 8 } }, options);
    expect(await bench.told(encrypted)).toBe("passed");
    await bench.facts.beginStep();
    await bench.client.call("GetRandom", { parameters: { bytesRequested: 8 } }, options);
    expect(await bench.told({ command: { name: "GetRandom", withoutSession: "encrypt" } })).toBe(
      "TPM2_GetRandom came with continueSession and encrypt; no encrypt was asked.",
    );
    expect(await bench.told({ command: { name: "GetRandom", auth: "hmac" } })).toBe(
      "TPM2_GetRandom was authorised by nothing; an HMAC session was asked.",
    );
  });

  it("of the step, or of the lesson", async () => {
    await extend(16, "a");
    await bench.facts.beginStep();
    expect(await bench.told({ command: { name: "PCR_Extend" } })).toMatch(/^\? /);
    expect(await bench.told({ command: { name: "PCR_Extend", since: "lesson" } })).toBe("passed");
  });
});

describe("pcr", () => {
  it("holds a value against node:crypto's", async () => {
    const expected = sha256(sha256(ZEROS, sha256("first")), sha256("second"));
    await extend(16, "first");
    await extend(16, "second");
    expect(await bench.told({ pcr: { index: 16, is: expected.toString("hex") } })).toBe("passed");
    for (const from of ["zero", "before"])
      expect(await bench.told({ pcr: { index: 16, extended: { texts: ["first", "second"], from } } })).toBe("passed");
    const swapped = { pcr: { index: 16, extended: { texts: ["second", "first"], from: "zero" } } };
    expect(await bench.told(swapped)).toBe(
      `PCR 16 of the sha256 bank is ${expected.toString("hex").slice(0, 16)}…, which is not zeros extended with the hash of “second” and then the hash of “first”.`,
    );
    expect(await bench.told({ pcr: { index: 16, is: "00".repeat(32) } })).toMatch(/0000000000000000… was asked\.$/);
  });

  it("takes another try: what came before it makes no difference", async () => {
    await extend(9, "wrong");
    const asked = { pcr: { index: 9, extended: { texts: "right" } } };
    expect(await bench.told(asked)).toMatch(
      /^PCR 9 .* is not its value of before extended with the hash of “right”\.$/,
    );
    await extend(9, "right");
    expect(await bench.told(asked)).toBe("passed");
    expect(await bench.told({ pcr: { index: 9, extended: { digests: sha256("right").toString("hex") } } })).toBe(
      "passed",
    );
  });

  it("counts since the last reset, and knows what was reset, is zero, has changed or has not", async () => {
    expect(await bench.told({ pcr: { index: 16, changed: true } })).toBe(
      "? PCR 16 of the sha256 bank still has the value that it had.",
    );
    expect(await bench.told({ pcr: { index: 16, reset: true } })).toBe("? PCR 16 of the sha256 bank was not reset.");
    await extend(16, "a");
    expect(await bench.told({ pcr: { index: 16, zero: true } })).toMatch(/; zeros were asked\.$/);
    expect(await bench.told({ pcr: { index: 16, changed: true } }, { pcr: { index: 9, unchanged: true } })).toBe(
      "passed",
    );
    expect(await bench.told({ pcr: { index: 16, unchanged: true } })).toBe(
      "PCR 16 of the sha256 bank has changed; it was to stay as it was.",
    );
    await reset(16);
    expect(await bench.told({ pcr: { index: 16, zero: true, reset: true } })).toBe("passed");
    await extend(16, "a");
    await extend(16, "a");
    expect(await bench.told({ pcr: { index: 16, times: 3 } })).toBe(
      "PCR 16 of the sha256 bank was extended twice; 3 times was asked.",
    );
    expect(await bench.told({ pcr: { index: 16, times: 2 } })).toBe("passed");
    expect(await bench.told({ pcr: { index: 16, bank: "sha512", changed: true } })).toMatch(/^PCR 16 of the sha512/);
  });
});

const BANKS = ["TPM_ALG_SHA1", "TPM_ALG_SHA256"] as const;
const header = specIdEvent({
  platformClass: 0,
  specVersionMajor: 2,
  specVersionMinor: 0,
  specErrata: 0,
  uintnSize: 2,
  algorithms: BANKS.map((name) => ({ algorithm: TPM_ALG[name], size: algorithms[name].digest })),
  vendorInfo: new Uint8Array(0),
});
const commandLine = (text: string): TcgEvent => ({
  pcrIndex: 8,
  type: EV_IPL,
  digests: BANKS.map((name) => ({ algorithm: TPM_ALG[name], digest: new Uint8Array(algorithms[name].digest).fill(8) })),
  data: new TextEncoder().encode(`kernel_cmdline: ${text}\0`),
});

describe("event, answer and rebooted", () => {
  it("tell whether the PC has booted again, and how the power went", async () => {
    expect(await bench.told({ rebooted: {} })).toBe("? The PC has not booted again yet.");
    bench.machine.enter("bios");
    await bench.boot();
    expect(await bench.told({ rebooted: { orderly: true } })).toBe("passed");
    expect(await bench.told({ rebooted: { orderly: false } })).toBe(
      "TPM2_Shutdown came before the boot; a loss of power was asked.",
    );
    await bench.boot([], { orderly: false });
    expect(await bench.told({ rebooted: { orderly: false } })).toBe("passed");
    bench.machine.enter("kernel");
    expect(await bench.told({ rebooted: {} })).toBe("? The PC is still booting.");
  });

  it("look at the log of this boot", async () => {
    const asked = { event: { says: "quiet debug", pcr: 8, since: "step" } };
    expect(await bench.told(asked)).toBe("? The PC has not booted again yet.");
    await bench.boot([header, commandLine("console=ttyS0")]);
    expect(await bench.told(asked)).toBe("The log has no event in PCR 8 that says “quiet debug”.");
    expect(await bench.told({ event: { says: "console", there: false } })).toBe(
      "The log has an event that says “console”.",
    );
    await bench.boot([header, commandLine("console=ttyS0 quiet debug")]);
    expect(await bench.told(asked)).toBe("passed");
    expect(await bench.told({ event: { says: "quiet debug", pcr: 9 } })).toMatch(/^The log has no event in PCR 9/);
  });

  it("hold an answer against what was asked, or against a digest of the log", async () => {
    expect(await bench.told({ answer: { is: "24" } })).toBe("? The question has no answer yet.");
    bench.facts.answer("17");
    expect(await bench.told({ answer: { is: "24" } })).toBe("“17” is not the answer.");
    expect(await bench.told({ answer: { is: "24", hint: "Count again." } })).toBe("Count again.");
    expect(await bench.told({ answer: { is: ["0x11", 17] } })).toBe("passed");
    await bench.boot([header, commandLine("quiet")]);
    bench.facts.answer("08 ".repeat(32));
    expect(await bench.told({ answer: { eventDigest: "kernel_cmdline" } })).toBe("passed");
    expect(await bench.told({ answer: { eventDigest: "kernel_cmdline", bank: "sha1" } })).toMatch(/is not the answer/);
  });

  it.each([
    [" 0x1B\n", "1b"],
    ["1B:2c", "1b2c"],
    ["TPM_RC_AUTH", "tpm_rc_auth"],
  ])("%j is the answer %s", (typed, read) => expect(normalized(typed)).toBe(read));
});

describe("the others", () => {
  it("hierarchy: an authValue, and whether it is enabled", async () => {
    expect(await bench.told({ hierarchy: { name: "owner", authSet: true } })).toBe(
      "? There is no authValue of the owner hierarchy.",
    );
    const newAuth = new TextEncoder().encode("secret");
    await bench.client.call("HierarchyChangeAuth", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: { newAuth },
    });
    expect(await bench.told({ hierarchy: { name: "owner", authSet: true, enabled: true } })).toBe("passed");
    expect(await bench.told({ hierarchy: { name: "endorsement", authSet: true } })).toBe(
      "There is no authValue of the endorsement hierarchy.",
    );
    expect(await bench.told({ hierarchy: { name: "owner", enabled: false } })).toBe(
      "Now the owner hierarchy is enabled.",
    );
    await bench.client.call("HierarchyChangeAuth", {
      handles: { authHandle: "TPM_RH_LOCKOUT" },
      parameters: { newAuth },
    });
    expect(await bench.told({ hierarchy: { name: "lockout", authSet: true, policySet: false } })).toBe("passed");
  });

  it("persistent: which object the TPM keeps", async () => {
    const keep = async (hierarchy: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT", persistentHandle: number) => {
      const { handles } = await primary(hierarchy);
      const evict = { auth: "TPM_RH_OWNER", objectHandle: handles.objectHandle } as const;
      await bench.client.call("EvictControl", { handles: evict, parameters: { persistentHandle } });
    };
    const asked = { persistent: { handle: 0x81000001, parent: "owner", storage: true } };
    expect(await bench.told(asked)).toBe("? The TPM has no persistent object.");
    await keep("TPM_RH_ENDORSEMENT", 0x81000001);
    expect(await bench.told(asked)).toMatch(/is under the endorsement hierarchy; the owner hierarchy was asked\.$/);
    expect(await bench.told({ persistent: { handle: 0x81000001, absent: true } })).toMatch(/^There is still/);
    await keep("TPM_RH_OWNER", 0x81000002);
    expect(await bench.told(asked)).toMatch(/is at 0x81000002; 0x81000001 was asked\.$|under the endorsement/);
    expect(await bench.told({ persistent: { handle: 0x81000002, parent: "owner", storage: true } })).toBe("passed");
  });

  it("random: the octets in the file are the TPM's", async () => {
    const asked = { random: { path: "random/octets", size: 24 } };
    expect(await bench.told(asked)).toBe("? The TPM was not asked for random octets yet.");
    const octets: Uint8Array[] = [];
    for (const bytesRequested of [16, 8])
      octets.push((await bench.client.call("GetRandom", { parameters: { bytesRequested } })).parameters.randomBytes);
    expect(await bench.told(asked)).toMatch(/there is no file \/mnt\/random\/octets\.$/);
    bench.files.set("random/octets", octets[0]!);
    expect(await bench.told(asked)).toBe("The file /mnt/random/octets has 16 octets; 24 were asked.");
    bench.files.set("random/octets", Buffer.concat(octets));
    expect(await bench.told(asked)).toBe("passed");
    bench.files.set("random/octets", Buffer.concat([...octets].reverse()));
    expect(await bench.told(asked)).toMatch(/are not those that TPM2_GetRandom gave\.$/);
  });

  it("any: one of several is enough, and what was tried is told", async () => {
    const asked = {
      any: {
        of: [
          { command: { name: "GetRandom" } },
          { pcr: { index: 16, changed: true } },
          { pcr: { index: 23, zero: true, reset: true } },
        ],
      },
    };
    expect(await bench.told(asked)).toBe("? TPM2_GetRandom was not sent to the TPM yet.");
    await extend(23, "a");
    expect(await bench.told(asked)).toMatch(/^PCR 23 of the sha256 bank was not reset/);
    await extend(16, "a");
    expect(await bench.told(asked)).toBe("passed");
  });

  it("without power nothing passes that looks at the TPM", async () => {
    await bench.tpm.powerOff();
    const looking = [
      { pcr: { index: 0, unchanged: true } },
      { hierarchy: { name: "owner", authSet: false } },
      { persistent: { handle: 1 } },
    ];
    for (const call of looking) expect(await bench.told(call)).toMatch(/^\? /);
  });
});

describe("whatever the parameters are that it takes", () => {
  /** Values that fit many parameters. */
  const value = fc.oneof(
    fc.constantFrom("owner", "sha256", "step", "policy", "GetRandom", "TPM_RC_AUTH_FAIL", "0x81000001", "ab", "a/b"),
    fc.boolean(),
    fc.nat(30),
    fc.constant({ texts: ["a"] }),
  );

  it.each(checks.map((check) => [check.name, check] as const))(
    "the check %s has an answer in words",
    async (_, check) => {
      await extend(16, "a");
      bench.facts.answer("a");
      const [booted, facts] = [
        await bench.facts.look(),
        { ...(await bench.facts.look()), inspection: null, lastBoots: [] },
      ];
      const parameters = fc.record(Object.fromEntries(Object.keys(check.parameters).map((name) => [name, value])), {
        requiredKeys: [],
      });
      await fc.assert(
        fc.asyncProperty(parameters, fc.constantFrom(booted, facts), async (wanted, of) => {
          try {
            const result = await check.run(wanted, of);
            if (!result.passed) expect(result.hint).toMatch(/^[A-Z0-9“][\s\S]*[.?!]$/);
          } catch (error) {
            expect(error).toBeInstanceOf(ParameterError);
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe("what a lesson writes", () => {
  it.each([
    [{}, "must be one check: NAME: { ... }"],
    ["pcr", "must be one check: NAME: { ... }"],
    [{ pcr: { index: 1 }, command: {} }, "must be one check: NAME: { ... }"],
    [{ pcrs: {} }, "check.pcrs is no check: there are"],
    [{ pcr: { index: 24 } }, "pcr.index must be a number from 0 to 23, not 24"],
    [{ pcr: { index: 16 } }, "pcr asks for nothing: it needs at least one of is, zero"],
    [{ hierarchy: { name: "owner" } }, "hierarchy asks for nothing"],
    [{ any: { of: [{ pcr: { index: 1 } }] } }, "any.of must be a list of two checks or more"],
    [{ any: { of: [{ pcr: { index: 1, zero: true } }, { pcr: {} }] } }, "pcr.index is missing"],
  ])("%j is refused: %s", (call, problem) => {
    expect(() => readCall(call, "check")).toThrow(problem);
  });

  it("names each check once", () => {
    const names = checks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("asks for commands that there are", () => {
    const names: CommandName[] = ["PCR_Extend", "Create", "Unseal"];
    for (const name of names) expect(readCall({ command: { name } }, "check").call.check).toBe("command");
  });
});
