import { createHash, randomBytes, webcrypto } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Seal, SealError, sealedFor } from "./seal.ts";

const { subtle } = webcrypto;
const bytes = () => fc.uint8Array({ maxLength: 300 });

/** Opens what was sealed as the format's description has it, with WebCrypto. */
async function openWithWebCrypto(sealed: Uint8Array, key: Uint8Array, purpose: string): Promise<Uint8Array> {
  const master = await subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const derive = (use: string, bits: number) => {
    const info = new TextEncoder().encode(`tabtpm ${purpose} ${use}`);
    return subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, master, bits);
  };
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const mac = await subtle.importKey("raw", await derive("authentication", 256), hmac, false, ["verify"]);
  expect(await subtle.verify("HMAC", mac, sealed.subarray(-32), sealed.subarray(0, -32))).toBe(true);
  const raw = await derive("encryption", key.length * 8);
  const cipher = await subtle.importKey("raw", raw, "AES-CBC", false, ["decrypt"]);
  const iv = sealed.subarray(8, 24);
  return new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, cipher, sealed.subarray(24, -32)));
}

describe("a seal", () => {
  it.each([16, 32])("is AES-CBC and HMAC-SHA-256 under keys derived from one of %i bytes", async (size) => {
    await fc.assert(
      fc.asyncProperty(bytes(), async (plain) => {
        const key = randomBytes(size);
        const sealed = new Seal(key, "file").seal(plain);
        expect(sealedFor(sealed)).toBe("file");
        expect(await openWithWebCrypto(sealed, key, "file")).toEqual(plain);
        expect(new Uint8Array(new Seal(key, "file").open(sealed))).toEqual(plain);
      }),
      { numRuns: 20 },
    );
  });

  it("opens for its own key and purpose only, and never when damaged or cut", () => {
    const key = randomBytes(16);
    const seal = new Seal(key, "file");
    expect(() => new Seal(key, "migration").open(seal.seal(key))).toThrow(SealError);
    expect(() => new Seal(randomBytes(16), "file").open(seal.seal(key))).toThrow(SealError);
    fc.assert(
      fc.property(bytes(), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (plain, at, change, cuts) => {
        const sealed = Uint8Array.from(seal.seal(plain));
        const where = at % sealed.length;
        if (cuts) expect(() => seal.open(sealed.subarray(0, where))).toThrow(SealError);
        sealed[where] = (sealed[where] ?? 0) ^ change;
        expect(() => seal.open(sealed)).toThrow(SealError);
      }),
    );
  });

  describe("with a password", () => {
    const keyOf =
      (password: string) =>
      (salt: Uint8Array | undefined): Uint8Array =>
        createHash("sha256")
          .update(salt ?? "none")
          .update(password)
          .digest();

    it("has a salt of its own, which is kept as long as the files are", () => {
      const [one, two] = [new Seal(keyOf("x"), "file"), new Seal(keyOf("x"), "file")];
      const saltOf = (sealed: Uint8Array) => Buffer.from(sealed.subarray(8, 24)).toString("hex");
      const sealed = one.seal(Uint8Array.of(1));
      expect(saltOf(one.seal(Uint8Array.of(2)))).toBe(saltOf(sealed));
      expect(saltOf(two.seal(Uint8Array.of(1)))).not.toBe(saltOf(sealed));
      expect([sealedFor(sealed), sealedFor(new Seal(keyOf("x"), "migration").seal(sealed))]).toEqual([
        "file",
        "migration",
      ]);
      // As the description of the format has it: behind the salt all is as with a key.
      const salt = sealed.slice(8, 24);
      const plain = new Seal(keyOf("x")(salt), "file");
      expect(new Uint8Array(two.open(sealed))).toEqual(Uint8Array.of(1));
      expect(() => plain.open(sealed)).toThrow(SealError);
      expect(() => new Seal(keyOf("y"), "file").open(sealed)).toThrow(SealError);
      expect(() => new Seal(keyOf("x"), "migration").open(sealed)).toThrow(SealError);
      const later = new Seal(keyOf("x"), "file");
      later.open(sealed);
      expect(saltOf(later.seal(Uint8Array.of(3)))).toBe(saltOf(sealed));
    });

    it("opens what was sealed without a salt, and seals with one", () => {
      const old = new Seal(keyOf("x")(undefined), "file").seal(Uint8Array.of(1, 2));
      const seal = new Seal(keyOf("x"), "file");
      expect(new Uint8Array(seal.open(old))).toEqual(Uint8Array.of(1, 2));
      expect(seal.seal(Uint8Array.of(1, 2))[7]).toBe("F".charCodeAt(0));
    });

    it("opens nothing that was damaged or cut", () => {
      const seal = new Seal(keyOf("x"), "file");
      fc.assert(
        fc.property(bytes(), fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, at, change) => {
          const sealed = Uint8Array.from(seal.seal(plain));
          const where = at % sealed.length;
          expect(() => seal.open(sealed.subarray(0, where))).toThrow(SealError);
          sealed[where] = (sealed[where] ?? 0) ^ change;
          expect(() => seal.open(sealed)).toThrow(SealError);
        }),
      );
    });
  });

  it("never repeats itself, and is told from what is not sealed", () => {
    const seal = new Seal(randomBytes(32), "migration");
    const plain = new Uint8Array(1000);
    expect(seal.seal(plain)).not.toEqual(seal.seal(plain));
    expect(sealedFor(seal.seal(plain))).toBe("migration");
    fc.assert(fc.property(bytes(), (any) => sealedFor(any) === undefined));
    expect(() => new Seal(new Uint8Array(24), "file")).toThrow(RangeError);
  });
});
