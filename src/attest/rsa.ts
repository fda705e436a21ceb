/** RSA signatures (RFC 8017) with every hash algorithm of the specification; WebCrypto has only some. It only verifies. */
import { pow } from "@noble/curves/abstract/modular.js";
import { concat } from "../engine/bytes.ts";
import { nothing, octetString, oid, sequence } from "../provision/der.ts";
import { type AlgorithmName, TPM_ALG } from "../spec/algorithms.ts";
import { HASH_IDENTIFIERS } from "../spec/objectIdentifiers.ts";
import { digest } from "./digest.ts";
import { toNumber, toOctets } from "./numbers.ts";
import { equal } from "./octets.ts";

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
}

/** In a DigestInfo (RFC 8017, appendix B.1; RFC 8702, 2; GM/T 0006), by TPM_ALG_ID. */
const IDENTIFIERS = new Map<number, string>(
  Object.entries(HASH_IDENTIFIERS).map(([name, id]) => [TPM_ALG[name as AlgorithmName], id]),
);
const TRAILER = 0xbc;
/** Octets of padding that PKCS #1 v1.5 has at least. */
const LEAST_PADDING = 8;

const bitsOf = (value: bigint): number => value.toString(2).length;
/** Octets of the modulus, and of every signature. */
export const rsaSize = ({ modulus }: RsaKey): number => Math.ceil(bitsOf(modulus) / 8);

/** RSAVP1: the encoded message, or null for a number that is no signature of this key. */
function opened(key: RsaKey, signature: Uint8Array): bigint | null {
  const value = toNumber(signature);
  if (signature.length !== rsaSize(key) || value >= key.modulus) return null;
  return pow(value, key.exponent, key.modulus);
}

/** RSASSA-PKCS1-v1_5: the one encoding that there is of a digest is made and compared whole. @param hash TPM_ALG_ID */
export function verifyRsassa(key: RsaKey, hash: number, hashed: Uint8Array, signature: Uint8Array): boolean {
  const message = opened(key, signature);
  const identifier = IDENTIFIERS.get(hash);
  if (message === null || identifier === undefined) return false;
  const info = sequence(sequence(oid(identifier), nothing()), octetString(hashed));
  const padding = rsaSize(key) - info.length - 3;
  if (padding < LEAST_PADDING) return false;
  const filled = new Uint8Array(padding).fill(0xff);
  return message === toNumber(concat(Uint8Array.of(0, 1), filled, Uint8Array.of(0), info));
}

/** MGF1 (RFC 8017, appendix B.2.1). */
async function mask(hash: number, seed: Uint8Array, size: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let counter = 0, have = 0; have < size; counter++) {
    const part = await digest(hash, seed, toOctets(BigInt(counter), 4));
    parts.push(part);
    have += part.length;
  }
  return concat(...parts).subarray(0, size);
}

/** RSASSA-PSS with MGF1 of the same hash and a salt of any size (RFC 8017, 9.1.2). @param hash TPM_ALG_ID */
export async function verifyRsapss(
  key: RsaKey,
  hash: number,
  hashed: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const message = opened(key, signature);
  if (message === null) return false;
  const bits = bitsOf(key.modulus) - 1;
  const size = Math.ceil(bits / 8);
  if (bitsOf(message) > bits || size < hashed.length + 2) return false;
  const encoded = toOctets(message, size);
  const split = size - hashed.length - 1;
  const h = encoded.subarray(split, size - 1);
  if (encoded[size - 1] !== TRAILER) return false;
  const dbMask = await mask(hash, h, split);
  const db = encoded.subarray(0, split).map((octet, at) => octet ^ (dbMask[at] ?? 0));
  db[0] = (db[0] ?? 0) & (0xff >> (8 * size - bits));
  const start = db.findIndex((octet) => octet !== 0);
  if (start < 0 || db[start] !== 1) return false;
  return equal(h, await digest(hash, new Uint8Array(8), hashed, db.subarray(start + 1)));
}
