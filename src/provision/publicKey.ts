/** The public key of a TPMT_PUBLIC as SubjectPublicKeyInfo (RFC 5280, RFC 3279, RFC 5480, GM/T 0006). */
import { coordinateSize, curveName, RSA_DEFAULT_PUBLIC_EXPONENT, TPM_ALG } from "../spec/algorithms.ts";
import { CURVE_IDENTIFIERS, KEY_IDENTIFIERS } from "../spec/objectIdentifiers.ts";
import { bitString, integer, nothing, oid, sequence, smallInteger } from "./der.ts";

/** The parts of a TPMT_PUBLIC that make the key, as a TPM returns them. */
export interface Key {
  readonly type: number;
  readonly parameters: { readonly exponent?: number; readonly curveID?: number };
  readonly unique: Uint8Array | { readonly x: Uint8Array; readonly y: Uint8Array };
}

/** @throws RangeError for a kind of key that EK templates do not have. */
export function subjectPublicKeyInfo({ type, parameters, unique }: Key): Uint8Array<ArrayBuffer> {
  if (type === TPM_ALG.TPM_ALG_RSA && unique instanceof Uint8Array) {
    const exponent = smallInteger(parameters.exponent || RSA_DEFAULT_PUBLIC_EXPONENT);
    return sequence(
      sequence(oid(KEY_IDENTIFIERS.rsaEncryption), nothing()),
      bitString(sequence(integer(unique), exponent)),
    );
  }
  const curve = curveName(parameters.curveID ?? 0);
  const id = curve && CURVE_IDENTIFIERS[curve];
  if (type !== TPM_ALG.TPM_ALG_ECC || unique instanceof Uint8Array || !curve || id === undefined)
    throw new RangeError(`There are no Endorsement Keys of type ${type} with the curve ${parameters.curveID}.`);
  const size = coordinateSize(curve);
  const point = new Uint8Array(1 + 2 * size);
  point[0] = 0x04;
  point.set(unique.x, 1 + size - unique.x.length);
  point.set(unique.y, point.length - unique.y.length);
  return sequence(sequence(oid(KEY_IDENTIFIERS.ecPublicKey), oid(id)), bitString(point));
}
