/**
 * Part 1's protection of keys outside of a TPM (22 to 24, B.10, C.6), on node:crypto: storage keys made in software,
 * duplicates, credentials and salts for a TPM, and what a TPM made of them opened again. It shares no code with the core.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { testKey } from "./crypto/rsa/keys.ts";
import { nodeKey } from "./crypto/rsa/rsa.ts";
import { concat, sized, text, u8, u16, u32 } from "./harness.ts";
import { ALG } from "./names.ts";
import { ecc, Fields, OBJECT, rsa } from "./objects.ts";
import { digest, hmac, kdfa } from "./sessions.ts";
import { nodeRsaKey, publicKeyOf } from "./signatures.ts";

const HASH_NAMES: Readonly<Record<number, string>> = {
  [ALG.SHA1]: "sha1",
  [ALG.SHA256]: "sha256",
  [ALG.SHA384]: "sha384",
};

/** A key pair in software, as a TPM would see it. */
export interface SoftwareKey {
  nameAlg: number;
  /** TPMT_PUBLIC */
  area: Uint8Array;
  name: Uint8Array;
  /** TPMT_SENSITIVE */
  sensitive: Uint8Array;
  /** Encrypts a fresh seed: TPM2B_ENCRYPTED_SECRET without its size. An RSA key's hash is nameAlg unless given. */
  encrypt(label: string, hash?: number): { seed: Uint8Array; secret: Uint8Array };
  decrypt(label: string, secret: Uint8Array): Uint8Array;
}

const DUPLICABLE = OBJECT.userWithAuth | OBJECT.noDA | OBJECT.sensitiveDataOrigin | OBJECT.restricted | OBJECT.decrypt;

interface KeyOptions {
  attributes?: number;
  nameAlg?: number;
  /** authValue and seedValue of the sensitive area. */
  auth?: Uint8Array;
  seed?: Uint8Array;
  policy?: Uint8Array;
  scheme?: Uint8Array;
}

export function nameOf(area: Uint8Array): Uint8Array {
  const nameAlg = (area[2] ?? 0) * 256 + (area[3] ?? 0);
  return nameAlg === ALG.NULL ? new Uint8Array(0) : concat(u16(nameAlg), digest(nameAlg, area));
}

/** TPMT_SENSITIVE */
export function sensitiveArea(
  type: number,
  data: Uint8Array,
  auth: Uint8Array = new Uint8Array(0),
  seed: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return concat(u16(type), sized(auth), sized(seed), sized(data));
}

function defaultSeed(nameAlg: number, what: string): Uint8Array {
  return digest(nameAlg, text(`seed of ${what}`));
}

/** Always the same one of its size: OpenSSL takes half a second for a new one. */
export function rsaKey(options: KeyOptions & { bits?: number } = {}): SoftwareKey {
  const { attributes = DUPLICABLE, nameAlg = ALG.SHA256, bits = 2048, auth, policy, scheme } = options;
  const { n, p } = testKey(bits);
  const key = nodeKey(n, 65537, p);
  const area = rsa(attributes, {
    bits,
    nameAlg,
    unique: sized(n),
    ...(policy && { policy }),
    ...(scheme && { scheme }),
  });
  const seed = options.seed ?? defaultSeed(nameAlg, "an RSA key");
  const oaep = (label: string, hash: number) => ({
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: HASH_NAMES[hash] ?? "",
    oaepLabel: Buffer.concat([Buffer.from(label), Buffer.from([0])]),
  });
  return {
    nameAlg,
    area,
    name: nameOf(area),
    sensitive: sensitiveArea(ALG.RSA, p, auth, seed),
    encrypt(label, hash = nameAlg) {
      const made = defaultSeed(hash, `${label} ${counter++}`);
      return { seed: made, secret: Uint8Array.from(publicEncrypt({ key: key.public, ...oaep(label, hash) }, made)) };
    },
    decrypt: (label, secret) => Uint8Array.from(privateDecrypt({ key: key.private, ...oaep(label, nameAlg) }, secret)),
  };
}
let counter = 0;

const CURVES: Readonly<Record<number, [name: string, size: number]>> = { 3: ["prime256v1", 32], 4: ["secp384r1", 48] };

export function eccKey(options: KeyOptions & { curve?: number } = {}): SoftwareKey {
  const { attributes = DUPLICABLE, nameAlg = ALG.SHA256, curve = 3, auth, policy, scheme } = options;
  const [curveName, size] = CURVES[curve] ?? ["", 0];
  const ecdh = createECDH(curveName);
  const point = ecdh.generateKeys();
  const x = Uint8Array.from(point.subarray(1, 1 + size));
  const y = Uint8Array.from(point.subarray(1 + size));
  const area = ecc(attributes, {
    curve,
    nameAlg,
    unique: concat(sized(x), sized(y)),
    ...(policy && { policy }),
    ...(scheme && { scheme }),
  });
  const scalar = ecdh.getPrivateKey();
  const padded = concat(new Uint8Array(size - scalar.length), scalar);
  const seed = options.seed ?? defaultSeed(nameAlg, "an ECC key");
  const derive = (z: Uint8Array, label: string, ephemeral: Uint8Array) => kdfe(nameAlg, z, label, ephemeral, x);
  return {
    nameAlg,
    area,
    name: nameOf(area),
    sensitive: sensitiveArea(ALG.ECC, padded, auth, seed),
    encrypt(label) {
      const own = createECDH(curveName);
      const ephemeral = own.generateKeys();
      const z = own.computeSecret(point);
      const [ex, ey] = [ephemeral.subarray(1, 1 + size), ephemeral.subarray(1 + size)];
      return { seed: derive(z, label, ex), secret: concat(sized(ex), sized(ey)) };
    },
    decrypt(label, secret) {
      const fields = new Fields(secret);
      const [ex, ey] = [fields.sized(), fields.sized()];
      return derive(ecdh.computeSecret(concat([4], ex, ey)), label, ex);
    },
  };
}

function kdfe(hash: number, z: Uint8Array, label: string, u: Uint8Array, v: Uint8Array): Uint8Array {
  return digest(hash, u32(1), z, text(label), u8(0), u, v);
}

function cfb(key: Uint8Array, iv: Uint8Array, data: Uint8Array, encrypt: boolean): Uint8Array {
  const make = encrypt ? createCipheriv : createDecipheriv;
  const cipher = make(`aes-${key.length * 8}-cfb`, key, iv);
  return concat(cipher.update(data), cipher.final());
}
const NO_IV = new Uint8Array(16);
const NOTHING = new Uint8Array(0);

/** Outer wrap with a seed, for a protector with AES-128-CFB: TPM2B integrity, then the encrypted data. */
export function outerWrap(nameAlg: number, seed: Uint8Array, name: Uint8Array, data: Uint8Array): Uint8Array {
  const encrypted = cfb(kdfa(nameAlg, seed, "STORAGE", name, NOTHING, 128), NO_IV, data, true);
  return concat(sized(outerIntegrity(nameAlg, seed, name, encrypted)), encrypted);
}
function outerIntegrity(nameAlg: number, seed: Uint8Array, name: Uint8Array, encrypted: Uint8Array): Uint8Array {
  const key = kdfa(nameAlg, seed, "INTEGRITY", NOTHING, NOTHING, digest(nameAlg).length * 8);
  return hmac(nameAlg, key, encrypted, name);
}
/** @returns the data; throws when the integrity value is wrong. */
export function outerUnwrap(nameAlg: number, seed: Uint8Array, name: Uint8Array, blob: Uint8Array): Uint8Array {
  const fields = new Fields(blob);
  const integrity = fields.sized();
  const encrypted = fields.rest();
  if (Buffer.compare(integrity, outerIntegrity(nameAlg, seed, name, encrypted)) !== 0)
    throw new Error("wrong integrity");
  return cfb(kdfa(nameAlg, seed, "STORAGE", name, NOTHING, 128), NO_IV, encrypted, false);
}
/** Inner wrap of duplication with an AES key. */
export function innerWrap(nameAlg: number, key: Uint8Array, name: Uint8Array, data: Uint8Array): Uint8Array {
  return cfb(key, NO_IV, concat(sized(digest(nameAlg, data, name)), data), true);
}
export function innerUnwrap(nameAlg: number, key: Uint8Array, name: Uint8Array, blob: Uint8Array): Uint8Array {
  const fields = new Fields(cfb(key, NO_IV, blob, false));
  const integrity = fields.sized();
  const data = fields.rest();
  if (Buffer.compare(integrity, digest(nameAlg, data, name)) !== 0) throw new Error("wrong inner integrity");
  return data;
}

/** TPM2B_PRIVATE under a parent whose seedValue is known (AES-128-CFB), without its size. */
export function privateUnder(parent: SoftwareKey, name: Uint8Array, sensitive: Uint8Array): Uint8Array {
  const { nameAlg } = parent;
  const seed = seedValueOf(parent);
  const iv = createHash("md5").update(name).digest();
  const key = kdfa(nameAlg, seed, "STORAGE", name, NOTHING, 128);
  const body = concat(sized(iv), cfb(key, iv, sized(sensitive), true));
  return concat(sized(outerIntegrity(nameAlg, seed, name, body)), body);
}
/** @returns the TPMT_SENSITIVE of a TPM2B_PRIVATE; throws when the integrity value is wrong. */
export function openPrivate(parent: SoftwareKey, name: Uint8Array, blob: Uint8Array): Uint8Array {
  const { nameAlg } = parent;
  const seed = seedValueOf(parent);
  const fields = new Fields(blob);
  const integrity = fields.sized();
  const body = fields.rest();
  if (Buffer.compare(integrity, outerIntegrity(nameAlg, seed, name, body)) !== 0) throw new Error("wrong integrity");
  const inside = new Fields(body);
  const iv = inside.sized();
  return new Fields(cfb(kdfa(nameAlg, seed, "STORAGE", name, NOTHING, 128), iv, inside.rest(), false)).sized();
}
export function seedValueOf(key: SoftwareKey): Uint8Array {
  const fields = new Fields(key.sensitive);
  fields.number(2);
  fields.sized();
  return fields.sized();
}

export interface Duplicated {
  encryptionKey: Uint8Array;
  /** TPMT_SYM_DEF_OBJECT */
  symmetric: Uint8Array;
  duplicate: Uint8Array;
  secret: Uint8Array;
}
/** A duplicate of an object for a new parent, with an inner wrap when there is a key for it. */
export function duplicateFor(
  parent: SoftwareKey | { nameAlg: number; encrypt: SoftwareKey["encrypt"] } | null,
  area: Uint8Array,
  sensitive: Uint8Array,
  innerKey: Uint8Array = NOTHING,
): Duplicated {
  const name = nameOf(area);
  const nameAlg = (name[0] ?? 0) * 256 + (name[1] ?? 0);
  let duplicate: Uint8Array = sized(sensitive);
  let symmetric: Uint8Array = u16(ALG.NULL);
  if (innerKey.length > 0) {
    duplicate = innerWrap(nameAlg, innerKey, name, duplicate);
    symmetric = concat(u16(ALG.AES), u16(innerKey.length * 8), u16(ALG.CFB));
  }
  if (!parent) return { encryptionKey: innerKey, symmetric, duplicate, secret: NOTHING };
  const { seed, secret } = parent.encrypt("DUPLICATE");
  return { encryptionKey: innerKey, symmetric, duplicate: outerWrap(parent.nameAlg, seed, name, duplicate), secret };
}

/** Encrypts secrets to a key of which only the TPMT_PUBLIC is known (RSA or P-256 with SHA-256). */
export function encryptorTo(area: Uint8Array): { nameAlg: number; encrypt: SoftwareKey["encrypt"] } {
  const known = publicKeyOf(area);
  if ("n" in known) {
    const key = nodeRsaKey(known.n, known.e);
    return {
      nameAlg: ALG.SHA256,
      encrypt(label) {
        const seed = defaultSeed(ALG.SHA256, `${label} ${counter++}`);
        const options = {
          key,
          padding: constants.RSA_PKCS1_OAEP_PADDING,
          oaepHash: "sha256",
          oaepLabel: Buffer.concat([Buffer.from(label), Buffer.from([0])]),
        };
        return { seed, secret: Uint8Array.from(publicEncrypt(options, seed)) };
      },
    };
  }
  const x = area.slice(-66, -34);
  const y = area.slice(-32);
  return {
    nameAlg: ALG.SHA256,
    encrypt(label) {
      const own = createECDH("prime256v1");
      const ephemeral = own.generateKeys();
      const [ex, ey] = [ephemeral.subarray(1, 33), ephemeral.subarray(33)];
      const seed = kdfe(ALG.SHA256, own.computeSecret(concat([4], x, y)), label, ex, x);
      return { seed, secret: concat(sized(ex), sized(ey)) };
    },
  };
}
