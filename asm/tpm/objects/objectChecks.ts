// What the attributes, schemes and parameters of a public area may be (Part 2, 8.3 and 12.2; Part 3, 12.1). Each check
// answers TPM_RC_SUCCESS or a response code without the number of the parameter, which the command adds. `parent` is
// the slot of the parent, 0 for a primary seed.
import {
  TPM_ALG_ECC,
  TPM_ALG_ECDAA,
  TPM_ALG_ECDH,
  TPM_ALG_ECDSA,
  TPM_ALG_ECMQV,
  TPM_ALG_ECSCHNORR,
  TPM_ALG_HMAC,
  TPM_ALG_KDF1_SP800_108,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_ALG_RSAES,
  TPM_ALG_RSAPSS,
  TPM_ALG_RSASSA,
  TPM_ALG_SM2,
  TPM_ALG_SYMCIPHER,
  TPM_ALG_XOR,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HASH,
  TPM_RC_KDF,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_SYMMETRIC,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_ENCRYPTEDDUPLICATION,
  TPMA_OBJECT_FIXEDPARENT,
  TPMA_OBJECT_FIXEDTPM,
  TPMA_OBJECT_RESTRICTED,
  TPMA_OBJECT_SENSITIVEDATAORIGIN,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import {
  REFUSAL_CALLERS_PARENT,
  REFUSAL_DERIVED_FIXED,
  REFUSAL_ENCRYPTED_DUPLICATION_FIXED,
  REFUSAL_ENCRYPTED_DUPLICATION_PARENT,
  REFUSAL_FIXED_PARENT_ALONE,
  REFUSAL_FIXED_TPM_ALONE,
  REFUSAL_NO_USE,
  REFUSAL_OBJECT_KDF,
  REFUSAL_OBJECT_POLICY_SIZE,
  REFUSAL_OBJECT_SCHEME,
  REFUSAL_OBJECT_SYMMETRIC,
  REFUSAL_ORIGIN_ASYMMETRIC,
  REFUSAL_ORIGIN_WITH_DATA,
  REFUSAL_ORIGIN_WITHOUT_DATA,
  REFUSAL_RESTRICTED_BOTH,
  REFUSAL_SEAL_NOTHING,
  REFUSAL_STORAGE_NAME_ALG,
  REFUSAL_STORAGE_OTHER_SYMMETRIC,
  REFUSAL_STORAGE_SYMMETRIC,
} from "../../generated/refusals";
import { equalBytes, get16, refuse, sizeOf2B } from "../../base/index";
import { digestSizeOf, isCipherMode } from "../algorithms/index";
import { hasObjectAttribute, IS_DERIVATION, publicOf } from "./object";
import {
  attributesOf,
  authPolicyOf,
  isRestrictedDecrypt,
  kdfOf,
  nameAlgOf,
  schemeHash,
  schemeOf,
  symAlgorithm,
  symDefSize,
  symmetricOf,
  symMode,
  typeOf,
} from "./publicArea";

/** Signing scheme of an asymmetric key of this type. */
export function isAsymSignScheme(type: u32, scheme: u32): bool {
  if (type == TPM_ALG_RSA) return scheme == TPM_ALG_RSASSA || scheme == TPM_ALG_RSAPSS;
  if (type != TPM_ALG_ECC) return false;
  return scheme == TPM_ALG_ECDSA || scheme == TPM_ALG_ECDAA || scheme == TPM_ALG_ECSCHNORR || scheme == TPM_ALG_SM2;
}

/** Decryption or key exchange scheme of an asymmetric key of this type. */
export function isAsymDecryptScheme(type: u32, scheme: u32): bool {
  if (type == TPM_ALG_RSA) return scheme == TPM_ALG_RSAES || scheme == TPM_ALG_OAEP;
  if (type != TPM_ALG_ECC) return false;
  return scheme == TPM_ALG_ECDH || scheme == TPM_ALG_SM2 || scheme == TPM_ALG_ECMQV;
}

/** What a key may have as its mode to encrypt and decrypt: one of the cipher's, or TPM_ALG_NULL for the caller's choice. */
export function isSymMode(mode: u32): bool {
  return isCipherMode(mode) || mode == TPM_ALG_NULL;
}

/** For TPM2_Create, TPM2_CreatePrimary and TPM2_CreateLoaded: attributes against the data that the caller supplies. */
export function createChecks(parent: usize, area: usize, sensitiveSize: u32): u32 {
  const attributes = attributesOf(area);
  const tpmMakesData = (attributes & TPMA_OBJECT_SENSITIVEDATAORIGIN) != 0;
  if (!tpmMakesData && sensitiveSize == 0) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_ORIGIN_WITHOUT_DATA, attributes);
  // With a primary seed the data goes into the derivation instead.
  if (parent != 0 && tpmMakesData && sensitiveSize != 0)
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_ORIGIN_WITH_DATA, attributes);
  switch (typeOf(area)) {
    case TPM_ALG_KEYEDHASH:
      // A sealed data object, and nothing to seal.
      if (!(attributes & (TPMA_OBJECT_SIGN | TPMA_OBJECT_DECRYPT)) && tpmMakesData)
        return refuse(TPM_RC_ATTRIBUTES, REFUSAL_SEAL_NOTHING, attributes);
      if (callersParent(attributes)) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_CALLERS_PARENT, attributes);
      break;
    case TPM_ALG_SYMCIPHER:
      if (callersParent(attributes)) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_CALLERS_PARENT, attributes);
      break;
    default:
      if (!tpmMakesData) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_ORIGIN_ASYMMETRIC, attributes);
      break;
  }
  return publicAttributesValidation(parent, area);
}

/** A restricted key of the caller's making can't claim to be fixed to its parent or to this TPM. */
function callersParent(attributes: u32): bool {
  return (
    (attributes & TPMA_OBJECT_RESTRICTED) != 0 &&
    !(attributes & TPMA_OBJECT_SENSITIVEDATAORIGIN) &&
    (attributes & (TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_FIXEDTPM)) != 0
  );
}

/** The attributes among themselves and against those of the parent; then the schemes. */
export function publicAttributesValidation(parent: usize, area: usize): u32 {
  const attributes = attributesOf(area);
  const parentAttributes = parent == 0 ? 0 : attributesOf(publicOf(parent));
  const fixedTpm = (attributes & TPMA_OBJECT_FIXEDTPM) != 0;
  const fixedParent = (attributes & TPMA_OBJECT_FIXEDPARENT) != 0;
  const sign = (attributes & TPMA_OBJECT_SIGN) != 0;
  const decrypt = (attributes & TPMA_OBJECT_DECRYPT) != 0;
  if (nameAlgOf(area) == TPM_ALG_NULL) return TPM_RC_HASH;
  const policySize = sizeOf2B(authPolicyOf(area));
  if (policySize != 0 && policySize != digestSizeOf(nameAlgOf(area)))
    return refuse(TPM_RC_SIZE, REFUSAL_OBJECT_POLICY_SIZE, policySize, digestSizeOf(nameAlgOf(area)));
  if (parent == 0 || parentAttributes & TPMA_OBJECT_FIXEDTPM) {
    if (fixedParent != fixedTpm) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_FIXED_PARENT_ALONE, attributes);
  } else if (fixedTpm) {
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_FIXED_TPM_ALONE, attributes);
  }
  if (sign == decrypt) {
    if (attributes & TPMA_OBJECT_RESTRICTED) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_RESTRICTED_BOTH, attributes);
    if (typeOf(area) != TPM_ALG_KEYEDHASH && !sign) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NO_USE, attributes);
  }
  if (fixedTpm && attributes & TPMA_OBJECT_ENCRYPTEDDUPLICATION)
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_ENCRYPTED_DUPLICATION_FIXED, attributes);
  if (parent != 0 && !(parentAttributes & TPMA_OBJECT_FIXEDTPM)) {
    if ((attributes ^ parentAttributes) & TPMA_OBJECT_ENCRYPTEDDUPLICATION)
      return refuse(TPM_RC_ATTRIBUTES, REFUSAL_ENCRYPTED_DUPLICATION_PARENT, attributes);
  }
  if (parent != 0 && hasObjectAttribute(parent, IS_DERIVATION)) {
    if ((attributes ^ parentAttributes) & TPMA_OBJECT_FIXEDTPM)
      return refuse(TPM_RC_ATTRIBUTES, REFUSAL_DERIVED_FIXED, attributes);
    if (!fixedParent) return refuse(TPM_RC_ATTRIBUTES, REFUSAL_DERIVED_FIXED, attributes);
  }
  return schemeChecks(parent, area);
}

/** The schemes against the attributes. */
export function schemeChecks(parent: usize, area: usize): u32 {
  const attributes = attributesOf(area);
  switch (typeOf(area)) {
    case TPM_ALG_SYMCIPHER: {
      const mode = symMode(symmetricOf(area));
      if (attributes & TPMA_OBJECT_DECRYPT && !isSymMode(mode)) return refuseScheme(attributes, mode);
      return storageChecks(parent, area);
    }
    case TPM_ALG_KEYEDHASH:
      return keyedHashSchemeChecks(area);
    default: {
      const rc = asymSchemeChecks(area);
      return rc == TPM_RC_SUCCESS ? storageChecks(parent, area) : rc;
    }
  }
}

function refuseScheme(attributes: u32, scheme: u32): u32 {
  return refuse(TPM_RC_SCHEME, REFUSAL_OBJECT_SCHEME, attributes, scheme);
}

function keyedHashSchemeChecks(area: usize): u32 {
  const attributes = attributesOf(area);
  const sign = (attributes & TPMA_OBJECT_SIGN) != 0;
  const decrypt = (attributes & TPMA_OBJECT_DECRYPT) != 0;
  const scheme = schemeOf(area);
  const id = get16(scheme);
  if (sign == decrypt) return id == TPM_ALG_NULL ? TPM_RC_SUCCESS : refuseScheme(attributes, id);
  if (sign) return id == TPM_ALG_HMAC ? TPM_RC_SUCCESS : refuseScheme(attributes, id);
  if (id != TPM_ALG_XOR) return refuseScheme(attributes, id);
  if (attributes & TPMA_OBJECT_RESTRICTED) {
    if (get16(scheme + 4) != TPM_ALG_KDF1_SP800_108) return refuseScheme(attributes, id);
    if (digestSizeOf(get16(scheme + 2)) == 0) return TPM_RC_HASH;
  }
  return TPM_RC_SUCCESS;
}

function asymSchemeChecks(area: usize): u32 {
  const attributes = attributesOf(area);
  const sign = (attributes & TPMA_OBJECT_SIGN) != 0;
  const decrypt = (attributes & TPMA_OBJECT_DECRYPT) != 0;
  const scheme = schemeOf(area);
  const id = get16(scheme);
  const type = typeOf(area);
  if (sign == decrypt) {
    if (id != TPM_ALG_NULL) return refuseScheme(attributes, id);
  } else if (sign) {
    if (isAsymSignScheme(type, id)) {
      if (schemeHash(scheme) == TPM_ALG_NULL) return TPM_RC_SCHEME;
    } else if (attributes & TPMA_OBJECT_RESTRICTED || id != TPM_ALG_NULL) {
      return refuseScheme(attributes, id);
    }
  } else if (attributes & TPMA_OBJECT_RESTRICTED) {
    if (id != TPM_ALG_NULL) return refuseScheme(attributes, id);
  } else if (id != TPM_ALG_NULL && !isAsymDecryptScheme(type, id)) {
    return refuseScheme(attributes, id);
  }
  if (!isRestrictedDecrypt(attributes) && symAlgorithm(symmetricOf(area)) != TPM_ALG_NULL)
    return refuse(TPM_RC_SYMMETRIC, REFUSAL_OBJECT_SYMMETRIC, attributes);
  if (type == TPM_ALG_ECC && get16(kdfOf(area)) != TPM_ALG_NULL) return refuse(TPM_RC_KDF, REFUSAL_OBJECT_KDF);
  return TPM_RC_SUCCESS;
}

/** A storage key has a symmetric algorithm; under a parent it can't leave, it has the parent's algorithms. */
function storageChecks(parent: usize, area: usize): u32 {
  const attributes = attributesOf(area);
  if (!isRestrictedDecrypt(attributes)) return TPM_RC_SUCCESS;
  const symmetric = symmetricOf(area);
  if (symAlgorithm(symmetric) == TPM_ALG_NULL) return refuse(TPM_RC_SYMMETRIC, REFUSAL_STORAGE_SYMMETRIC);
  if (!(attributes & TPMA_OBJECT_FIXEDPARENT) || parent == 0) return TPM_RC_SUCCESS;
  const parentArea = publicOf(parent);
  if (nameAlgOf(area) != nameAlgOf(parentArea))
    return refuse(TPM_RC_HASH, REFUSAL_STORAGE_NAME_ALG, nameAlgOf(area), nameAlgOf(parentArea));
  const parentSymmetric = symmetricOf(parentArea);
  const size = symDefSize(symmetric);
  const same = size == symDefSize(parentSymmetric) && equalBytes(symmetric, parentSymmetric, size);
  return same ? TPM_RC_SUCCESS : refuse(TPM_RC_SYMMETRIC, REFUSAL_STORAGE_OTHER_SYMMETRIC);
}
