import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mod } from "@noble/curves/abstract/modular.js";
import { describe, expect, it } from "vitest";
import { TPM_ALG, TPM_ECC } from "../spec/algorithms.ts";
import { eccKey, type SigningKey } from "./attestKey.ts";
import { curveOf, doubleMultiply, isOnCurve } from "./curve.ts";
import { digest } from "./digest.ts";
import { toNumber, toOctets } from "./numbers.ts";
import { type Signature, verifySignature } from "./signature.ts";
import { flipped } from "./testkit/findings.ts";
import { HASHES } from "./testkit/hashes.ts";

const MESSAGE = new TextEncoder().encode("what a TPM attests");
const b64 = (text = "") => Uint8Array.from(Buffer.from(text, "base64url"));

function rsaKey(publicKey: KeyObject): SigningKey {
  const { n, e } = publicKey.export({ format: "jwk" });
  return { type: "rsa", modulus: toNumber(b64(n)), exponent: toNumber(b64(e)) };
}
/** Of a SubjectPublicKeyInfo whose last octets are the point: node:crypto has no JWK of all curves. */
function pointOf(publicKey: KeyObject, size: number) {
  const spki = publicKey.export({ format: "der", type: "spki" });
  return { x: toNumber(spki.subarray(-2 * size, -size)), y: toNumber(spki.subarray(-size)) };
}
const rsaSignature = (sigAlg: number, hash: number, sig: Uint8Array) =>
  ({ sigAlg, signature: { hash, sig } }) as unknown as Signature;
const eccSignature = (sigAlg: number, hash: number, signatureR: Uint8Array, signatureS: Uint8Array) =>
  ({ sigAlg, signature: { hash, signatureR, signatureS } }) as unknown as Signature;

describe("RSA signatures of OpenSSL", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const key = rsaKey(publicKey);
  // OpenSSL signs nothing with RSA and SM3. A salt beside 64 octets of digest has no room in 128.
  const rsassa = Object.entries(HASHES).filter(([name]) => name !== "sm3");
  const rsapss = rsassa.filter(([name]) => !name.includes("512"));

  it.each(rsassa)("RSASSA with %s", async (name, hash) => {
    const sig = sign(name, MESSAGE, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
    const signature = rsaSignature(TPM_ALG.TPM_ALG_RSASSA, hash, sig);
    expect(await verifySignature(key, signature, MESSAGE)).toMatchObject({ verdict: "good" });
    for (const [, wrong] of flipped(sig))
      expect((await verifySignature(key, rsaSignature(TPM_ALG.TPM_ALG_RSASSA, hash, wrong), MESSAGE)).verdict).toBe(
        "bad",
      );
  });

  it.each(rsapss)("RSAPSS with %s, salts of any size", async (name, hash) => {
    const size = createHash(name).digest().length;
    for (const saltLength of [0, 8, size, 128 - size - 2]) {
      const sig = sign(name, MESSAGE, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
      const verified = await verifySignature(key, rsaSignature(TPM_ALG.TPM_ALG_RSAPSS, hash, sig), MESSAGE);
      expect([saltLength, verified.verdict]).toEqual([saltLength, "good"]);
    }
    const sig = sign(name, MESSAGE, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: size });
    for (const [, wrong] of flipped(sig))
      expect((await verifySignature(key, rsaSignature(TPM_ALG.TPM_ALG_RSAPSS, hash, wrong), MESSAGE)).verdict).toBe(
        "bad",
      );
  });

  it("a modulus whose bits are one more than a multiple of 8 has a mask of whole octets", async () => {
    const odd = generateKeyPairSync("rsa", { modulusLength: 1025 });
    const sig = sign("sha256", MESSAGE, {
      key: odd.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    });
    const signature = rsaSignature(TPM_ALG.TPM_ALG_RSAPSS, HASHES.sha256, sig);
    expect(await verifySignature(rsaKey(odd.publicKey), signature, MESSAGE)).toMatchObject({ verdict: "good" });
  });

  it("of one scheme is none of the other, nor of another hash, message, key or size", async () => {
    const sig = sign("sha256", MESSAGE, privateKey);
    const judge = async (scheme: number, hash: number, octets: Uint8Array, message = MESSAGE, by = key) =>
      (await verifySignature(by, rsaSignature(scheme, hash, octets), message)).verdict;
    expect(await judge(TPM_ALG.TPM_ALG_RSASSA, HASHES.sha256, sig)).toBe("good");
    expect(await judge(TPM_ALG.TPM_ALG_RSAPSS, HASHES.sha256, sig)).toBe("bad");
    expect(await judge(TPM_ALG.TPM_ALG_RSASSA, HASHES["sha3-256"], sig)).toBe("bad");
    expect(await judge(TPM_ALG.TPM_ALG_RSASSA, HASHES.sha256, sig, new Uint8Array(3))).toBe("bad");
    expect(await judge(TPM_ALG.TPM_ALG_RSASSA, HASHES.sha256, new Uint8Array([0, ...sig]))).toBe("bad");
    const plus = toNumber(sig) + (key.type === "rsa" ? key.modulus : 0n);
    expect(await judge(TPM_ALG.TPM_ALG_RSASSA, HASHES.sha256, toOctets(plus, 129).subarray(1))).toBe("bad");
    const other = rsaKey(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey);
    expect(await judge(TPM_ALG.TPM_ALG_RSASSA, HASHES.sha256, sig, MESSAGE, other)).toBe("bad");
    expect(await judge(TPM_ALG.TPM_ALG_ECDSA, HASHES.sha256, sig)).toBe("bad");
  });
});

const CURVES = [
  ["prime192v1", TPM_ECC.TPM_ECC_NIST_P192],
  ["secp224r1", TPM_ECC.TPM_ECC_NIST_P224],
  ["prime256v1", TPM_ECC.TPM_ECC_NIST_P256],
  ["secp384r1", TPM_ECC.TPM_ECC_NIST_P384],
  ["secp521r1", TPM_ECC.TPM_ECC_NIST_P521],
  ["SM2", TPM_ECC.TPM_ECC_SM2_P256],
] as const;

describe("ECDSA signatures of OpenSSL", () => {
  it.each(CURVES.slice(0, 5))("on %s, with every hash", async (namedCurve, id) => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
    const size = curveOf(id)?.size ?? 0;
    const key = eccKey(id, pointOf(publicKey, size));
    for (const [name, hash] of Object.entries(HASHES)) {
      const raw = sign(name, MESSAGE, { key: privateKey, dsaEncoding: "ieee-p1363" });
      const judge = async (octets: Uint8Array) => {
        const parts = [octets.subarray(0, size), octets.subarray(size)] as const;
        return (await verifySignature(key, eccSignature(TPM_ALG.TPM_ALG_ECDSA, hash, ...parts), MESSAGE)).verdict;
      };
      expect([name, await judge(raw)]).toEqual([name, "good"]);
      const [[, wrong]] = flipped(raw) as [[number, Uint8Array]];
      expect([name, await judge(wrong)]).toEqual([name, "bad"]);
    }
  });
});

describe("other signatures of ECC keys", () => {
  /** A signature by the book: nonce 5, key 7. Only a verifier's arithmetic is tried; TPMs' own signatures are tried elsewhere. */
  const curve = curveOf(TPM_ECC.TPM_ECC_SM2_P256);
  if (curve === null) throw new Error("there is no such curve");
  const multiple = (k: bigint) => doubleMultiply(curve, k, 0n, { x: curve.x, y: curve.y });
  const key = eccKey(TPM_ECC.TPM_ECC_SM2_P256, multiple(7n) ?? { x: 0n, y: 0n });

  it("ECDAA is unknown, and never good", async () => {
    const one = Uint8Array.of(1);
    const judgement = await verifySignature(key, eccSignature(TPM_ALG.TPM_ALG_ECDAA, HASHES.sha256, one, one), MESSAGE);
    expect(judgement).toMatchObject({ verdict: "unknown", reason: expect.stringContaining("issuer") });
  });

  it("r and s lie between 0 and the order", async () => {
    for (const scheme of [TPM_ALG.TPM_ALG_ECDSA, TPM_ALG.TPM_ALG_SM2, TPM_ALG.TPM_ALG_ECSCHNORR, TPM_ALG.TPM_ALG_ECDAA])
      for (const [r, s] of [
        [0n, 1n],
        [1n, 0n],
        [curve.n, 1n],
        [1n, curve.n],
      ] as const) {
        const signature = eccSignature(scheme, HASHES.sha256, toOctets(r, 32), toOctets(s, 32));
        expect((await verifySignature(key, signature, MESSAGE)).verdict).toBe("bad");
      }
  });

  it("EC Schnorr: the challenge comes out again, and nothing else passes", async () => {
    const k = multiple(5n);
    const hashed = await digest(HASHES.sha256, MESSAGE);
    const r = toNumber(await digest(HASHES.sha256, toOctets(k?.x ?? 0n, 32), hashed));
    const s = mod(5n + r * 7n, curve.n);
    const judge = async (scalar: bigint, message = MESSAGE) => {
      const signature = eccSignature(TPM_ALG.TPM_ALG_ECSCHNORR, HASHES.sha256, toOctets(r, 32), toOctets(scalar, 32));
      return (await verifySignature(key, signature, message)).verdict;
    };
    expect([await judge(s), await judge(s + 1n), await judge(s, new Uint8Array(1))]).toEqual(["good", "bad", "bad"]);
  });
});

describe("the curves", () => {
  it.each(CURVES)("%s has OpenSSL's keys on it", (namedCurve, id) => {
    const size = curveOf(id)?.size ?? 0;
    const { publicKey } = generateKeyPairSync("ec", { namedCurve });
    const point = pointOf(publicKey, size);
    expect(() => eccKey(id, point)).not.toThrow();
    expect(() => eccKey(id, { ...point, y: point.y ^ 1n })).toThrow("not on its curve");
  });

  it.each(Object.entries(TPM_ECC).slice(1))("%s: its base point is on it, and has its order", (_, id) => {
    const curve = curveOf(id);
    if (curve === null) throw new Error("there is no such curve");
    const base = { x: curve.x, y: curve.y };
    expect(isOnCurve(curve, base)).toBe(true);
    expect(doubleMultiply(curve, curve.n - 1n, 1n, base)).toBe(null);
    expect(doubleMultiply(curve, curve.n - 3n, 4n, base)).toEqual(base);
  });

  it("there are no others", () => {
    expect(curveOf(0x1234)).toBe(null);
    expect(() => eccKey(0x1234, { x: 1n, y: 1n })).toThrow("no curve");
  });
});
