import { createCipheriv, createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { attributeBits } from "../spec/attributes.ts";
import { type CallOptions, TpmClient } from "./client.ts";
import { TpmFormatError } from "./errors.ts";
import { makeSalt, sessionHash } from "./salt.ts";
import { cryptParameter, kdfa } from "./sessionCrypto.ts";
import { scenarios, watched } from "./testkit/scenarios.ts";
import type { OutputOf } from "./values.ts";

const started = () => {
  const tpm = TestTpm.started();
  return watched({ execute: async (command, { locality = 0 } = {}) => tpm.run(command, locality).bytes });
};

/** Two clients of one TPM. */
function two() {
  const tpm = TestTpm.started();
  const execute: ConstructorParameters<typeof TpmClient>[0]["execute"] = async (command, { locality = 0 } = {}) =>
    tpm.run(command, locality).bytes;
  return { client: new TpmClient({ execute }), other: new TpmClient({ execute }) };
}

describe("with the core", () => {
  it.each(scenarios)("%s", async (_, run) => run(started()));
});

describe("an index that somebody else has changed since its Name was told", () => {
  const nvIndex = 0x0150_0001;
  const define = (
    client: TpmClient,
    dataSize: number,
    nameAlg: "TPM_ALG_SHA256" | "TPM_ALG_SHA3_256" = "TPM_ALG_SHA256",
  ) =>
    client.call("NV_DefineSpace", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: {
        auth: new Uint8Array(),
        publicInfo: {
          nvIndex,
          nameAlg,
          attributes: attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE", "READ_STCLEAR", "NO_DA"),
          authPolicy: new Uint8Array(),
          dataSize,
        },
      },
    });
  const write = (client: TpmClient, octets: readonly number[], sessions?: CallOptions["sessions"]) =>
    client.call(
      "NV_Write",
      { handles: { authHandle: nvIndex, nvIndex }, parameters: { data: Uint8Array.from(octets), offset: 0 } },
      sessions ? { sessions } : {},
    );

  it("is asked for once more, and the command is sent again", async () => {
    const { client, other } = two();
    await define(other, 2);
    const session = await client.startSession();
    await client.nameOf(nvIndex);
    await write(other, [1, 2]);
    await write(client, [3, 4], [{ session }]);
    const { parameters } = await other.call("NV_Read", {
      handles: { authHandle: nvIndex, nvIndex },
      parameters: { size: 2, offset: 0 },
    });
    expect([...parameters.data]).toEqual([3, 4]);
  });

  it("and is another index now is not taken for it, nor one whose nameAlg can't be computed", async () => {
    for (const nameAlg of ["TPM_ALG_SHA256", "TPM_ALG_SHA3_256"] as const) {
      const { client, other } = two();
      await define(other, 2, nameAlg);
      const session = await client.startSession();
      const before = await client.nameOf(nvIndex);
      await other.call("NV_UndefineSpace", { handles: { authHandle: "TPM_RH_OWNER", nvIndex } });
      await define(other, 3, nameAlg);
      await expect(write(client, [3, 4], [{ session }])).rejects.toThrow(/TPM_RC_BAD_AUTH/);
      await expect(write(client, [3, 4], [{ session }])).rejects.toThrow(/TPM_RC_BAD_AUTH/);
      expect(await client.nameOf(nvIndex)).toEqual(before);
    }
  });

  it("a wrong authValue is sent once", async () => {
    const wire = started();
    await define(wire.client, 2);
    const session = await wire.client.startSession();
    await wire.client.nameOf(nvIndex);
    wire.taken();
    await expect(write(wire.client, [1, 2], [{ session, auth: "wrong" }])).rejects.toThrow(/TPM_RC_BAD_AUTH/);
    // TPM2_NV_Write and TPM2_NV_ReadPublic, and their responses.
    const codes = wire
      .taken()
      .trim()
      .split(" ")
      .map((octets) => octets.slice(12, 20));
    expect([codes[0], codes[2], codes.length]).toEqual(["00000137", "00000169", 4]);
  });
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

describe("a salt for a public area that somebody on the way has changed", () => {
  const common = { nameAlg: 0x0b, objectAttributes: 0x20072, authPolicy: new Uint8Array(0) };
  const none = { scheme: 0x10, details: {} } as const;
  const point = (x: Uint8Array, y: Uint8Array) =>
    ({
      ...common,
      type: 0x23,
      parameters: { symmetric: { algorithm: 0x10 }, scheme: none, curveID: 3, kdf: none },
      unique: { x, y },
    }) as unknown as OutputOf<"TPMT_PUBLIC">;
  const modulus = (unique: Uint8Array) =>
    ({
      ...common,
      type: 0x01,
      parameters: { symmetric: { algorithm: 0x10 }, scheme: none, keyBits: 2048, exponent: 0 },
      unique,
    }) as unknown as OutputOf<"TPMT_PUBLIC">;

  it.each([
    ["a point beside the curve", point(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2))],
    ["numbers that are too long", point(new Uint8Array(40).fill(1), new Uint8Array(32).fill(2))],
    ["no point", point(new Uint8Array(0), new Uint8Array(0))],
    ["no modulus", modulus(new Uint8Array(0))],
  ])("is refused: %s", async (_, area) => {
    await expect(makeSalt(area)).rejects.toThrow(TpmFormatError);
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
