/** RSA keys in the kernels' memory and in node:crypto. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { inverse, type Numbers, toBigInt, toBytes } from "../bignum/numbers.ts";

export const STATUS = {
  success: 0,
  unfinished: 1,
  size: 2,
  value: 3,
  hash: 4,
  random: 5,
  fault: 6,
  noPrivateKey: 7,
};

export const HASHES = [
  { name: "sha1", algorithm: 0x0004, size: 20 },
  { name: "sha256", algorithm: 0x000b, size: 32 },
  { name: "sha384", algorithm: 0x000c, size: 48 },
  { name: "sha512", algorithm: 0x000d, size: 64 },
];

const url = (value: bigint, size: number) => toBytes(value, size).toString("base64url");

/** The same key in node:crypto, from n, e and one prime. */
export function nodeKey(n: Uint8Array, e: number, p: Uint8Array): { private: KeyObject; public: KeyObject } {
  const [N, P, E] = [toBigInt(n), toBigInt(p), BigInt(e)];
  const Q = N / P;
  if (P * Q !== N) throw new Error("p does not divide n");
  const d = inverse(E, (P - 1n) * (Q - 1n));
  const qi = inverse(Q, P);
  if (d === undefined || qi === undefined) throw new Error("no such key");
  const half = p.length;
  const jwk = {
    kty: "RSA",
    n: Buffer.from(n).toString("base64url"),
    e: url(E, 4),
    d: url(d, n.length),
    p: url(P, half),
    q: url(Q, half),
    dp: url(d % (P - 1n), half),
    dq: url(d % (Q - 1n), half),
    qi: url(qi, half),
  };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return { private: key, public: createPublicKey(key) };
}

/** A private key in the kernels' memory. */
export function loadKey(numbers: Numbers, n: Uint8Array, e: number, p: Uint8Array): number {
  const key = numbers.take(numbers.values.RSA_KEY_SIZE);
  if (numbers.operations.rsaLoadPrivate(key, numbers.put(n), n.length, e, numbers.put(p), p.length) !== 1) {
    throw new Error("the key was refused");
  }
  return key;
}

/** A public key in the kernels' memory. */
export function loadPublicKey(numbers: Numbers, n: Uint8Array, e: number): number {
  const key = numbers.take(numbers.values.RSA_KEY_SIZE);
  if (numbers.operations.rsaLoadPublic(key, numbers.put(n), n.length, e) !== 1) throw new Error("the key was refused");
  return key;
}
