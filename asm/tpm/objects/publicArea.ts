// The public area of an object in wire form, and where things are in it (Part 2, 12.2.4). `area` is the address of a
// TPMT_PUBLIC that was unmarshalled:
//
//   2 type   2 nameAlg   4 objectAttributes   TPM2B authPolicy   parameters   unique
import {
  TPM_ALG_ECC,
  TPM_ALG_ECDAA,
  TPM_ALG_HMAC,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_RSA,
  TPM_ALG_RSAES,
  TPM_ALG_XOR,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_RESTRICTED,
} from "../../generated/constants";
import {
  get16,
  get32,
  put16,
  RSA_DEFAULT_PUBLIC_EXPONENT,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import { HASH_STATE_ROOM } from "../state/index";

// TPMA_OBJECT (Part 2, 8.3)

/** TPMI_ALG_PUBLIC: TPM_ALG_RSA, ECC, KEYEDHASH or SYMCIPHER. */
@inline
export function typeOf(area: usize): u32 {
  return get16(area);
}

@inline
export function nameAlgOf(area: usize): u32 {
  return get16(area + 2);
}

/** TPMA_OBJECT */
@inline
export function attributesOf(area: usize): u32 {
  return get32(area + 4);
}

/** TPM2B_DIGEST */
@inline
export function authPolicyOf(area: usize): usize {
  return area + 8;
}

/** TPMU_PUBLIC_PARMS */
@inline
export function parametersOf(area: usize): usize {
  return area + 10 + sizeOf2B(area + 8);
}

export function isAsymmetric(area: usize): bool {
  const type = typeOf(area);
  return type == TPM_ALG_RSA || type == TPM_ALG_ECC;
}

/** restricted and decrypt: it protects other objects, or other objects are derived from it. */
export function isRestrictedDecrypt(attributes: u32): bool {
  return (
    (attributes & (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)) == (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)
  );
}

// --- parameters ------------------------------------------------------------------------------------------------

/** Size of a TPMT_SYM_DEF_OBJECT. */
export function symDefSize(symDef: usize): u32 {
  return get16(symDef) == TPM_ALG_NULL ? 2 : 6;
}

/** Size of a TPMT_RSA_SCHEME, TPMT_ECC_SCHEME, TPMT_SIG_SCHEME, TPMT_RSA_DECRYPT or TPMT_KDF_SCHEME. */
export function schemeSize(scheme: usize): u32 {
  switch (get16(scheme)) {
    case TPM_ALG_NULL:
    case TPM_ALG_RSAES:
      return 2;
    case TPM_ALG_ECDAA:
      return 6;
    default:
      return 4;
  }
}

function keyedHashSchemeSize(scheme: usize): u32 {
  switch (get16(scheme)) {
    case TPM_ALG_HMAC:
      return 4;
    case TPM_ALG_XOR:
      return 6;
    default:
      return 2;
  }
}

/** TPMT_SYM_DEF_OBJECT of an asymmetric key or symmetric cipher: algorithm, keyBits, mode; or only TPM_ALG_NULL. */
export function symmetricOf(area: usize): usize {
  return parametersOf(area);
}

/** Algorithm of a TPMT_SYM_DEF_OBJECT, which may be TPM_ALG_NULL. */
export function symAlgorithm(symDef: usize): u32 {
  return get16(symDef);
}

export function symKeyBits(symDef: usize): u32 {
  return get16(symDef) == TPM_ALG_NULL ? 0 : get16(symDef + 2);
}

/** TPMI_ALG_SYM_MODE */
export function symMode(symDef: usize): u32 {
  return get16(symDef) == TPM_ALG_NULL ? TPM_ALG_NULL : get16(symDef + 4);
}

/** Scheme of an asymmetric key or keyed hash: TPM_ALG_ID, then its details. */
export function schemeOf(area: usize): usize {
  const parameters = parametersOf(area);
  return typeOf(area) == TPM_ALG_KEYEDHASH ? parameters : parameters + symDefSize(parameters);
}

/** hashAlg of a scheme that has one; else TPM_ALG_NULL. */
export function schemeHash(scheme: usize): u32 {
  const id = get16(scheme);
  return id == TPM_ALG_NULL || id == TPM_ALG_RSAES ? TPM_ALG_NULL : get16(scheme + 2);
}

/** keyBits of an RSA key. */
export function rsaKeyBits(area: usize): u32 {
  const scheme = schemeOf(area);
  return get16(scheme + schemeSize(scheme));
}

/** The public exponent of an RSA key as it stands in its public area: 0 for the default. */
export function rsaExponentField(area: usize): u32 {
  const scheme = schemeOf(area);
  return get32(scheme + schemeSize(scheme) + 2);
}

/** The public exponent of an RSA key. */
export function rsaExponentOf(area: usize): u32 {
  const field = rsaExponentField(area);
  return field == 0 ? RSA_DEFAULT_PUBLIC_EXPONENT : field;
}

/** TPM_ECC_CURVE */
export function curveOf(area: usize): u32 {
  const scheme = schemeOf(area);
  return get16(scheme + schemeSize(scheme));
}

/** TPMT_KDF_SCHEME of an ECC key. */
export function kdfOf(area: usize): usize {
  const scheme = schemeOf(area);
  return scheme + schemeSize(scheme) + 2;
}

/** TPMU_PUBLIC_ID: one TPM2B, or two (x and y) for an ECC key. */
export function uniqueOf(area: usize): usize {
  const parameters = parametersOf(area);
  switch (typeOf(area)) {
    case TPM_ALG_KEYEDHASH:
      return parameters + keyedHashSchemeSize(parameters);
    case TPM_ALG_RSA: {
      const scheme = schemeOf(area);
      return scheme + schemeSize(scheme) + 6;
    }
    case TPM_ALG_ECC: {
      const kdf = kdfOf(area);
      return kdf + schemeSize(kdf);
    }
    default:
      return parameters + symDefSize(parameters);
  }
}

/** Size of a TPMT_PUBLIC. */
export function publicSize(area: usize): u32 {
  let unique = uniqueOf(area);
  unique += 2 + sizeOf2B(unique);
  if (typeOf(area) == TPM_ALG_ECC) unique += 2 + sizeOf2B(unique);
  return (unique - area) as u32;
}

/** nameAlg || H(publicArea) as a TPM2B_NAME (up to 2 + 66 bytes); empty without a nameAlg (Part 1, 16). */
export function computeName(area: usize, size: u32, name: usize): void {
  const algorithm = nameAlgOf(area);
  if (algorithm == TPM_ALG_NULL) {
    put16(name, 0);
    return;
  }
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(algorithm, state);
  hashUpdate(state, area, size);
  put16(name, 2 + digestSizeOf(algorithm));
  put16(name + 2, algorithm);
  hashFinal(state, name + 4);
  scratchRelease(mark);
}
