/** The public key of a TPMT_PUBLIC as SubjectPublicKeyInfo (RFC 5280, RFC 3279, RFC 5480, GM/T 0006). */
import type { TpmStructure } from "../client/index.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { bitString, integer, nothing, oid, sequence, smallInteger } from "./der.ts";

const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
/** What an exponent of 0 stands for (Part 2, 12.2.3.5). */
const DEFAULT_EXPONENT = 65537;
/** By TPM_ECC_CURVE: the curve's name and the octets of a coordinate. */
const CURVES = new Map([
  [0x0003, { id: "1.2.840.10045.3.1.7", size: 32 }],
  [0x0004, { id: "1.3.132.0.34", size: 48 }],
  [0x0005, { id: "1.3.132.0.35", size: 66 }],
  [0x0020, { id: "1.2.156.10197.1.301", size: 32 }],
]);

/**
 * @param publicArea a TPMT_PUBLIC as a TPM returned it.
 * @throws RangeError for a kind of key that EK templates do not have.
 */
export function subjectPublicKeyInfo(publicArea: TpmStructure): Uint8Array<ArrayBuffer> {
  const parameters = publicArea["parameters"] as TpmStructure;
  if (publicArea["type"] === TPM_ALG.TPM_ALG_RSA) {
    const modulus = publicArea["unique"] as Uint8Array;
    const exponent = (parameters["exponent"] as number) || DEFAULT_EXPONENT;
    return sequence(
      sequence(oid(RSA_ENCRYPTION), nothing()),
      bitString(sequence(integer(modulus), smallInteger(exponent))),
    );
  }
  const curve = CURVES.get(parameters["curveID"] as number);
  if (publicArea["type"] !== TPM_ALG.TPM_ALG_ECC || curve === undefined)
    throw new RangeError(`There are no Endorsement Keys of type ${publicArea["type"]} (${parameters["curveID"]}).`);
  const { x, y } = publicArea["unique"] as { x: Uint8Array; y: Uint8Array };
  const point = new Uint8Array(1 + 2 * curve.size);
  point[0] = 0x04;
  point.set(x, 1 + curve.size - x.length);
  point.set(y, point.length - y.length);
  return sequence(sequence(oid(EC_PUBLIC_KEY), oid(curve.id)), bitString(point));
}
