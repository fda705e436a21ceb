// Loading an object: its public and sensitive areas fit together (Part 1, 23; Part 3, 12.2 and 12.3). The object is laid
// out in scratch memory and gets a slot when everything was checked.
import { ECC_SUCCESS, eccCheckScalar, eccPublicPoint, eccSize } from "../../crypto/ecc/index";
import { tdesKeyIsValid } from "../../crypto/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_HMAC,
  TPM_ALG_NULL,
  TPM_ALG_RSA,
  TPM_ALG_SYMCIPHER,
  TPM_ALG_TDES,
  TPM_ALG_XOR,
  TPM_RC_BINDING,
  TPM_RC_ECC_POINT,
  TPM_RC_KEY,
  TPM_RC_KEY_SIZE,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_TYPE,
  TPM_RC_VALUE,
  TPMA_OBJECT_FIXEDTPM,
} from "../../generated/constants";
import {
  REFUSAL_OBJECT_AUTH_SIZE,
  REFUSAL_OBJECT_BINDING,
  REFUSAL_OBJECT_SCHEME,
  REFUSAL_POINT_OFF_CURVE,
  REFUSAL_PUBLIC_UNIQUE,
  REFUSAL_RSA_EXPONENT,
  REFUSAL_SENSITIVE_KEY_SIZE,
  REFUSAL_SENSITIVE_SEED,
  REFUSAL_SENSITIVE_TYPE,
  REFUSAL_WEAK_KEY,
} from "../../generated/refusals";
import {
  bytesOf2B,
  copy2B,
  equal2B,
  equalBytes,
  get16,
  MAX_DIGEST_SIZE,
  MAX_ECC_KEY_BYTES,
  MAX_SYM_DATA,
  rcAbout,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, hashBlockSizeOf, testBefore } from "../algorithms/index";
import { pointFromWire, pointIsOnCurve, toFixedSize } from "./eccPoint";
import { inherit, installObject } from "./installObject";
import { IS_PUBLIC_ONLY, OBJECT_END, OBJECT_NAME, OBJECT_PUBLIC, publicOf, setObjectAttribute } from "./object";
import { publicAttributesValidation, schemeChecks } from "./objectChecks";
import {
  attributesOf,
  curveOf,
  isRestrictedDecrypt,
  nameAlgOf,
  rsaExponentField,
  rsaKeyBits,
  schemeHash,
  schemeOf,
  symAlgorithm,
  symKeyBits,
  symmetricOf,
  typeOf,
  uniqueOf,
} from "./publicArea";
import { rsaPartsBind } from "./rsaKey";
import { sensitiveAuth, sensitiveData, sensitiveSeed, sensitiveType, setSensitive, symmetricUnique } from "./sensitive";

/** The object that loadChecks laid out. */
export let loadedObject: usize = 0;

/**
 * Checks everything, and lays out the object.
 * @param parent slot of the parent; 0 for TPM2_LoadExternal
 * @param inPublic TPM2B_PUBLIC
 * @param sensitive TPMT_SENSITIVE, or 0 for an object with a public area only
 * @param name TPM2B_NAME
 * @param aboutPublic, aboutSensitive RC_ of the command's parameters that these are
 * @returns a complete response code
 */
export function loadChecks(
  parent: usize,
  inPublic: usize,
  sensitive: usize,
  name: usize,
  aboutPublic: u32,
  aboutSensitive: u32,
): u32 {
  const area = inPublic + 2;
  let rc = areaChecks(parent, area, sensitive, aboutPublic, aboutSensitive);
  if (rc != TPM_RC_SUCCESS) return rc;
  // What a parent fixed to this TPM protects was made here, and checked.
  if (parent == 0 || !(attributesOf(publicOf(parent)) & TPMA_OBJECT_FIXEDTPM)) {
    rc = validateKeys(area, sensitive, aboutPublic, aboutSensitive);
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  loadedObject = scratchTake(OBJECT_END);
  copy2B(loadedObject + OBJECT_PUBLIC, inPublic);
  copy2B(loadedObject + OBJECT_NAME, name);
  if (sensitive == 0) {
    setObjectAttribute(loadedObject, IS_PUBLIC_ONLY);
    return TPM_RC_SUCCESS;
  }
  setSensitive(loadedObject, sensitive);
  if (typeOf(area) != TPM_ALG_RSA || rsaPartsBind(loadedObject)) return TPM_RC_SUCCESS;
  return refuse(TPM_RC_BINDING, REFUSAL_OBJECT_BINDING);
}

/** Attributes and schemes are what an object of this kind may have. @returns a complete response code. */
export function areaChecks(parent: usize, area: usize, sensitive: usize, aboutPublic: u32, aboutSensitive: u32): u32 {
  if (sensitive == 0 || nameAlgOf(area) == TPM_ALG_NULL) return rcAbout(schemeChecks(0, area), aboutPublic);
  if (sizeOf2B(sensitiveSeed(sensitive)) > digestSizeOf(nameAlgOf(area))) {
    return rcAbout(refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_SEED), aboutSensitive);
  }
  return rcAbout(publicAttributesValidation(parent, area), aboutPublic);
}

/** Public and sensitive area fit together. `sensitive` is 0 or a TPMT_SENSITIVE. @returns a complete response code. */
export function validateKeys(area: usize, sensitive: usize, aboutPublic: u32, aboutSensitive: u32): u32 {
  const nameAlg = nameAlgOf(area);
  const digestSize = digestSizeOf(nameAlg);
  if (sensitive != 0) {
    if (sensitiveType(sensitive) != typeOf(area))
      return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_SENSITIVE_TYPE), aboutSensitive);
    if (digestSize != 0 && sizeOf2B(sensitiveAuth(sensitive)) > digestSize) {
      return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_OBJECT_AUTH_SIZE, digestSize), aboutSensitive);
    }
  }
  let rc = TPM_RC_SUCCESS;
  switch (typeOf(area)) {
    case TPM_ALG_RSA:
      rc = validateRsa(area, sensitive, aboutPublic, aboutSensitive);
      break;
    case TPM_ALG_ECC:
      rc = sensitive == 0 ? validateEccPublic(area, aboutPublic) : validateEccPrivate(area, sensitive);
      break;
    default:
      rc = validateSymmetric(area, sensitive, aboutPublic, aboutSensitive);
      break;
  }
  if (rc != TPM_RC_SUCCESS) return rc;
  if (sensitive != 0 && nameAlg != TPM_ALG_NULL && isRestrictedDecrypt(attributesOf(area))) {
    const seedSize = sizeOf2B(sensitiveSeed(sensitive));
    if (seedSize < digestSize / 2 || seedSize > digestSize)
      return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_SENSITIVE_SEED), aboutSensitive);
  }
  return TPM_RC_SUCCESS;
}

function validateRsa(area: usize, sensitive: usize, aboutPublic: u32, aboutSensitive: u32): u32 {
  const size = rsaKeyBits(area) >> 3;
  const unique = uniqueOf(area);
  if (sizeOf2B(unique) != size || load<u8>(unique + 2) < 0x80)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_PUBLIC_UNIQUE), aboutPublic);
  const exponent = rsaExponentField(area);
  if (exponent != 0 && exponent < 7) return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_RSA_EXPONENT), aboutPublic);
  if (sensitive == 0) return TPM_RC_SUCCESS;
  const prime = sensitiveData(sensitive);
  if (sizeOf2B(prime) << 1 != size || load<u8>(prime + 2) < 0x80)
    return rcAbout(refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_KEY_SIZE), aboutSensitive);
  return TPM_RC_SUCCESS;
}

function validateEccPublic(area: usize, aboutPublic: u32): u32 {
  const curve = curveOf(area);
  const size = eccSize(curve);
  const x = uniqueOf(area);
  const y = x + 2 + sizeOf2B(x);
  if (sizeOf2B(x) != size || sizeOf2B(y) != size)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_PUBLIC_UNIQUE), aboutPublic);
  if (nameAlgOf(area) == TPM_ALG_NULL) return TPM_RC_SUCCESS;
  if (pointIsOnCurve(curve, x)) return TPM_RC_SUCCESS;
  return rcAbout(refuse(TPM_RC_ECC_POINT, REFUSAL_POINT_OFF_CURVE), aboutPublic);
}

function validateEccPrivate(area: usize, sensitive: usize): u32 {
  const curve = curveOf(area);
  const size = eccSize(curve);
  testBefore(TPM_ALG_ECC);
  const mark = scratchMark();
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  const point = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const given = scratchTake(2 * MAX_ECC_KEY_BYTES);
  let rc = TPM_RC_SUCCESS;
  if (!toFixedSize(sensitiveData(sensitive), scalar, size) || eccCheckScalar(curve, scalar) != ECC_SUCCESS) {
    rc = refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_KEY_SIZE);
  } else if (nameAlgOf(area) != TPM_ALG_NULL) {
    const matches =
      eccPublicPoint(curve, scalar, point) == ECC_SUCCESS &&
      pointFromWire(curve, uniqueOf(area), given) &&
      equalBytes(point, given, 2 * size);
    if (!matches) rc = refuse(TPM_RC_BINDING, REFUSAL_OBJECT_BINDING);
  }
  scratchRelease(mark);
  return rc;
}

function validateSymmetric(area: usize, sensitive: usize, aboutPublic: u32, aboutSensitive: u32): u32 {
  const unique = uniqueOf(area);
  const digestSize = digestSizeOf(nameAlgOf(area));
  if (sensitive == 0) {
    if (sizeOf2B(unique) == digestSize) return TPM_RC_SUCCESS;
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_PUBLIC_UNIQUE), aboutPublic);
  }
  const key = sensitiveData(sensitive);
  if (typeOf(area) == TPM_ALG_SYMCIPHER) {
    const symmetric = symmetricOf(area);
    if (sizeOf2B(key) != (symKeyBits(symmetric) + 7) >> 3)
      return rcAbout(refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_KEY_SIZE), aboutSensitive);
    if (symAlgorithm(symmetric) == TPM_ALG_TDES && !tdesKeyIsValid(bytesOf2B(key), sizeOf2B(key))) {
      return rcAbout(refuse(TPM_RC_KEY, REFUSAL_WEAK_KEY), aboutSensitive);
    }
  } else {
    const scheme = schemeOf(area);
    const id = get16(scheme);
    if (id != TPM_ALG_NULL && id != TPM_ALG_HMAC && id != TPM_ALG_XOR)
      return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_OBJECT_SCHEME, attributesOf(area), id), aboutPublic);
    const longest = id == TPM_ALG_NULL ? MAX_SYM_DATA : hashBlockSizeOf(schemeHash(scheme));
    if (sizeOf2B(key) > longest) return rcAbout(refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_KEY_SIZE), aboutSensitive);
  }
  if (nameAlgOf(area) == TPM_ALG_NULL) return TPM_RC_SUCCESS;
  if (sizeOf2B(sensitiveSeed(sensitive)) != digestSize)
    return rcAbout(refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_SEED), aboutSensitive);
  const mark = scratchMark();
  const object = scratchTake(OBJECT_END);
  const expected = scratchTake(2 + MAX_DIGEST_SIZE);
  memory.copy(object + OBJECT_PUBLIC + 2, area, (unique - area) as u32);
  setSensitive(object, sensitive);
  symmetricUnique(object, expected);
  const binds = equal2B(expected, unique);
  scratchRelease(mark);
  return binds ? TPM_RC_SUCCESS : refuse(TPM_RC_BINDING, REFUSAL_OBJECT_BINDING);
}

/** installObject for what loadChecks laid out. */
export function installLoaded(parentHandle: u32): u32 {
  inherit(loadedObject, parentHandle);
  return installObject(loadedObject, 0);
}
