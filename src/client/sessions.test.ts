import { createCipheriv, createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { attributeBits } from "../spec/attributes.ts";
import { TpmClient } from "./client.ts";
import { TpmFormatError } from "./errors.ts";
import { makeSalt, sessionHash } from "./salt.ts";
import { cryptParameter, kdfa } from "./sessionCrypto.ts";
import { scenarios, watched } from "./testkit/scenarios.ts";

const started = () => {
  const tpm = TestTpm.started();
  return watched({ execute: async (command, { locality = 0 } = {}) => tpm.run(command, locality).bytes });
};

describe("with the core", () => {
  it.each(scenarios)("%s", async (_, run) => run(started()));
});

describe("what is asked of a session that can't be", () => {
  it("is refused before anything is sent", async () => {
    const wire = started();
    const session = await wire.client.startSession();
    wire.taken();
    const random = { parameters: { bytesRequested: 8 } };
    const noCipher = wire.client.call("GetRandom", random, { sessions: [{ session, encrypt: true }] });
    await expect(noCipher).rejects.toThrow(/needs a cipher/);
    wire.taken();
    const cipher = { algorithm: "TPM_ALG_XOR" } as const;
    const able = await wire.client.startSession({ cipher, bind: { handle: "TPM_RH_OWNER" } });
    wire.taken();
    const noBuffer = wire.client.call("GetRandom", random, { sessions: [{ session: able, decrypt: true }] });
    await expect(noBuffer).rejects.toThrow("GetRandom: its command has no first parameter that can be encrypted");
    const noAnswer = wire.client.call(
      "SelfTest",
      { parameters: { fullTest: 0 } },
      { sessions: [{ session: able, encrypt: true }] },
    );
    await expect(noAnswer).rejects.toThrow("SelfTest: its response has no first parameter that can be encrypted");
    expect(wire.taken()).toBe("");
  });

  it("a salt for a key of another kind, on another curve or with another hash says which", async () => {
    expect(() => sessionHash(0x27, "the nameAlg")).toThrow(/the nameAlg is TPM_ALG_SHA3_256, which WebCrypto/);
    const { client } = started();
    const nothing = new Uint8Array(0);
    const { parameters } = await client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: {
        inSensitive: { userAuth: nothing, data: Uint8Array.of(1) },
        inPublic: {
          type: "TPM_ALG_KEYEDHASH",
          nameAlg: "TPM_ALG_SHA256",
          objectAttributes: attributeBits("TPMA_OBJECT", "fixedTPM", "fixedParent", "userWithAuth"),
          authPolicy: nothing,
          parameters: { scheme: { scheme: "TPM_ALG_NULL" } },
          unique: nothing,
        },
        outsideInfo: nothing,
        creationPCR: [],
      },
    });
    await expect(makeSalt(parameters.outPublic!)).rejects.toThrow(TpmFormatError);
    await expect(makeSalt(parameters.outPublic!)).rejects.toThrow(/RSA or ECC key that decrypts/);
  });
});

describe("the encryption of parameters", () => {
  const octets = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

  it("is AES in CFB mode as node:crypto has it, with the key that KDFa gives", async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(128, 192, 256),
      fc.uint8Array({ minLength: 1, maxLength: 90 }),
      octets(20),
      octets(32),
      octets(32),
      async (keyBits, data, value, newer, older) => {
        const cipher = { algorithm: "TPM_ALG_AES", keyBits: keyBits as 128 | 192 | 256 } as const;
        const secret = await kdfa("TPM_ALG_SHA256", value, "CFB", newer, older, keyBits + 128);
        const [key, iv] = [secret.subarray(0, keyBits / 8), secret.subarray(keyBits / 8)];
        const encrypted = await cryptParameter("encrypt", cipher, "TPM_ALG_SHA256", value, newer, older, data);
        const reference = createCipheriv(`aes-${keyBits}-cfb`, key, iv);
        expect(Buffer.from(encrypted)).toEqual(Buffer.concat([reference.update(data), reference.final()]));
        const back = createDecipheriv(`aes-${keyBits}-cfb`, key, iv);
        expect(Buffer.concat([back.update(encrypted), back.final()])).toEqual(Buffer.from(data));
        expect(await cryptParameter("decrypt", cipher, "TPM_ALG_SHA256", value, newer, older, encrypted)).toEqual(data);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  it("by XOR is undone by itself, for any length", async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), octets(16), async (data, nonce) => {
      const xor = { algorithm: "TPM_ALG_XOR" } as const;
      const once = await cryptParameter("encrypt", xor, "TPM_ALG_SHA1", nonce, nonce, nonce, data);
      expect(await cryptParameter("decrypt", xor, "TPM_ALG_SHA1", nonce, nonce, nonce, once)).toEqual(data);
      if (data.length > 8) expect(once).not.toEqual(data);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe("a client's types", () => {
  const client = new TpmClient({ execute: async () => new Uint8Array(0) });
  const inPublic = {
    type: "TPM_ALG_KEYEDHASH",
    nameAlg: "TPM_ALG_SHA256",
    objectAttributes: 0x40,
    authPolicy: new Uint8Array(0),
    parameters: { scheme: { scheme: "TPM_ALG_NULL" } },
    unique: new Uint8Array(0),
  } as const;
  const outsideInfo = new Uint8Array(0);

  /** Each is refused by the compiler, which `npm test` runs over this file, and by the client. */
  it("refuse a wrong name, at any depth", async () => {
    const rejected = (call: Promise<unknown>) => expect(call).rejects.toThrow(TpmFormatError);
    // @ts-expect-error: no such parameter
    await rejected(client.call("GetRandom", { parameters: { bytes: 5 } }));
    // @ts-expect-error: no such handle
    await rejected(client.call("PCR_Reset", { handles: { pcr: 5 } }));
    const hash = { data: outsideInfo, hashAlg: "SHA256", hierarchy: "TPM_RH_NULL" } as const;
    // @ts-expect-error: no such algorithm
    await rejected(client.call("Hash", { parameters: hash }));
    const handles = { primaryHandle: "TPM_RH_OWNER" } as const;
    const inSensitive = { userAuth: outsideInfo, data: outsideInfo };
    const rest = { inSensitive, outsideInfo, creationPCR: [] };
    const { nameAlg: _, ...nameless } = inPublic;
    // @ts-expect-error: a TPMT_PUBLIC has a nameAlg
    await rejected(client.call("CreatePrimary", { handles, parameters: { ...rest, inPublic: nameless } }));
    const rsaInside = { ...inPublic, parameters: { keyBits: 2048 } } as const;
    // @ts-expect-error: keyBits is of another type of key
    await rejected(client.call("CreatePrimary", { handles, parameters: { ...rest, inPublic: rsaInside } }));
    // @ts-expect-error: no such command
    await expect(client.call("NV_Destroy", {})).rejects.toThrow("NV_Destroy");
  });

  it("know what comes back", () => {
    const read = (client: TpmClient) => client.call("ReadClock", {});
    type Clock = Awaited<ReturnType<typeof read>>["parameters"]["currentTime"];
    const time: Clock = { time: 5n, clockInfo: { clock: 1n, resetCount: 1, restartCount: 2, safe: 1 } };
    expect(time.clockInfo.clock + 1n).toBe(2n);
  });
});
