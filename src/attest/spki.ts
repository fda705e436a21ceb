/** SubjectPublicKeyInfo (RFC 5280, RFC 3279, RFC 5480), read strictly. */
import { type CurveName, TPM_ECC } from "../spec/algorithms.ts";
import { CURVE_IDENTIFIERS, KEY_IDENTIFIERS } from "../spec/objectIdentifiers.ts";
import { eccKey, type SigningKey } from "./attestKey.ts";
import { DER, type DerNode, oidOf, readDer } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import { toNumber } from "./numbers.ts";

/** By object identifier: TPM_ECC_CURVE. */
const CURVES = new Map<string, number>(
  Object.entries(CURVE_IDENTIFIERS).map(([name, id]) => [id, TPM_ECC[name as CurveName]]),
);
const UNCOMPRESSED = 4;
/** No TPM has more, and what has a million takes a verifier's time. */
const MAX_MODULUS_BITS = 16384;
const MAX_EXPONENT = 0xffffffffn;

/** @throws EvidenceFormatError for what is no key that a TPM has */
export function keyFromSpki(octets: Uint8Array): SigningKey {
  const wrong = () => new EvidenceFormatError("The public key is no RSA or ECC key in SubjectPublicKeyInfo.");
  const [algorithm, bits, ...more] = readDer(octets).children;
  const [id, parameters] = algorithm?.children ?? [];
  if (id === undefined || bits?.tag !== DER.bitString || bits.content[0] !== 0 || more.length > 0) throw wrong();
  const key = bits.content.subarray(1);
  switch (oidOf(id)) {
    case KEY_IDENTIFIERS.rsaEncryption:
    case KEY_IDENTIFIERS.rsaesOaep: {
      const [modulus, exponent, ...rest] = readDer(key).children;
      if (modulus?.tag !== DER.integer || exponent?.tag !== DER.integer || rest.length > 0) throw wrong();
      const rsa = { modulus: positive(modulus), exponent: positive(exponent) };
      if (modulus.content.length > MAX_MODULUS_BITS / 8 + 1 || rsa.exponent > MAX_EXPONENT || rsa.exponent < 3n)
        throw new EvidenceFormatError(
          "The public key is no RSA key of a TPM: its modulus or exponent is out of bounds.",
        );
      if ((rsa.modulus & 1n) === 0n) throw new EvidenceFormatError("The public key has an even modulus.");
      return { type: "rsa", ...rsa };
    }
    case KEY_IDENTIFIERS.ecPublicKey: {
      const curve = parameters === undefined ? undefined : CURVES.get(oidOf(parameters));
      if (curve === undefined) throw new EvidenceFormatError("The public key is on a curve that TPMs do not have.");
      const size = (key.length - 1) / 2;
      if (key[0] !== UNCOMPRESSED || !Number.isInteger(size)) throw wrong();
      const point = { x: toNumber(key.subarray(1, 1 + size)), y: toNumber(key.subarray(1 + size)) };
      try {
        return eccKey(curve, point);
      } catch (error) {
        throw new EvidenceFormatError(`The public key can't be used: ${(error as RangeError).message}.`);
      }
    }
    default:
      throw wrong();
  }
}

function positive({ content }: DerNode): bigint {
  if ((content[0] ?? 0) & 0x80) throw new EvidenceFormatError("A number of the public key is negative.");
  return toNumber(content);
}

/** Whether two keys are one. */
export function isSameKey(one: SigningKey, other: SigningKey): boolean {
  if (one.type === "rsa")
    return other.type === "rsa" && one.modulus === other.modulus && one.exponent === other.exponent;
  return (
    other.type === "ecc" &&
    one.curve.id === other.curve.id &&
    one.point.x === other.point.x &&
    one.point.y === other.point.y
  );
}
