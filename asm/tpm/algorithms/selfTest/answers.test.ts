/** The known answers of the self-tests are what other implementations give. */
import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { p256, p384 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { DRBG_CASES } from "../../../testkit/crypto/drbgVectors.ts";
import { CURVES } from "../../../testkit/crypto/ecc/curves.ts";
import { KDFE_VECTORS } from "../../../testkit/crypto/kdfeVectors.ts";
import { nodeKey } from "../../../testkit/crypto/rsa/rsa.ts";
import { concat, hex, text, u32 } from "../../../testkit/harness.ts";

/** The byte arrays of an AssemblyScript file, by name. */
function answersOf(file: string): (name: string) => Uint8Array {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  const arrays = source.matchAll(/export const (\w+): usize = memory\.data<u8>\(\[([^\]]*)\]\)/g);
  const bytes = new Map(Array.from(arrays, ([, name = "", list = ""]) => [name, Uint8Array.from(numbersOf(list))]));
  return (name) => {
    const found = bytes.get(name);
    if (!found) throw new Error(`${file} has no ${name}`);
    return found;
  };
}
const numbersOf = (list: string) => [...list.matchAll(/0x[0-9a-f]{2}/g)].map(([number]) => Number(number));
const big = (bytes: Uint8Array) => BigInt(`0x${hex(bytes)}`);
const uncompressed = (point: Uint8Array) => concat([4], point);

describe("hashes", () => {
  const answer = answersOf("hashAnswers.ts");
  it.each([
    ["SHA1", "sha1"],
    ["SHA256", "sha256"],
    ["SHA384", "sha384"],
    ["SHA512", "sha512"],
    ["SM3", "sm3"],
    ["SHA3_256", "sha3-256"],
    ["SHA3_384", "sha3-384"],
    ["SHA3_512", "sha3-512"],
  ])("%s", (name, algorithm) => {
    expect(hex(answer(`${name}_ABC`))).toBe(createHash(algorithm).update(answer("ABC")).digest("hex"));
  });

  it("HMAC and KDFa", () => {
    const mac = (...parts: Uint8Array[]) =>
      createHmac("sha256", answer("JEFE"))
        .update(concat(...parts))
        .digest("hex");
    expect(hex(answer("HMAC_NOTHING"))).toBe(mac(answer("NOTHING")));
    const rest = [answer("ATH"), answer("ABC"), answer("NOTHING"), u32(384)];
    expect(hex(answer("KDFA_ANSWER"))).toBe(mac(u32(1), ...rest) + mac(u32(2), ...rest).slice(0, 32));
  });

  it("KDFe and MGF1", () => {
    const result = hex(answer("KDFE_ANSWER"));
    const vector = KDFE_VECTORS.find((row) => row.result === result);
    expect(vector).toMatchObject({ algorithm: 0x000b, bits: 491, label: "CFB", partyU: "" });
    expect([hex(answer("KDFE_Z")), hex(answer("KDFE_PARTY_V"))]).toEqual([vector?.z, vector?.partyV]);
    const block = (i: number) =>
      createHash("sha256")
        .update(concat(answer("MGF1_SEED"), u32(i)))
        .digest("hex");
    expect(hex(answer("MGF1_ANSWER"))).toBe((block(0) + block(1)).slice(0, 100));
  });
});

describe("ciphers", () => {
  const answer = answersOf("cipherAnswers.ts");
  const encrypt = (name: string, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array) =>
    createCipheriv(name, key, iv).setAutoPadding(false).update(data).toString("hex");

  it.each([128, 192, 256])("AES and Camellia with %i bits", (bits) => {
    const aes = encrypt(`aes-${bits}-ecb`, answer("AES_KEY").subarray(0, bits / 8), null, answer("AES_PLAIN"));
    expect(hex(answer(`AES_${bits}`))).toBe(aes);
    const key = answer("CAMELLIA_KEY");
    const camellia = encrypt(`camellia-${bits}-ecb`, key.subarray(0, bits / 8), null, key.subarray(0, 16));
    expect(hex(answer(`CAMELLIA_${bits}`))).toBe(camellia);
  });

  it("SM4 and TDES", () => {
    const block = answer("CAMELLIA_KEY").subarray(0, 16);
    expect(hex(answer("SM4_CIPHER"))).toBe(encrypt("sm4-ecb", block, null, block));
    const key = answer("TDES_KEY");
    expect(hex(answer("TDES_192"))).toBe(encrypt("des-ede3-ecb", key, null, answer("TDES_PLAIN")));
    expect(hex(answer("TDES_128"))).toBe(encrypt("des-ede-ecb", key.subarray(0, 16), null, answer("TDES_PLAIN")));
  });

  it.each(["ecb", "cbc", "cfb", "ofb", "ctr"])("mode %s", (mode) => {
    const iv = mode === "ecb" ? null : answer(mode === "ctr" ? "MODE_COUNTER" : "MODE_IV");
    const expected = encrypt(`aes-128-${mode}`, answer("MODE_KEY"), iv, answer("MODE_PLAIN"));
    expect(hex(answer(`${mode.toUpperCase()}_CIPHER`))).toBe(expected);
  });

  it("CMAC, from its definition", () => {
    const encryptBlock = (block: Uint8Array) =>
      big(Buffer.from(encrypt("aes-128-ecb", answer("MODE_KEY"), null, block), "hex"));
    const double = (value: bigint) => ((value << 1n) & ((1n << 128n) - 1n)) ^ (value >> 127n === 1n ? 0x87n : 0n);
    const block = (value: bigint) => Buffer.from(value.toString(16).padStart(32, "0"), "hex");
    const message = answer("CMAC_MESSAGE");
    expect(message.length).toBe(40);
    const k2 = double(double(encryptBlock(new Uint8Array(16))));
    const last = concat(message.subarray(32), [0x80], new Uint8Array(7));
    let mac = 0n;
    for (const piece of [message.subarray(0, 16), message.subarray(16, 32)])
      mac = encryptBlock(block(mac ^ big(piece)));
    mac = encryptBlock(block(mac ^ big(last) ^ k2));
    expect(hex(answer("CMAC_ANSWER"))).toBe(hex(block(mac)));
  });

  it("CTR_DRBG", () => {
    const vector = DRBG_CASES.find(({ returned }) => returned === hex(answer("DRBG_ANSWER")));
    expect(vector).toMatchObject({
      entropy: hex(answer("DRBG_ENTROPY")),
      nonce: hex(answer("DRBG_NONCE")),
      reseed: hex(answer("DRBG_RESEED")),
      personalization: "",
      reseedAdditional: "",
      additional: ["", ""],
    });
  });
});

describe("RSA", () => {
  const answer = answersOf("rsaAnswers.ts");
  const key = (bits: number) => nodeKey(answer(`RSA_${bits}_MODULUS`), 65537, answer(`RSA_${bits}_PRIME`));

  it("the operation", () => {
    const padding = constants.RSA_NO_PADDING;
    const power = publicEncrypt({ key: key(2048).public, padding }, answer("RSA_NUMBER"));
    expect(hex(power)).toBe(hex(answer("RSA_POWER")));
  });

  it("signatures", () => {
    const { public: publicKey } = key(1024);
    const pss = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(verify("sha256", text("sample"), publicKey, answer("RSASSA_SIGNATURE"))).toBe(true);
    expect(verify("sha256", text("sample"), pss, answer("RSAPSS_SIGNATURE"))).toBe(true);
  });

  it("encryption", () => {
    const { private: privateKey } = key(1024);
    const expected = createHash("sha256").update("sample").digest("hex");
    const oaep = { key: privateKey, oaepHash: "sha256", oaepLabel: answer("OAEP_LABEL") };
    expect(hex(privateDecrypt(oaep, answer("OAEP_CIPHER")))).toBe(expected);
    // OpenSSL offers no PKCS #1 v1.5 decryption any more: the padding is taken off here.
    const padded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, answer("RSAES_CIPHER"));
    expect(hex(padded.subarray(0, 2))).toBe("0002");
    expect(padded.indexOf(0, 2)).toBe(128 - 33);
    expect(hex(padded.subarray(128 - 32))).toBe(expected);
  });
});

describe("ECC", () => {
  const answer = answersOf("eccAnswers.ts");
  const { Point } = p256;
  const n = Point.Fn.ORDER;
  const digest = createHash("sha256").update("sample").digest();
  const publicPoint = Point.fromBytes(uncompressed(answer("P256_PUBLIC")));
  const halves = (bytes: Uint8Array) => [bytes.subarray(0, 32), bytes.subarray(32)] as const;
  const challenge = (bytes: Uint8Array) => big(createHash("sha256").update(concat(bytes, digest)).digest()) % n;

  it("keys", () => {
    expect(hex(answer("SAMPLE_DIGEST"))).toBe(hex(digest));
    expect(hex(p256.getPublicKey(answer("P256_PRIVATE"), false).subarray(1))).toBe(hex(answer("P256_PUBLIC")));
    expect(hex(p384.getPublicKey(answer("P384_PRIVATE"), false).subarray(1))).toBe(hex(answer("P384_PUBLIC")));
    expect(hex(p384.Point.BASE.toBytes(false).subarray(1))).toBe(hex(answer("P384_BASE")));
  });

  it("ECDSA", () => {
    const jwk = { kty: "EC", crv: "P-256", ...coordinates(answer("P256_PUBLIC")) };
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" as const };
    expect(verify("sha256", text("sample"), key, answer("ECDSA_SIGNATURE"))).toBe(true);
    expect(verify("sha256", text("sample"), key, answer("ECDSA_MADE"))).toBe(true);
  });

  it("ECDH", () => {
    const shared = p256.getSharedSecret(answer("ECDH_SCALAR"), uncompressed(answer("ECDH_POINT")), false);
    expect(hex(shared.subarray(1))).toBe(hex(answer("ECDH_PRODUCT")));
  });

  it("EC Schnorr: r = H(x of s G - r Q || digest)", () => {
    const [r, s] = halves(answer("ECSCHNORR_MADE"));
    const R = Point.BASE.multiply(big(s)).subtract(publicPoint.multiply(big(r)));
    expect(challenge(R.toBytes(false).subarray(1, 33))).toBe(big(r));
  });

  it("ECDAA: s = r + H(nonceK || digest) d", () => {
    const [nonce, s] = halves(answer("ECDAA_MADE"));
    const expected = big(answer("P256_EPHEMERAL")) + challenge(nonce) * big(answer("P256_PRIVATE"));
    expect(big(s)).toBe(expected % n);
  });

  it("MQV: Z = (e + avf(E) d) (E' + avf(E') D')", () => {
    const avf = (x: bigint) => (1n << 128n) | (x & ((1n << 128n) - 1n));
    const e = big(answer("P256_EPHEMERAL"));
    const implicit = (e + avf(Point.BASE.multiply(e).toAffine().x) * big(answer("P256_PRIVATE"))) % n;
    const theirs = Point.fromBytes(uncompressed(answer("ECDH_POINT")));
    const ephemeral = Point.fromBytes(uncompressed(answer("ECDH_PRODUCT")));
    const Z = ephemeral.add(theirs.multiply(avf(ephemeral.toAffine().x))).multiply(implicit);
    expect(hex(Z.toBytes(false).subarray(1))).toBe(hex(answer("ECMQV_POINT")));
  });

  it("SM2: r = e + x of s G + (r + s) Q", () => {
    const sm2 = CURVES.find(({ name }) => name === "SM2 P-256");
    if (!sm2) throw new Error("no SM2 curve");
    const { Point: Sm2, n: order } = sm2;
    const Q = Sm2.fromBytes(uncompressed(answer("SM2_PUBLIC")));
    expect(hex(Sm2.BASE.multiply(big(answer("SM2_PRIVATE"))).toBytes(false))).toBe(hex(Q.toBytes(false)));
    for (const signature of ["SM2_SIGNATURE", "SM2_MADE"]) {
      const [r, s] = halves(answer(signature)).map(big) as [bigint, bigint];
      const { x } = Sm2.BASE.multiply(s)
        .add(Q.multiply((r + s) % order))
        .toAffine();
      expect((big(answer("SM2_DIGEST")) + x) % order).toBe(r);
    }
  });
});

function coordinates(point: Uint8Array) {
  const url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  return { x: url(point.subarray(0, point.length / 2)), y: url(point.subarray(point.length / 2)) };
}
