/** Signatures of TPMs (Part 1, annexes B.3 and C.4; Part 2, 11.3): RSASSA, RSAPSS, ECDSA, SM2 and EC Schnorr. */
import { invert, mod } from "@noble/curves/abstract/modular.js";
import { marshalValue, type OutputOf } from "../client/index.ts";
import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_CURVES } from "../engine/webCrypto.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import type { SigningKey, SigningScheme } from "./attestKey.ts";
import { doubleMultiply } from "./curve.ts";
import { algorithmName, digest, isHash, webCryptoName } from "./digest.ts";
import type { Verdict } from "./finding.ts";
import { toNumber, toOctets } from "./numbers.ts";
import { rsaSize, verifyRsapss, verifyRsassa } from "./rsa.ts";

export type Signature = OutputOf<"TPMT_SIGNATURE">;

export interface Judgement {
  readonly verdict: Verdict;
  /** Why it is not good. */
  readonly reason: string | null;
}

const GOOD: Judgement = { verdict: "good", reason: null };
const bad = (reason: string): Judgement => ({ verdict: "bad", reason });
const unknown = (reason: string): Judgement => ({ verdict: "unknown", reason });

type EccKey = SigningKey & { readonly type: "ecc" };
type Scalars = { readonly r: bigint; readonly s: bigint };

/** The scheme and hash that a signature names; null for one without any. */
export function signatureScheme({ sigAlg, signature }: Signature): SigningScheme | null {
  const { hash, hashAlg } = (signature ?? {}) as { readonly hash?: number; readonly hashAlg?: number };
  const named = hash ?? hashAlg;
  return named === undefined ? null : { scheme: sigAlg, hash: named };
}

/** Whether this key signed this message. It is hashed with the hash that the signature names. */
export async function verifySignature(key: SigningKey, signature: Signature, message: Uint8Array): Promise<Judgement> {
  const scheme = signatureScheme(signature);
  if (scheme === null) return bad("there is no signature: its algorithm is TPM_ALG_NULL");
  if (!isHash(scheme.hash)) return bad(`the signature names the hash ${algorithmName(scheme.hash)}, which is none`);
  const name = algorithmName(scheme.scheme);
  if (scheme.scheme === TPM_ALG.TPM_ALG_HMAC) return bad("an HMAC is no signature of a public key");
  const isRsaScheme = scheme.scheme === TPM_ALG.TPM_ALG_RSASSA || scheme.scheme === TPM_ALG.TPM_ALG_RSAPSS;
  if (isRsaScheme !== (key.type === "rsa")) return bad(`an ${key.type.toUpperCase()} key does not sign with ${name}`);
  if (key.type === "rsa") {
    const { sig } = signature.signature as { readonly sig: Uint8Array };
    return verifyRsa(key, scheme, await digest(scheme.hash, message), sig);
  }
  const { signatureR, signatureS } = signature.signature as OutputOf<"TPMS_SIGNATURE_ECC">;
  const scalars = { r: toNumber(signatureR), s: toNumber(signatureS) };
  for (const [which, octets] of Object.entries({ r: signatureR, s: signatureS }))
    if (octets.length > key.curve.size)
      return bad(`${which} of the signature has ${octets.length} octets: the curve's numbers have ${key.curve.size}`);
  return verifyEcc(key, scheme, scalars, message);
}

async function verifyRsa(
  key: SigningKey & { readonly type: "rsa" },
  { scheme, hash }: SigningScheme,
  hashed: Uint8Array,
  octets: Uint8Array,
): Promise<Judgement> {
  if (octets.length !== rsaSize(key))
    return bad(`the signature has ${octets.length} octets: those of this key have ${rsaSize(key)}`);
  const isGood =
    scheme === TPM_ALG.TPM_ALG_RSASSA
      ? verifyRsassa(key, hash, hashed, octets)
      : await verifyRsapss(key, hash, hashed, octets);
  return isGood ? GOOD : bad("the key did not sign these octets");
}

async function verifyEcc(
  key: EccKey,
  { scheme, hash }: SigningScheme,
  scalars: Scalars,
  message: Uint8Array,
): Promise<Judgement> {
  const { n } = key.curve;
  const { r, s } = scalars;
  if (r <= 0n || r >= n || s <= 0n || s >= n) return bad("r or s of the signature is 0 or not below the curve's order");
  switch (scheme) {
    case TPM_ALG.TPM_ALG_ECDSA:
      return judged(await verifyEcdsa(key, hash, scalars, message));
    case TPM_ALG.TPM_ALG_SM2:
      return judged(verifySm2(key, await digest(hash, message), scalars));
    case TPM_ALG.TPM_ALG_ECSCHNORR:
      return judged(await verifySchnorr(key, hash, await digest(hash, message), scalars));
    case TPM_ALG.TPM_ALG_ECDAA:
      return unknown("an ECDAA signature is good only with the credential of its issuer, which is not checked here");
    default:
      return bad(`${algorithmName(scheme)} is no signature scheme of ECC keys`);
  }
}

const judged = (isGood: boolean): Judgement => (isGood ? GOOD : bad("the key did not sign these octets"));

/** FIPS 186-4, 6.4. */
async function verifyEcdsa(key: EccKey, hash: number, { r, s }: Scalars, message: Uint8Array): Promise<boolean> {
  const { curve, point } = key;
  const namedCurve = WEB_CRYPTO_CURVES[curve.name];
  const hashName = webCryptoName(hash);
  if (namedCurve !== undefined && hashName !== undefined) {
    const raw = concat(Uint8Array.of(4), toOctets(point.x, curve.size), toOctets(point.y, curve.size));
    const imported = await crypto.subtle.importKey("raw", raw, { name: "ECDSA", namedCurve }, false, ["verify"]);
    const octets = concat(toOctets(r, curve.size), toOctets(s, curve.size));
    return crypto.subtle.verify({ name: "ECDSA", hash: hashName }, imported, octets, concat(message));
  }
  const hashed = await digest(hash, message);
  const excess = BigInt(Math.max(0, 8 * hashed.length - curve.n.toString(2).length));
  const w = invert(s, curve.n);
  const sum = doubleMultiply(curve, (toNumber(hashed) >> excess) * w, r * w, point);
  return sum !== null && mod(sum.x, curve.n) === r;
}

/** GM/T 0003.2, 7.1. A TPM takes the digest as it is, without the signer's identity in it. */
function verifySm2({ curve, point }: EccKey, hashed: Uint8Array, { r, s }: Scalars): boolean {
  const t = mod(r + s, curve.n);
  if (t === 0n) return false;
  const sum = doubleMultiply(curve, s, t, point);
  return sum !== null && mod(toNumber(hashed) + sum.x, curve.n) === r;
}

/** Part 1, C.4.3: r = H(x of [s] G - [r] Q || digest), cut to as many octets as the order has. */
async function verifySchnorr(
  { curve, point }: EccKey,
  hash: number,
  hashed: Uint8Array,
  { r, s }: Scalars,
): Promise<boolean> {
  const sum = doubleMultiply(curve, s, curve.n - r, point);
  if (sum === null) return false;
  const whole = await digest(hash, toOctets(sum.x, curve.size), hashed);
  return toNumber(whole.subarray(0, curve.size)) === r;
}

/** TPMT_SIGNATURE of bare numbers: of an RSA signature one, of an ECC signature r and s. */
export function signatureOctets({ scheme, hash }: SigningScheme, first: Uint8Array, second?: Uint8Array): Uint8Array {
  const signature = second === undefined ? { hash, sig: first } : { hash, signatureR: first, signatureS: second };
  return marshalValue("TPMT_SIGNATURE", { sigAlg: scheme, signature }, "signature");
}
