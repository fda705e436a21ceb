/** Keys, schemes and signatures for tests, checked with node:crypto and on noble's curves: no code of the core. */

import { constants, createHash, createHmac, createPublicKey, publicEncrypt, verify } from "node:crypto";
import { CURVES } from "./crypto/ecc/curves.ts";
import { command, concat, hex, password, type Session, sized, u16, u32 } from "./harness.ts";
import { ALG, CC, RH, ST } from "./names.ts";
import { ecc, Fields, keyedHash, OBJECT, rsa } from "./objects.ts";

export const HASHES: Readonly<Record<number, string>> = {
  [ALG.SHA1]: "sha1",
  [ALG.SHA256]: "sha256",
  [ALG.SHA384]: "sha384",
  [ALG.SHA512]: "sha512",
};

export function hash(algorithm: number, ...parts: (Uint8Array | number[])[]): Uint8Array {
  return new Uint8Array(
    createHash(HASHES[algorithm] ?? "")
      .update(concat(...parts))
      .digest(),
  );
}

/** TPMT_SIG_SCHEME */
export function scheme(id: number, algorithm: number = ALG.SHA256, count = 0): Uint8Array {
  if (id === ALG.NULL) return u16(ALG.NULL);
  return concat(u16(id), u16(algorithm), id === ALG.ECDAA ? u16(count) : []);
}
export const NO_SCHEME = scheme(ALG.NULL);
/** A ticket of this tag that proves nothing. */
export const nullTicket = (tag: number) => concat(u16(tag), u32(RH.NULL), sized([]));

export function sign(
  key: number,
  digest: Uint8Array,
  inScheme: Uint8Array = NO_SCHEME,
  ticket: Uint8Array = nullTicket(ST.HASHCHECK),
  session: Session = password(),
): Uint8Array {
  return command(CC.Sign, [key], [sized(digest), inScheme, ticket], [session]);
}
export function verifySignature(key: number, digest: Uint8Array, signature: Uint8Array): Uint8Array {
  return command(CC.VerifySignature, [key], [sized(digest), signature]);
}

/** TPMT_SIGNATURE of an RSA or ECC key, or a keyed hash. */
export function signature(id: number, algorithm: number, ...values: Uint8Array[]): Uint8Array {
  return concat(u16(id), u16(algorithm), id === ALG.HMAC ? concat(...values) : concat(...values.map((v) => sized(v))));
}

export interface ReadSignature {
  id: number;
  algorithm: number;
  /** One for RSA and HMAC, two for ECC. */
  values: Uint8Array[];
}
export function readSignature(fields: Fields): ReadSignature {
  const id = fields.number(2);
  if (id === ALG.NULL) return { id, algorithm: ALG.NULL, values: [] };
  const algorithm = fields.number(2);
  if (id === ALG.HMAC) return { id, algorithm, values: [fields.take(hash(algorithm).length)] };
  const values = [fields.sized()];
  if (id !== ALG.RSASSA && id !== ALG.RSAPSS) values.push(fields.sized());
  return { id, algorithm, values };
}

export const toBig = (bytes: Uint8Array) => BigInt(`0x0${hex(bytes)}`);
export const fromBig = (value: bigint, size: number) => Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex");
const modulo = (a: bigint, n: bigint) => ((a % n) + n) % n;
function power(base: bigint, exponent: bigint, n: bigint): bigint {
  let result = 1n;
  for (let b = modulo(base, n), e = exponent; e > 0n; b = (b * b) % n, e >>= 1n) if (e & 1n) result = (result * b) % n;
  return result;
}

/** The public key in a TPMT_PUBLIC. */
export function publicKeyOf(area: Uint8Array): { n: Uint8Array; e: number } | { curve: number; x: bigint; y: bigint } {
  const fields = new Fields(area);
  const type = fields.number(2);
  fields.take(6);
  fields.sized();
  if (fields.number(2) !== ALG.NULL) fields.take(4);
  const id = fields.number(2);
  if (id !== ALG.NULL) fields.take(id === ALG.ECDAA ? 4 : 2);
  if (type === ALG.RSA) {
    fields.take(2);
    const e = fields.number(4) || 65537;
    return { n: fields.sized(), e };
  }
  const curve = fields.number(2);
  if (fields.number(2) !== ALG.NULL) fields.take(2);
  return { curve, x: toBig(fields.sized()), y: toBig(fields.sized()) };
}

export function nodeRsaKey(n: Uint8Array, e: number) {
  const exponent = Buffer.from(e.toString(16).padStart(8, "0"), "hex");
  return createPublicKey({
    format: "jwk",
    key: { kty: "RSA", n: Buffer.from(n).toString("base64url"), e: exponent.toString("base64url") },
  });
}

/** Whether a signature is that of `area`'s key (or of the HMAC key `secret`) on a message. */
export function isGood(area: Uint8Array, message: Uint8Array, s: ReadSignature, secret?: Uint8Array): boolean {
  const name = HASHES[s.algorithm] ?? "";
  const [first = new Uint8Array(), second = new Uint8Array()] = s.values;
  const digest = hash(s.algorithm, message);
  if (s.id === ALG.HMAC)
    return (
      hex(
        createHmac(name, secret ?? "")
          .update(digest)
          .digest(),
      ) === hex(first)
    );
  const key = publicKeyOf(area);
  if ("n" in key) {
    const padding = s.id === ALG.RSASSA ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
    return verify(name, message, { key: nodeRsaKey(key.n, key.e), padding, saltLength }, first);
  }
  return isGoodEcc(s.id, s.algorithm, key, digest, toBig(first), toBig(second));
}

/** Bytes of the salt in an RSASSA-PSS signature (RFC 8017, 9.1.2). */
export function saltSize(area: Uint8Array, s: ReadSignature): number {
  const key = publicKeyOf(area);
  if (!("n" in key)) throw new Error("not an RSA key");
  const raw = { key: nodeRsaKey(key.n, key.e), padding: constants.RSA_NO_PADDING };
  const encoded = publicEncrypt(raw, s.values[0] ?? new Uint8Array());
  const digestSize = hash(s.algorithm).length;
  const masked = encoded.length - digestSize - 1;
  const seed = encoded.subarray(masked, masked + digestSize);
  const db = encoded.subarray(0, masked);
  for (let counter = 0, at = 0; at < masked; counter++, at += digestSize) {
    const mask = hash(s.algorithm, seed, u32(counter));
    for (let i = 0; i < digestSize && at + i < masked; i++) db[at + i] = (db[at + i] ?? 0) ^ (mask[i] ?? 0);
  }
  db[0] = (db[0] ?? 0) & 0x7f;
  return masked - db.indexOf(1) - 1;
}

function isGoodEcc(
  id: number,
  algorithm: number,
  key: { curve: number; x: bigint; y: bigint },
  digest: Uint8Array,
  r: bigint,
  s: bigint,
): boolean {
  const curve = CURVES.find((c) => c.id === key.curve);
  if (!curve) throw new Error(`curve ${key.curve}`);
  const { n, size, Point } = curve;
  const Q = Point.fromAffine(key);
  Q.assertValidity();
  const bits = n.toString(2).length;
  if (r < 1n || s < 1n || r >= n || s >= n) return false;
  const sum = (a: bigint, b: bigint) => Point.BASE.multiplyUnsafe(a).add(Q.multiplyUnsafe(b)).toAffine();
  if (id === ALG.ECDSA) {
    const excess = 8 * digest.length - bits;
    const e = excess > 0 ? toBig(digest) >> BigInt(excess) : toBig(digest);
    const w = power(s, n - 2n, n);
    return sum((e * w) % n, (r * w) % n).x % n === r;
  }
  if (id === ALG.SM2) {
    const t = (r + s) % n;
    return t !== 0n && (toBig(digest) + sum(s, t).x) % n === r;
  }
  // EC Schnorr, Part 1, C.4.3: r = H(x of [s] G - [r] Q || digest).
  const { x } = sum(s, n - r);
  return toBig(hash(algorithm, fromBig(x, size), digest).subarray(0, size)) === r;
}

// --- keys that the test knows --------------------------------------------------------------------------------------

/** An RSA-1024 key for tests: the modulus and one prime. */
export const RSA_N = Buffer.from(
  "a8f74e2d0a1b261ea9f22e9285d362ddfa7db873a4cacde1562af76f665100839bd3f0c371fe0ecd7c83dbe175d7e72dff580d7d61935e9062" +
    "44be62109acad8c7e5d09869f723d5624f477dabcb9f6f7e74b6e3ff287b540dc40c05c0690abaa29aa30be157ff90d73ac720e1c49ec59dad" +
    "764944b6d3126c71b62da0ae6d39",
  "hex",
);
export const RSA_P = Buffer.from(
  "def4bf7e563ab593abbdb3e30c175ec6adb24cce70e1c7b9bc12209bcff5f4bd56b4f68c616ecddb7e9c6ebef044ffc8008367126b65686961" +
    "e0eba46da5d465",
  "hex",
);

// --- signatures by a key that the test knows, the same each time ---------------------------------------------------

function mgf1(algorithm: number, seed: Uint8Array, size: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * hash(algorithm).length < size; counter++)
    blocks.push(hash(algorithm, seed, u32(counter)));
  return concat(...blocks).subarray(0, size);
}
const OIDS: Readonly<Record<number, number[]>> = {
  [ALG.SHA1]: [0x2b, 0x0e, 3, 2, 0x1a],
  [ALG.SHA256]: [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
  [ALG.SHA384]: [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2],
  [ALG.SHA512]: [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3],
};
function rsaSignature(encoded: Uint8Array): Uint8Array {
  const [n, p] = [toBig(RSA_N), toBig(RSA_P)];
  const phi = (p - 1n) * (n / p - 1n);
  // 65537 is prime: its inverse modulo phi is found from phi modulo it.
  const t = power(phi % 65537n, 65535n, 65537n);
  const d = (1n + phi * ((65537n - t) % 65537n)) / 65537n;
  return fromBig(power(toBig(encoded), d, n), RSA_N.length);
}
/** RFC 8017, 9.2, of any digest. */
export function rsassaOf(algorithm: number, digest: Uint8Array): Uint8Array {
  const oid = OIDS[algorithm] ?? [];
  const identifier = concat([0x30, oid.length + 4, 6, oid.length], oid, [5, 0]);
  const info = concat([0x30, identifier.length + 2 + digest.length], identifier, [4, digest.length], digest);
  const filler = new Uint8Array(RSA_N.length - info.length - 3).fill(0xff);
  return signature(ALG.RSASSA, algorithm, rsaSignature(concat([0, 1], filler, [0], info)));
}
/** RFC 8017, 9.1.1. */
export function rsapssOf(algorithm: number, digest: Uint8Array, saltBytes: number): Uint8Array {
  const salt = new Uint8Array(saltBytes).fill(0x5a);
  const h = hash(algorithm, new Uint8Array(8), digest, salt);
  const db = concat(new Uint8Array(RSA_N.length - h.length - 2 - saltBytes), [1], salt);
  const mask = mgf1(algorithm, h, db.length);
  const masked = db.map((byte, i) => byte ^ (mask[i] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return signature(ALG.RSAPSS, algorithm, rsaSignature(concat(masked, h, [0xbc])));
}
/** ECDSA, EC Schnorr or SM2 by the key of knownEcc. */
export function eccSignatureOf(id: number, curveId: number, algorithm: number, digest: Uint8Array): Uint8Array {
  const { curve, scalar: d } = scalarOf(curveId);
  const { n, size, Point } = curve;
  const k = (toBig(hash(ALG.SHA512, digest)) % (n - 1n)) + 1n;
  const { x } = Point.BASE.multiply(k).toAffine();
  const values = (r: bigint, s: bigint) => signature(id, algorithm, fromBig(r, size), fromBig(modulo(s, n), size));
  if (id === ALG.ECSCHNORR) {
    const r = toBig(hash(algorithm, fromBig(x, size), digest).subarray(0, size));
    return values(r, k + r * d);
  }
  if (id === ALG.SM2) {
    const r = modulo(toBig(digest) + x, n);
    return values(r, (k - r * d) * power(1n + d, n - 2n, n));
  }
  const excess = 8 * digest.length - n.toString(2).length;
  const e = excess > 0 ? toBig(digest) >> BigInt(excess) : toBig(digest);
  return values(x % n, (e + (x % n) * d) * power(k, n - 2n, n));
}
export function hmacOf(algorithm: number, digest: Uint8Array): Uint8Array {
  return signature(
    ALG.HMAC,
    algorithm,
    createHmac(HASHES[algorithm] ?? "", HMAC_KEY)
      .update(digest)
      .digest(),
  );
}

/** sign, and its authValue may be used. */
export const EXTERNAL_SIGN = OBJECT.sign | OBJECT.userWithAuth | OBJECT.noDA;

interface KnownKey {
  /** TPMT_PUBLIC */
  area: Uint8Array;
  /** TPM2B_SENSITIVE */
  sensitive: Uint8Array;
}
const sensitiveOf = (type: number, value: Uint8Array, seed: Uint8Array | number[] = []) =>
  sized(concat(u16(type), sized([]), sized(seed), sized(value)));

export function knownRsa(attributes: number = EXTERNAL_SIGN, keyScheme: Uint8Array = NO_SCHEME): KnownKey {
  const area = rsa(attributes, { bits: 1024, scheme: keyScheme, unique: sized(RSA_N) });
  return { area, sensitive: sensitiveOf(ALG.RSA, RSA_P) };
}
function scalarOf(id: number) {
  const curve = CURVES.find((c) => c.id === id);
  if (!curve) throw new Error(`curve ${id}`);
  return { curve, scalar: (toBig(hash(ALG.SHA512, u16(id))) % (curve.n - 2n)) + 1n };
}
export function knownEcc(id = 3, attributes: number = EXTERNAL_SIGN, keyScheme: Uint8Array = NO_SCHEME): KnownKey {
  const { curve, scalar } = scalarOf(id);
  const { x, y } = curve.Point.BASE.multiply(scalar).toAffine();
  const unique = concat(sized(fromBig(x, curve.size)), sized(fromBig(y, curve.size)));
  const area = ecc(attributes, { curve: id, scheme: keyScheme, unique });
  return { area, sensitive: sensitiveOf(ALG.ECC, fromBig(scalar, curve.size)) };
}
export const HMAC_KEY = new Uint8Array(24).fill(0x6b);
export function knownHmac(algorithm: number = ALG.SHA256, attributes: number = EXTERNAL_SIGN): KnownKey {
  const seed = new Uint8Array(32).fill(7);
  const unique = sized(hash(ALG.SHA256, seed, HMAC_KEY));
  const bothUses = (attributes & OBJECT.decrypt) !== 0;
  const area = keyedHash(attributes, { scheme: bothUses ? NO_SCHEME : scheme(ALG.HMAC, algorithm), unique });
  return { area, sensitive: sensitiveOf(ALG.KEYEDHASH, HMAC_KEY, seed) };
}
