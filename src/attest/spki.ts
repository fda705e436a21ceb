/** SubjectPublicKeyInfo (RFC 5280, RFC 3279, RFC 5480), read strictly. */
import { TPM_ECC } from "../spec/algorithms.ts";
import { eccKey, type SigningKey } from "./attestKey.ts";
import { DER, type DerNode, oidOf, readDer } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import { toNumber } from "./numbers.ts";

const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
/** A certificate may bind the key to OAEP (EK Credential Profile, 3.2.7). */
const RSAES_OAEP = "1.2.840.113549.1.1.7";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
const CURVES = new Map<string, number>([
  ["1.2.840.10045.3.1.1", TPM_ECC.TPM_ECC_NIST_P192],
  ["1.3.132.0.33", TPM_ECC.TPM_ECC_NIST_P224],
  ["1.2.840.10045.3.1.7", TPM_ECC.TPM_ECC_NIST_P256],
  ["1.3.132.0.34", TPM_ECC.TPM_ECC_NIST_P384],
  ["1.3.132.0.35", TPM_ECC.TPM_ECC_NIST_P521],
  ["1.2.156.10197.1.301", TPM_ECC.TPM_ECC_SM2_P256],
]);
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
    case RSA_ENCRYPTION:
    case RSAES_OAEP: {
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
    case EC_PUBLIC_KEY: {
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
    one.curveId === other.curveId &&
    one.point.x === other.point.x &&
    one.point.y === other.point.y
  );
}
