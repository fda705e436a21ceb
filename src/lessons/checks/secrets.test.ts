/** The checks of secrets, sessions and policies against a TPM: what passes, and what whoever is on another way is told. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AuthSession, Marshaller } from "../../client/index.ts";
import { toPcrSelect } from "../../client/pcrs.ts";
import { made, storageKey } from "../../client/testkit/keys.ts";
import { attributeBits, attributeField } from "../../spec/attributes.ts";
import { TPM_NT } from "../../spec/constants.ts";
import { Bench } from "../testkit/bench.ts";
import { pcrsIn } from "./policies.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(() => bench.close());

const NOTHING = new Uint8Array(0);
const octets = (text: string) => new TextEncoder().encode(text);
type ObjectFlag = "fixedTPM" | "fixedParent" | "userWithAuth" | "noDA";

interface Sealing {
  readonly flags?: readonly ObjectFlag[];
  readonly userAuth?: Uint8Array;
  readonly authPolicy?: Uint8Array;
  readonly hierarchy?: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT";
}

async function seal({ flags = ["userWithAuth"], userAuth = NOTHING, authPolicy = NOTHING, hierarchy }: Sealing = {}) {
  const { handles } = await bench.client.call("CreatePrimary", {
    handles: { primaryHandle: hierarchy ?? "TPM_RH_OWNER" },
    parameters: {
      inSensitive: { userAuth, data: octets("the secret") },
      inPublic: {
        type: "TPM_ALG_KEYEDHASH",
        nameAlg: "TPM_ALG_SHA256",
        objectAttributes: attributeBits("TPMA_OBJECT", "fixedTPM", "fixedParent", ...flags),
        authPolicy,
        parameters: { scheme: { scheme: "TPM_ALG_NULL" } },
        unique: NOTHING,
      },
      outsideInfo: NOTHING,
      creationPCR: [],
    },
  });
  return handles.objectHandle;
}

const bits = (...pcrs: readonly number[]) => [{ hash: "TPM_ALG_SHA256", pcrSelect: toPcrSelect(pcrs) }] as const;
const policyPcr = ({ handle }: AuthSession, ...pcrs: readonly number[]) =>
  bench.client.call("PolicyPCR", {
    handles: { policySession: handle },
    parameters: { pcrDigest: NOTHING, pcrs: bits(...pcrs) },
  });
const digestOf = async ({ handle }: AuthSession) =>
  (await bench.client.call("PolicyGetDigest", { handles: { policySession: handle } })).parameters.policyDigest;
const unseal = (itemHandle: number, session: AuthSession, auth: Uint8Array = NOTHING) =>
  bench.client.call("Unseal", { handles: { itemHandle } }, { sessions: [{ session, auth }] });

describe("sealed", () => {
  it("knows data from keys, and where it hangs", async () => {
    expect(await bench.told({ sealed: {} })).toMatch(/^\? Nothing was sealed yet/);
    await bench.client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: made(storageKey),
    });
    expect(await bench.told({ sealed: {} })).toBe(
      "What TPM2_CreatePrimary made is a key and holds no data of yours; give it some with -i.",
    );
    await seal({ hierarchy: "TPM_RH_ENDORSEMENT" });
    expect(await bench.told({ sealed: {} })).toBe("passed");
    expect(await bench.told({ sealed: { parent: "owner" } })).toBe(
      "The data was sealed below the endorsement hierarchy; the owner hierarchy was asked.",
    );
  });

  it("asks for an authValue that is protected", async () => {
    await seal({});
    expect(await bench.told({ sealed: { auth: true } })).toMatch(/has no authValue/);
    await seal({ userAuth: octets("sesame"), flags: ["userWithAuth", "noDA"] });
    expect(await bench.told({ sealed: { auth: true } })).toBe("passed");
    expect(await bench.told({ sealed: { auth: true, protected: true } })).toMatch(/has the attribute noDA/);
    await seal({ userAuth: octets("sesame") });
    expect(await bench.told({ sealed: { auth: true, protected: true } })).toBe("passed");
  });

  it("asks for a policy that is the only way in, and for its last command", async () => {
    const trial = await bench.client.startSession({ type: "TPM_SE_TRIAL" });
    await policyPcr(trial, 16);
    const authPolicy = await digestOf(trial);
    await seal({});
    expect(await bench.told({ sealed: { policyOnly: true } })).toMatch(/has no policy/);
    await seal({ authPolicy });
    expect(await bench.told({ sealed: { policyOnly: true } })).toMatch(/has the attribute userWithAuth/);
    await seal({ authPolicy, flags: [] });
    expect(await bench.told({ sealed: { policyOnly: true, policyOf: "PolicyPCR" } })).toBe("passed");
    expect(await bench.told({ sealed: { policyOnly: true, policyOf: "PolicyOR" } })).toMatch(/TPM2_PolicyOR was asked/);
  });
});

describe("sessions", () => {
  it("started: which kind, and whether with a salt", async () => {
    const asked = { started: { kind: "hmac", salted: true } };
    expect(await bench.told(asked)).toBe("? No session was started yet.");
    await bench.client.startSession();
    expect(await bench.told(asked)).toMatch(/^The session has no salt/);
    const { handles } = await bench.client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: made(storageKey),
    });
    await bench.client.startSession({ salt: handles.objectHandle });
    expect(await bench.told(asked)).toBe("passed");
    expect(await bench.told({ started: { kind: "policy" } })).toMatch(/of the kind hmac; policy was asked/);
  });

  it("flushed: a session of a kind, and no object", async () => {
    const asked = (kind: string) => bench.told({ flushed: { kind } });
    const flush = (flushHandle: number) => bench.client.call("FlushContext", { parameters: { flushHandle } });
    expect(await asked("hmac")).toBe("? TPM2_FlushContext was not sent to the TPM yet.");
    const { handles } = await bench.client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: made(storageKey),
    });
    await flush(handles.objectHandle);
    expect(await asked("hmac")).toMatch(/no session of the kind hmac was flushed/i);
    const trial = await bench.client.startSession({ type: "TPM_SE_TRIAL" });
    await flush(trial.handle);
    expect(await asked("hmac")).toMatch(/no session of the kind hmac was flushed/i);
    expect(await asked("policy")).toBe("passed");
    await expect(flush(trial.handle)).rejects.toThrow();
    await flush((await bench.client.startSession()).handle);
    expect(await asked("hmac")).toBe("passed");
  });

  it("used: salt and attributes of a session in a command", async () => {
    const cipher = { algorithm: "TPM_ALG_AES", keyBits: 128 } as const;
    const { handles } = await bench.client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: made(storageKey),
    });
    const random = (session: AuthSession) =>
      bench.client.call("GetRandom", { parameters: { bytesRequested: 8 } }, { sessions: [{ session, encrypt: true }] });
    const asked = { used: { name: "GetRandom", succeeded: true, salted: true, flags: "encrypt" } };
    expect(await bench.told(asked)).toBe("? TPM2_GetRandom was not sent to the TPM yet.");
    await bench.client.call("GetRandom", { parameters: { bytesRequested: 8 } });
    expect(await bench.told(asked)).toBe("TPM2_GetRandom came without a session.");
    await random(await bench.client.startSession({ cipher }));
    expect(await bench.told(asked)).toBe("TPM2_GetRandom came with no salted session.");
    await random(await bench.client.startSession({ cipher, salt: handles.objectHandle }));
    expect(await bench.told(asked)).toBe("passed");
    expect(await bench.told({ used: { name: "GetRandom", flags: "audit" } })).toMatch(/audit was asked\.$/);
  });

  it("used and policyStep: what a policy session was told, until it is restarted", async () => {
    const trial = await bench.client.startSession({ type: "TPM_SE_TRIAL" });
    await policyPcr(trial, 16);
    expect(await bench.told({ policyStep: { name: "PolicyPCR", pcrs: [16] } })).toBe("passed");
    expect(await bench.told({ policyStep: { name: "PolicyPCR", pcrs: [8, 9] } })).toBe(
      "The policy is about PCR 16; PCR 8 and 9 was asked.",
    );
    expect(await bench.told({ policyStep: { name: "PolicyOR" } })).toBe("? TPM2_PolicyOR was not sent to the TPM yet.");
    const item = await seal({ authPolicy: await digestOf(trial), flags: [] });
    await bench.facts.beginStep();
    const asked = { used: { name: "Unseal", succeeded: true, ran: "PolicyPCR", pcrs: 16 } };
    const session = await bench.client.startSession({ type: "TPM_SE_POLICY" });
    await policyPcr(session, 16);
    await bench.client.call("PolicyRestart", { handles: { sessionHandle: session.handle } });
    await expect(unseal(item, session)).rejects.toThrow(/POLICY_FAIL/);
    expect(await bench.told(asked)).toBe("The session of TPM2_Unseal had no TPM2_PolicyPCR that succeeded before it.");
    await policyPcr(session, 17);
    await expect(unseal(item, session)).rejects.toThrow(/POLICY_FAIL/);
    expect(await bench.told(asked)).toBe("The policy is about PCR 17; PCR 16 was asked.");
    await bench.client.call("PolicyRestart", { handles: { sessionHandle: session.handle } });
    await policyPcr(session, 16);
    await unseal(item, session);
    expect(await bench.told(asked)).toBe("passed");
  });

  it("reads any selection of PCRs, and of one that is cut what is there", () => {
    const selections = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 23 })), { maxLength: 4 });
    const property = fc.property(selections, fc.nat({ max: 30 }), (banks, cut) => {
      const marshaller = new Marshaller();
      marshaller.value(
        "TPML_PCR_SELECTION",
        banks.flatMap((pcrs) => bits(...pcrs)),
        "pcrs",
      );
      const wire = marshaller.finish();
      const whole = [...new Set(banks.flat())].sort((a, b) => a - b);
      expect(pcrsIn(wire)).toEqual(whole);
      expect(whole).toEqual(expect.arrayContaining(pcrsIn(wire.subarray(0, cut))));
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe("what the TPM has", () => {
  it("lockout: its parameters and the tries that it counts", async () => {
    const set = (newMaxTries: number, newRecoveryTime: number) =>
      bench.client.call("DictionaryAttackParameters", {
        handles: { lockHandle: "TPM_RH_LOCKOUT" },
        parameters: { newMaxTries, newRecoveryTime, lockoutRecovery: 0 },
      });
    const asked = { lockout: { maxTriesAtMost: 3, recoveryAtMost: 60 } };
    await set(5, 20);
    expect(await bench.told(asked)).toBe("The TPM locks after 5 wrong tries; 3 or fewer were asked.");
    await set(3, 1000);
    expect(await bench.told(asked)).toMatch(/after 1000 seconds; 60 or fewer were asked/);
    await set(3, 0);
    expect(await bench.told(asked)).toMatch(/turns the protection off/);
    await set(1, 20);
    expect(await bench.told(asked)).toBe("passed");
    const item = await seal({ userAuth: octets("sesame") });
    const session = await bench.client.startSession();
    await expect(unseal(item, session, octets("apple"))).rejects.toThrow(/AUTH_FAIL/);
    expect(await bench.told({ lockout: { failedTries: 1, inLockout: true } })).toBe("passed");
    expect(await bench.told({ lockout: { failedTries: 0 } })).toMatch(/counts once a wrong try; 0 was asked/);
    expect(await bench.told({ refused: { name: "Unseal", check: "PIN_USED_UP" } })).toMatch(
      /TPM_RC_AUTH_FAIL; another/,
    );
    expect(await bench.told({ refused: { name: "Unseal", check: "HMAC_WRONG_COUNTED" } })).toBe("passed");
  });

  it("nv: type, whether it was written, a counter's value", async () => {
    const asked = { nv: { type: "counter", atLeast: 2 } };
    expect(await bench.told(asked)).toBe("? The TPM has no NV index yet.");
    const define = (nvIndex: number, type: number, dataSize: number) =>
      bench.client.call("NV_DefineSpace", {
        handles: { authHandle: "TPM_RH_OWNER" },
        parameters: {
          auth: NOTHING,
          publicInfo: {
            nvIndex,
            nameAlg: "TPM_ALG_SHA256",
            attributes: attributeBits("TPMA_NV", "OWNERWRITE", "OWNERREAD", "AUTHREAD", "AUTHWRITE") | (type << 4),
            authPolicy: NOTHING,
            dataSize,
          },
        },
      });
    expect(attributeField("TPMA_NV", TPM_NT.TPM_NT_COUNTER << 4, "TPM_NT")).toBe(TPM_NT.TPM_NT_COUNTER);
    await define(0x1500011, TPM_NT.TPM_NT_ORDINARY, 8);
    expect(await bench.told(asked)).toBe(
      "The NV index 0x1500011 is of the type ordinary; counter was asked, with nt=counter.",
    );
    await define(0x1500010, TPM_NT.TPM_NT_COUNTER, 8);
    expect(await bench.told({ nv: { index: 0x1500010, written: true } })).toMatch(/was not written yet/);
    for (const passes of [false, true]) {
      await bench.client.call("NV_Increment", { handles: { authHandle: "TPM_RH_OWNER", nvIndex: 0x1500010 } });
      expect(await bench.told(asked)).toBe(passes ? "passed" : "The NV index 0x1500010 has 1; 2 or more was asked.");
    }
    await bench.facts.beginStep();
    expect(await bench.told({ nv: { type: "pinfail" } })).toMatch(/^\? /);
    expect(await bench.told({ nv: { index: 0x1500099 } })).toBe("? There is no NV index 0x1500099 yet.");
  });

  it("bootPcrs: what differs from the boot before", async () => {
    const asked = { bootPcrs: { differ: 8, equal: [7, 9] } };
    expect(await bench.told(asked)).toBe("? The PC has not booted again yet.");
    await bench.boot();
    expect(await bench.told(asked)).toMatch(/^PCR 8 had the same value in the boot before/);
    // As Bench.boot, with a boot loader that measures.
    bench.machine.enter("bios");
    await bench.tpm.powerOff();
    await bench.tpm.powerOn();
    await bench.client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    await bench.client.call("PCR_Extend", {
      handles: { pcrHandle: 8 },
      parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(1) }] },
    });
    bench.machine.enter("kernel");
    bench.machine.enter("shell");
    expect(await bench.told(asked)).toBe("passed");
    expect(await bench.told({ bootPcrs: { equal: 8 } })).toMatch(/^PCR 8 had another value in the boot before/);
  });

  it("file: its content, and another file's", async () => {
    expect(await bench.told({ file: { path: "l/a" } })).toBe("? There is no file /mnt/l/a yet.");
    expect(await bench.told({ file: { path: "l/a", exists: false } })).toBe("passed");
    bench.files.set("l/a", octets("Salted__ and more"));
    bench.files.set("l/b", octets("Salted__"));
    expect(await bench.told({ file: { path: "l/a", exists: false } })).toMatch(/is still there/);
    expect(
      await bench.told({ file: { path: "l/a", startsWith: "Salted__", contains: "more", differsFrom: "l/b" } }),
    ).toBe("passed");
    expect(await bench.told({ file: { path: "l/a", startsWith: "more" } })).toMatch(/does not begin with/);
    expect(await bench.told({ file: { path: "l/a", contains: "less" } })).toMatch(/does not contain/);
    expect(await bench.told({ file: { path: "l/a", sameAs: "l/b" } })).toBe("The files /mnt/l/a and /mnt/l/b differ.");
    expect(await bench.told({ file: { path: "l/b", differsFrom: "l/b" } })).toMatch(/are the same/);
    expect(await bench.told({ file: { path: "l/a", sameAs: "l/c" } })).toBe("? There is no file /mnt/l/c yet.");
  });

  it("an answer may be a PCR's value", async () => {
    bench.facts.answer("0".repeat(64));
    expect(await bench.told({ answer: { pcr: 16 } })).toBe("passed");
    expect(await bench.told({ answer: { pcr: 17 } })).toMatch(/is not the answer/);
    expect(await bench.told({ answer: { pcr: 16, bank: "sha1" } })).toMatch(/is not the answer/);
  });
});
