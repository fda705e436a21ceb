/** A public key that may have signed: from a TPM's public area. */
import type { OutputOf } from "../client/index.ts";
import { RSA_DEFAULT_PUBLIC_EXPONENT, TPM_ALG } from "../spec/algorithms.ts";
import { type Curve, curveOf, isOnCurve, type Point } from "./curve.ts";
import { toNumber } from "./numbers.ts";
import type { RsaKey } from "./rsa.ts";

/** A TPMT_PUBLIC, as the client gives it. */
export type PublicArea = OutputOf<"TPMT_PUBLIC">;

export type SigningKey =
  | ({ readonly type: "rsa" } & RsaKey)
  | { readonly type: "ecc"; readonly curve: Curve; readonly point: Point };

/** A scheme and its hash, by TPM_ALG_ID. */
export interface SigningScheme {
  readonly scheme: number;
  readonly hash: number;
}

/** @throws RangeError for a key that has no public number or point that can be used: what is wrong with it. */
export function signingKeyOf(area: PublicArea): SigningKey {
  if (area.type === TPM_ALG.TPM_ALG_RSA) {
    const modulus = toNumber(area.unique);
    const { keyBits, exponent } = area.parameters;
    if (modulus.toString(2).length !== keyBits || (modulus & 1n) === 0n)
      throw new RangeError(`the modulus is no odd number of ${keyBits} bits`);
    const publicExponent = BigInt(exponent || RSA_DEFAULT_PUBLIC_EXPONENT);
    if (publicExponent < 3n || (publicExponent & 1n) === 0n)
      throw new RangeError(`${publicExponent} is no exponent of an RSA key`);
    return { type: "rsa", modulus, exponent: publicExponent };
  }
  if (area.type !== TPM_ALG.TPM_ALG_ECC) throw new RangeError("the key is neither an RSA nor an ECC key");
  return eccKey(area.parameters.curveID, { x: toNumber(area.unique.x), y: toNumber(area.unique.y) });
}

/** @param curveId TPM_ECC_CURVE. @throws RangeError for a point that is not on it */
export function eccKey(curveId: number, point: Point): SigningKey {
  const curve = curveOf(curveId);
  if (curve === null) throw new RangeError(`the specification has no curve ${curveId}`);
  if (!isOnCurve(curve, point)) throw new RangeError("the point of the key is not on its curve");
  return { type: "ecc", curve, point };
}

/** The scheme that the key is bound to; null where it leaves it to who signs, or is no key that signs. */
export function schemeOf(area: PublicArea): SigningScheme | null {
  if (area.type !== TPM_ALG.TPM_ALG_RSA && area.type !== TPM_ALG.TPM_ALG_ECC) return null;
  const { scheme, details } = area.parameters.scheme as { readonly scheme: number; readonly details?: unknown };
  const { hashAlg } = (details ?? {}) as { readonly hashAlg?: number };
  return hashAlg === undefined ? null : { scheme, hash: hashAlg };
}
