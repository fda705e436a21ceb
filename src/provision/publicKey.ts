/** The public key of a TPMT_PUBLIC as SubjectPublicKeyInfo (RFC 5280, RFC 3279, RFC 5480, GM/T 0006). */
import { TPM_ALG, TPM_ECC } from "../spec/algorithms.ts";
import { bitString, integer, nothing, oid, sequence, smallInteger } from "./der.ts";

const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
/** What an exponent of 0 stands for (Part 2, 12.2.3.5). */
const DEFAULT_EXPONENT = 65537;
/** By TPM_ECC_CURVE: the curve's name and the octets of a coordinate. */
const CURVES = new Map<number, { readonly id: string; readonly size: number }>([
  [TPM_ECC.TPM_ECC_NIST_P256, { id: "1.2.840.10045.3.1.7", size: 32 }],
  [TPM_ECC.TPM_ECC_NIST_P384, { id: "1.3.132.0.34", size: 48 }],
  [TPM_ECC.TPM_ECC_NIST_P521, { id: "1.3.132.0.35", size: 66 }],
  [TPM_ECC.TPM_ECC_SM2_P256, { id: "1.2.156.10197.1.301", size: 32 }],
]);

/** The parts of a TPMT_PUBLIC that make the key, as a TPM returns them. */
export interface Key {
  readonly type: number;
  readonly parameters: { readonly exponent?: number; readonly curveID?: number };
  readonly unique: Uint8Array | { readonly x: Uint8Array; readonly y: Uint8Array };
}

/** @throws RangeError for a kind of key that EK templates do not have. */
export function subjectPublicKeyInfo({ type, parameters, unique }: Key): Uint8Array<ArrayBuffer> {
  if (type === TPM_ALG.TPM_ALG_RSA && unique instanceof Uint8Array) {
    const exponent = smallInteger(parameters.exponent || DEFAULT_EXPONENT);
    return sequence(sequence(oid(RSA_ENCRYPTION), nothing()), bitString(sequence(integer(unique), exponent)));
  }
  const curve = CURVES.get(parameters.curveID ?? 0);
  if (type !== TPM_ALG.TPM_ALG_ECC || unique instanceof Uint8Array || curve === undefined)
    throw new RangeError(`There are no Endorsement Keys of type ${type} with the curve ${parameters.curveID}.`);
  const point = new Uint8Array(1 + 2 * curve.size);
  point[0] = 0x04;
  point.set(unique.x, 1 + curve.size - unique.x.length);
  point.set(unique.y, point.length - unique.y.length);
  return sequence(sequence(oid(EC_PUBLIC_KEY), oid(curve.id)), bitString(point));
}
