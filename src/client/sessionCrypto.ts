/**
 * What sessions compute: hashes, HMACs, KDFa and KDFe (Part 1, 11.4.10), and the encryption of parameters (Part 1, 21).
 * WebCrypto does the work, in browsers and in Node.
 */
import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_HASHES, type WebCryptoHash } from "../engine/webCrypto.ts";
import { digestSize, TPM_ALG } from "../spec/algorithms.ts";
import { marshalUnsigned } from "./marshal.ts";

export type SessionHash = WebCryptoHash;

const AES_BLOCK = 16;

export const uint32 = (value: number): Uint8Array => marshalUnsigned(value, 4);

/** A label of a key derivation as it is hashed: with the zero octet at its end. */
const labelled = (label: string): Uint8Array => new TextEncoder().encode(`${label}\0`);

/** Octets of a digest. */
export const sizeOf = (algorithm: SessionHash): number => digestSize(TPM_ALG[algorithm]);

export async function hash(algorithm: SessionHash, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(WEB_CRYPTO_HASHES[algorithm], concat(...parts)));
}

export async function hmac(
  algorithm: SessionHash,
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Promise<Uint8Array> {
  // WebCrypto refuses an empty key. One octet 0 is the same key: HMAC pads keys with zeros.
  const octets = key.length === 0 ? Uint8Array.of(0) : concat(key);
  const parameters = { name: "HMAC", hash: WEB_CRYPTO_HASHES[algorithm] };
  const imported = await crypto.subtle.importKey("raw", octets, parameters, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, concat(...parts)));
}

/** KDFa (SP 800-108 in counter mode, Part 1, 11.4.10.2). @param bits a multiple of 8. */
export async function kdfa(
  algorithm: SessionHash,
  key: Uint8Array,
  label: string,
  contextU: Uint8Array,
  contextV: Uint8Array,
  bits: number,
): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for (let counter = 1; (counter - 1) * sizeOf(algorithm) * 8 < bits; counter++)
    blocks.push(await hmac(algorithm, key, uint32(counter), labelled(label), contextU, contextV, uint32(bits)));
  return concat(...blocks).subarray(0, bits / 8);
}

/** KDFe (SP 800-56A, Part 1, 11.4.10.3). @param bits a multiple of 8. */
export async function kdfe(
  algorithm: SessionHash,
  z: Uint8Array,
  label: string,
  partyUInfo: Uint8Array,
  partyVInfo: Uint8Array,
  bits: number,
): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for (let counter = 1; (counter - 1) * sizeOf(algorithm) * 8 < bits; counter++)
    blocks.push(await hash(algorithm, uint32(counter), z, labelled(label), partyUInfo, partyVInfo));
  return concat(...blocks).subarray(0, bits / 8);
}

/** Trailing zeros are no part of an authValue (Part 1, 19.6.4.3). */
export function trimmed(auth: Uint8Array): Uint8Array {
  let size = auth.length;
  while (size > 0 && auth[size - 1] === 0) size--;
  return auth.subarray(0, size);
}

/** In a time that does not depend on where they differ. */
export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.reduce((bits, octet, i) => bits | (octet ^ (b[i] ?? 0)), 0) === 0;
}

/**
 * AES in CFB mode (SP 800-38A, 6.3), 128-bit segments. WebCrypto has no CFB: a block of it is one of CTR, whose counter is the
 * block of ciphertext before.
 */
export async function cfb(
  way: "encrypt" | "decrypt",
  key: Uint8Array,
  iv: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey("raw", concat(key), "AES-CTR", false, ["encrypt"]);
  const out = new Uint8Array(data.length);
  let before = iv;
  for (let at = 0; at < data.length; at += AES_BLOCK) {
    const block = data.slice(at, at + AES_BLOCK);
    const parameters = { name: "AES-CTR", counter: concat(before), length: 8 * AES_BLOCK };
    out.set(new Uint8Array(await crypto.subtle.encrypt(parameters, imported, block)), at);
    before = way === "encrypt" ? out.slice(at, at + AES_BLOCK) : block;
  }
  return out;
}

/** How parameters are encrypted: AES in CFB mode, or the XOR of what KDFa gives. */
export type SessionCipher =
  | { readonly algorithm: "TPM_ALG_AES"; readonly keyBits: 128 | 192 | 256 }
  | { readonly algorithm: "TPM_ALG_XOR" };

/**
 * Encrypts or decrypts the octets of a parameter.
 * @param value sessionValue: the session key and, where the session authorises an entity, its authValue
 * @param nonceNewer of the one that sends
 */
export async function cryptParameter(
  way: "encrypt" | "decrypt",
  cipher: SessionCipher,
  algorithm: SessionHash,
  value: Uint8Array,
  nonceNewer: Uint8Array,
  nonceOlder: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  if (data.length === 0) return data;
  if (cipher.algorithm === "TPM_ALG_XOR") {
    const mask = await kdfa(algorithm, value, "XOR", nonceNewer, nonceOlder, data.length * 8);
    return data.map((octet, i) => octet ^ (mask[i] ?? 0));
  }
  const { keyBits } = cipher;
  const derived = await kdfa(algorithm, value, "CFB", nonceNewer, nonceOlder, keyBits + 8 * AES_BLOCK);
  return cfb(way, derived.subarray(0, keyBits / 8), derived.subarray(keyBits / 8), data);
}
