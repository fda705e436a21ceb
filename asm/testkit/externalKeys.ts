/** TPM2_LoadExternal of keys that the tests know whole: the same on every TPM. */
import { createHash } from "node:crypto";
import { CURVES } from "./crypto/ecc/curves.ts";
import { testKey } from "./crypto/rsa/keys.ts";
import { concat, sized, u16, u32 } from "./harness.ts";
import { ALG, CURVE, RH } from "./names.ts";
import { loadExternal, NULL_ALGORITHM, OBJECT, publicArea } from "./objects.ts";

export const DECRYPTING = OBJECT.userWithAuth | OBJECT.noDA | OBJECT.decrypt;
export const SIGNING_KEY = OBJECT.userWithAuth | OBJECT.noDA | OBJECT.sign;

interface Common {
  attributes?: number;
  auth?: Uint8Array | number[];
  nameAlg?: number;
  /** Only the public area, in the NULL hierarchy. */
  publicOnly?: boolean;
}

export function bytesOf(value: bigint, size: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex"));
}
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
}

/** TPM2B_SENSITIVE */
function inSensitive(type: number, auth: Uint8Array | number[], seed: Uint8Array, data: Uint8Array): Uint8Array {
  return sized(concat(u16(type), sized(auth), sized(seed), sized(data)));
}
const DIGEST_NAMES: Readonly<Record<number, string>> = {
  [ALG.SHA1]: "sha1",
  [ALG.SHA256]: "sha256",
  [ALG.SHA384]: "sha384",
};

export function externalRsa(
  options: Common & { bits?: number; scheme?: Uint8Array; n?: Uint8Array; p?: Uint8Array; exponent?: number } = {},
): Uint8Array {
  const { bits = 2048, scheme = NULL_ALGORITHM, attributes = DECRYPTING, nameAlg = ALG.SHA256, auth = [] } = options;
  const known = testKey(bits);
  const { n = known.n, p = known.p, exponent = 0 } = options;
  const parameters = concat(NULL_ALGORITHM, scheme, u16(bits), u32(exponent));
  const area = publicArea({ type: ALG.RSA, nameAlg, attributes, parameters, unique: sized(n) });
  return loadExternal(area, RH.NULL, options.publicOnly ? sized([]) : inSensitive(ALG.RSA, auth, new Uint8Array(), p));
}

export function curveOf(id: number) {
  const curve = CURVES.find((c) => c.id === id);
  if (!curve) throw new Error(`no curve ${id}`);
  return curve;
}
/** A scalar of the curve that is the same each time. */
export function scalarOf(curve: number, label: string): bigint {
  const { n } = curveOf(curve);
  const digest = (i: number) => createHash("sha512").update(`${label} ${i}`).digest();
  return 1n + (numberOf(concat(digest(0), digest(1))) % (n - 1n));
}
export interface Affine {
  x: bigint;
  y: bigint;
}
export function timesBase(curve: number, scalar: bigint): Affine {
  return curveOf(curve).Point.BASE.multiply(scalar).toAffine();
}
export function times(curve: number, point: Affine, scalar: bigint): Affine {
  return curveOf(curve).Point.fromAffine(point).multiply(scalar).toAffine();
}
/** TPMS_ECC_POINT */
export function pointBytes(curve: number, { x, y }: Affine): Uint8Array {
  const { size } = curveOf(curve);
  return concat(sized(bytesOf(x, size)), sized(bytesOf(y, size)));
}

export function externalEcc(
  options: Common & {
    curve?: number;
    scheme?: Uint8Array;
    label?: string;
    unique?: Uint8Array;
    secret?: Uint8Array;
  } = {},
): Uint8Array {
  const { curve = CURVE.NIST_P256, scheme = NULL_ALGORITHM, attributes = DECRYPTING, nameAlg = ALG.SHA256 } = options;
  const { auth = [], label = "key" } = options;
  const scalar = options.secret ? numberOf(options.secret) : scalarOf(curve, label);
  const unique = options.unique ?? pointBytes(curve, timesBase(curve, scalar));
  const parameters = concat(NULL_ALGORITHM, scheme, u16(curve), NULL_ALGORITHM);
  const area = publicArea({ type: ALG.ECC, nameAlg, attributes, parameters, unique });
  const { secret = bytesOf(scalar, curveOf(curve).size) } = options;
  return loadExternal(
    area,
    RH.NULL,
    options.publicOnly ? sized([]) : inSensitive(ALG.ECC, auth, new Uint8Array(), secret),
  );
}

/** Keyed hashes and ciphers: unique = H(seed || key). */
function externalSymmetric(type: number, parameters: Uint8Array, key: Uint8Array, options: Common): Uint8Array {
  const { attributes = SIGNING_KEY, nameAlg = ALG.SHA256, auth = [] } = options;
  const hash = () => createHash(DIGEST_NAMES[nameAlg] ?? "");
  const seed = new Uint8Array(hash().digest().length).fill(0x5e);
  const unique = sized(hash().update(seed).update(key).digest());
  const area = publicArea({ type, nameAlg, attributes, parameters, unique });
  return loadExternal(area, RH.NULL, options.publicOnly ? sized([]) : inSensitive(type, auth, seed, key));
}

/** A key without scheme has to sign and decrypt. */
export function externalKeyedHash(options: Common & { scheme?: Uint8Array; key?: Uint8Array } = {}): Uint8Array {
  const { scheme = NULL_ALGORITHM, key = patterned(32) } = options;
  const attributes = options.attributes ?? (options.scheme ? SIGNING_KEY : SIGNING_KEY | OBJECT.decrypt);
  return externalSymmetric(ALG.KEYEDHASH, scheme, key, { ...options, attributes });
}

/** @param options.mode 0x10 (TPM_ALG_NULL) leaves it to the caller */
export function externalCipher(
  options: Common & { algorithm?: number; bits?: number; mode?: number; key?: Uint8Array } = {},
): Uint8Array {
  const { algorithm = ALG.AES, bits = 128, mode = ALG.NULL, key = patterned(bits / 8) } = options;
  const attributes = options.attributes ?? SIGNING_KEY | OBJECT.decrypt;
  const parameters = concat(u16(algorithm), u16(bits), u16(mode));
  return externalSymmetric(ALG.SYMCIPHER, parameters, key, { ...options, attributes });
}

/** Octets that are all different for a while, and good as a TDES key: odd parity, three different parts. */
export function patterned(size: number): Uint8Array {
  const digest = (i: number) => createHash("sha256").update(`octets ${i}`).digest();
  const all = concat(...Array.from({ length: Math.ceil(size / 32) }, (_, i) => digest(i)));
  return all.slice(0, size).map((octet) => {
    const bits = octet >> 1;
    let parity = 1;
    for (let i = 0; i < 7; i++) parity ^= (bits >> i) & 1;
    return (bits << 1) | parity;
  });
}

// --- RSA, from RFC 8017 -----------------------------------------------------------------------------------------

export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}
/** RSAEP with e = 65537. */
export function rsaPublicOperation(bits: number, message: Uint8Array): Uint8Array {
  return bytesOf(powerModulo(numberOf(message), 65537n, numberOf(testKey(bits).n)), bits / 8);
}
/** EME-PKCS1-v1_5 with octets of 0x5a as the random string. */
export function padPkcs1(bits: number, message: Uint8Array, filler = 0x5a): Uint8Array {
  const size = bits / 8 - 3 - message.length;
  return concat([0, 2], new Uint8Array(size).fill(filler), [0], message);
}
function mgf1(name: string, seed: Uint8Array, size: number): Uint8Array {
  const block = (i: number) => createHash(name).update(seed).update(u32(i)).digest();
  return concat(...Array.from({ length: Math.ceil(size / block(0).length) }, (_, i) => block(i))).slice(0, size);
}
const xor = (a: Uint8Array, b: Uint8Array) => a.map((octet, i) => octet ^ (b[i] ?? 0));
/** EME-OAEP with a seed of octets of 0x33. */
export function padOaep(bits: number, name: string, label: Uint8Array, message: Uint8Array): Uint8Array {
  const labelHash = createHash(name).update(label).digest();
  const zeros = new Uint8Array(bits / 8 - 2 * labelHash.length - 2 - message.length);
  const data = concat(labelHash, zeros, [1], message);
  const seed = new Uint8Array(labelHash.length).fill(0x33);
  const masked = xor(data, mgf1(name, seed, data.length));
  return concat([0], xor(seed, mgf1(name, masked, seed.length)), masked);
}
