// Loading an object: its public and sensitive areas fit together (Part 1, 23; Part 3, 12.2 and 12.3). The object is laid
// out in scratch memory and gets a slot when everything was checked.
import { tdesKeyIsValid } from "../../crypto/index";
import { ECC_SUCCESS, eccCheckPoint, eccCheckScalar, eccPublicPoint, eccSize } from "../../crypto/ecc/index";
import { RSA_KEY_SIZE } from "../../crypto/rsa/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_HMAC,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_RSA,
  TPM_ALG_SYMCIPHER,
  TPM_ALG_TDES,
  TPM_ALG_XOR,
  TPM_HT_PERMANENT,
  TPM_RC_BINDING,
  TPM_RC_ECC_POINT,
  TPM_RC_KEY,
  TPM_RC_KEY_SIZE,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_TYPE,
  TPM_RC_VALUE,
  TPM_RH_NULL,
  TPMA_OBJECT_FIXEDTPM,
  TPMA_OBJECT_STCLEAR,
} from "../../generated/constants";
import { bytesOf2B, copy2B, equal2B, equalBytes, get16, put16, put32, sizeOf2B } from "../../base/bytes";
import { symmetricUnique } from "./createObject";
import { hashFinal, hashStart, hashUpdate2B } from "../algorithms/digest";
import { handleType } from "../authorization/entity";
import { digestSizeOf, hashBlockSizeOf } from "../algorithms/hash";
import { MAX_DIGEST_SIZE, MAX_ECC_KEY_BYTES, MAX_SYM_DATA } from "../../base/limits";
import { scratchMark, scratchRelease, scratchTake } from "../../base/memory";
import {
  hasObjectAttribute,
  IS_DERIVATION,
  IS_EXTERNAL,
  IS_PARENT,
  IS_PRIMARY,
  IS_PUBLIC_ONLY,
  IS_ST_CLEAR,
  IS_TEMPORARY,
  OBJECT_ATTRIBUTES,
  OBJECT_END,
  OBJECT_HIERARCHY,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  objectAttributes,
  objectOf,
  publicOf,
  QUALIFIED_NAME,
  setObjectAttribute,
  takeObjectSlot,
} from "./object";
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
import { rcParameter } from "../../base/responseCode";
import { keepRsaKey, loadRsaKey } from "./rsaKey";
import { testBefore } from "../algorithms/selfTest";
import { sensitiveAuth, sensitiveData, sensitiveSeed, sensitiveType, setSensitive } from "./sensitive";
import { HASH_STATE_ROOM } from "../state/state";

/** The object that loadChecks laid out. */
export let loadedObject: usize = 0;
/** The key of an RSA object with a sensitive area, ready for use; else 0. */
let rsaKey: usize = 0;

/**
 * Checks everything, and lays out the object.
 * @param parent slot of the parent; 0 for TPM2_LoadExternal
 * @param inPublic TPM2B_PUBLIC
 * @param sensitive TPMT_SENSITIVE, or 0 for an object with a public area only
 * @param name TPM2B_NAME
 * @param publicNumber, sensitiveNumber numbers of the command's parameters
 * @returns a complete response code
 */
export function loadChecks(
  parent: usize,
  inPublic: usize,
  sensitive: usize,
  name: usize,
  publicNumber: u32,
  sensitiveNumber: u32,
): u32 {
  const area = inPublic + 2;
  let rc = areaChecks(parent, area, sensitive, publicNumber, sensitiveNumber);
  if (rc != TPM_RC_SUCCESS) return rc;
  // What a parent fixed to this TPM protects was made here, and checked.
  if (parent == 0 || !(attributesOf(publicOf(parent)) & TPMA_OBJECT_FIXEDTPM)) {
    rc = validateKeys(area, sensitive, publicNumber, sensitiveNumber);
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  loadedObject = scratchTake(OBJECT_END);
  copy2B(loadedObject + OBJECT_PUBLIC, inPublic);
  copy2B(loadedObject + OBJECT_NAME, name);
  rsaKey = 0;
  if (sensitive == 0) {
    setObjectAttribute(loadedObject, IS_PUBLIC_ONLY);
    return TPM_RC_SUCCESS;
  }
  setSensitive(loadedObject, sensitive);
  if (typeOf(area) != TPM_ALG_RSA) return TPM_RC_SUCCESS;
  rsaKey = scratchTake(RSA_KEY_SIZE);
  return loadRsaKey(loadedObject, rsaKey) ? TPM_RC_SUCCESS : TPM_RC_BINDING;
}

/** Attributes and schemes are what an object of this kind may have. @returns a complete response code. */
export function areaChecks(parent: usize, area: usize, sensitive: usize, publicNumber: u32, sensitiveNumber: u32): u32 {
  if (sensitive == 0 || nameAlgOf(area) == TPM_ALG_NULL) return rcParameter(schemeChecks(0, area), publicNumber);
  if (sizeOf2B(sensitiveSeed(sensitive)) > digestSizeOf(nameAlgOf(area))) {
    return rcParameter(TPM_RC_KEY_SIZE, sensitiveNumber);
  }
  return rcParameter(publicAttributesValidation(parent, area), publicNumber);
}

/** Public and sensitive area fit together. `sensitive` is 0 or a TPMT_SENSITIVE. @returns a complete response code. */
export function validateKeys(area: usize, sensitive: usize, publicNumber: u32, sensitiveNumber: u32): u32 {
  const nameAlg = nameAlgOf(area);
  const digestSize = digestSizeOf(nameAlg);
  if (sensitive != 0) {
    if (sensitiveType(sensitive) != typeOf(area)) return rcParameter(TPM_RC_TYPE, sensitiveNumber);
    if (digestSize != 0 && sizeOf2B(sensitiveAuth(sensitive)) > digestSize) {
      return rcParameter(TPM_RC_SIZE, sensitiveNumber);
    }
  }
  let rc = TPM_RC_SUCCESS;
  switch (typeOf(area)) {
    case TPM_ALG_RSA:
      rc = validateRsa(area, sensitive, publicNumber, sensitiveNumber);
      break;
    case TPM_ALG_ECC:
      rc = sensitive == 0 ? validateEccPublic(area, publicNumber) : validateEccPrivate(area, sensitive);
      break;
    default:
      rc = validateSymmetric(area, sensitive, publicNumber, sensitiveNumber);
      break;
  }
  if (rc != TPM_RC_SUCCESS) return rc;
  if (sensitive != 0 && nameAlg != TPM_ALG_NULL && isRestrictedDecrypt(attributesOf(area))) {
    const seedSize = sizeOf2B(sensitiveSeed(sensitive));
    if (seedSize < digestSize / 2 || seedSize > digestSize) return rcParameter(TPM_RC_SIZE, sensitiveNumber);
  }
  return TPM_RC_SUCCESS;
}

function validateRsa(area: usize, sensitive: usize, publicNumber: u32, sensitiveNumber: u32): u32 {
  const size = rsaKeyBits(area) >> 3;
  const unique = uniqueOf(area);
  if (sizeOf2B(unique) != size || load<u8>(unique + 2) < 0x80) return rcParameter(TPM_RC_KEY, publicNumber);
  const exponent = rsaExponentField(area);
  if (exponent != 0 && exponent < 7) return rcParameter(TPM_RC_VALUE, publicNumber);
  if (sensitive == 0) return TPM_RC_SUCCESS;
  const prime = sensitiveData(sensitive);
  if (sizeOf2B(prime) << 1 != size || load<u8>(prime + 2) < 0x80) return rcParameter(TPM_RC_KEY_SIZE, sensitiveNumber);
  return TPM_RC_SUCCESS;
}

function validateEccPublic(area: usize, publicNumber: u32): u32 {
  const curve = curveOf(area);
  const size = eccSize(curve);
  const x = uniqueOf(area);
  const y = x + 2 + sizeOf2B(x);
  if (sizeOf2B(x) != size || sizeOf2B(y) != size) return rcParameter(TPM_RC_KEY, publicNumber);
  if (nameAlgOf(area) == TPM_ALG_NULL) return TPM_RC_SUCCESS;
  return pointIsOnCurve(curve, x) ? TPM_RC_SUCCESS : rcParameter(TPM_RC_ECC_POINT, publicNumber);
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
    rc = TPM_RC_KEY_SIZE;
  } else if (nameAlgOf(area) != TPM_ALG_NULL) {
    const matches =
      eccPublicPoint(curve, scalar, point) == ECC_SUCCESS &&
      pointFromWire(curve, uniqueOf(area), given) &&
      equalBytes(point, given, 2 * size);
    if (!matches) rc = TPM_RC_BINDING;
  }
  scratchRelease(mark);
  return rc;
}

function validateSymmetric(area: usize, sensitive: usize, publicNumber: u32, sensitiveNumber: u32): u32 {
  const unique = uniqueOf(area);
  const digestSize = digestSizeOf(nameAlgOf(area));
  if (sensitive == 0) return sizeOf2B(unique) == digestSize ? TPM_RC_SUCCESS : rcParameter(TPM_RC_KEY, publicNumber);
  const key = sensitiveData(sensitive);
  if (typeOf(area) == TPM_ALG_SYMCIPHER) {
    const symmetric = symmetricOf(area);
    if (sizeOf2B(key) != (symKeyBits(symmetric) + 7) >> 3) return rcParameter(TPM_RC_KEY_SIZE, sensitiveNumber);
    if (symAlgorithm(symmetric) == TPM_ALG_TDES && !tdesKeyIsValid(bytesOf2B(key), sizeOf2B(key))) {
      return rcParameter(TPM_RC_KEY, sensitiveNumber);
    }
  } else {
    const scheme = schemeOf(area);
    const id = get16(scheme);
    if (id != TPM_ALG_NULL && id != TPM_ALG_HMAC && id != TPM_ALG_XOR) return rcParameter(TPM_RC_SCHEME, publicNumber);
    const longest = id == TPM_ALG_NULL ? MAX_SYM_DATA : hashBlockSizeOf(schemeHash(scheme));
    if (sizeOf2B(key) > longest) return rcParameter(TPM_RC_KEY_SIZE, sensitiveNumber);
  }
  if (nameAlgOf(area) == TPM_ALG_NULL) return TPM_RC_SUCCESS;
  if (sizeOf2B(sensitiveSeed(sensitive)) != digestSize) return rcParameter(TPM_RC_KEY_SIZE, sensitiveNumber);
  const mark = scratchMark();
  const object = scratchTake(OBJECT_END);
  const expected = scratchTake(2 + MAX_DIGEST_SIZE);
  memory.copy(object + OBJECT_PUBLIC + 2, area, (unique - area) as u32);
  setSensitive(object, sensitive);
  symmetricUnique(object, expected);
  const binds = equal2B(expected, unique);
  scratchRelease(mark);
  return binds ? TPM_RC_SUCCESS : TPM_RC_BINDING;
}

// --- ECC numbers -----------------------------------------------------------------------------------------------

/** A TPM2B number as `size` bytes at `out`; false when it needs more. */
export function toFixedSize(number: usize, out: usize, size: u32): bool {
  let from = bytesOf2B(number);
  let left = sizeOf2B(number);
  while (left > size && load<u8>(from) == 0) {
    from++;
    left--;
  }
  if (left > size) return false;
  memory.fill(out, 0, size - left);
  memory.copy(out + size - left, from, left);
  return true;
}

/** TPMS_ECC_POINT as x || y of the curve's size at `out`; false when a coordinate is longer. */
export function pointFromWire(curve: u32, point: usize, out: usize): bool {
  const size = eccSize(curve);
  return toFixedSize(point, out, size) && toFixedSize(point + 2 + sizeOf2B(point), out + size, size);
}

/** TPMS_ECC_POINT is a point of the curve. */
export function pointIsOnCurve(curve: u32, point: usize): bool {
  const mark = scratchMark();
  const fixed = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const good = pointFromWire(curve, point, fixed) && eccCheckPoint(curve, fixed) == ECC_SUCCESS;
  scratchRelease(mark);
  return good;
}

// --- a slot for the object -------------------------------------------------------------------------------------

/**
 * What an object inherits from where it is loaded or created: hierarchy, attributes, Qualified Name.
 * @param object in scratch memory, with public area, Name, and the flags IS_PUBLIC_ONLY and IS_EXTERNAL
 * @param parentHandle of the parent object, or of a hierarchy
 */
export function inherit(object: usize, parentHandle: u32): void {
  const area = publicOf(object);
  const attributes = attributesOf(area);
  const isExternal = hasObjectAttribute(object, IS_EXTERNAL);
  if (attributes & TPMA_OBJECT_STCLEAR) setObjectAttribute(object, IS_ST_CLEAR);
  if (handleType(parentHandle) == TPM_HT_PERMANENT) {
    store<u32>(object, parentHandle, OBJECT_HIERARCHY);
    setObjectAttribute(object, parentHandle == TPM_RH_NULL ? IS_TEMPORARY : IS_PRIMARY);
  } else {
    const parent = objectOf(parentHandle);
    store<u32>(object, load<u32>(parent, OBJECT_HIERARCHY), OBJECT_HIERARCHY);
    setObjectAttribute(object, objectAttributes(parent) & (IS_ST_CLEAR | IS_TEMPORARY));
  }
  if (isExternal) {
    copy2B(object + QUALIFIED_NAME, object + OBJECT_NAME);
    return;
  }
  const hasChildren =
    isRestrictedDecrypt(attributes) && !hasObjectAttribute(object, IS_PUBLIC_ONLY) && nameAlgOf(area) != TPM_ALG_NULL;
  if (hasChildren) setObjectAttribute(object, typeOf(area) == TPM_ALG_KEYEDHASH ? IS_DERIVATION : IS_PARENT);
  qualifiedName(parentHandle, nameAlgOf(area), object + OBJECT_NAME, object + QUALIFIED_NAME);
}

/** nameAlg || H(Qualified Name of the parent || Name) as a TPM2B_NAME at `out` (Part 1, 16). */
export function qualifiedName(parentHandle: u32, nameAlg: u32, name: usize, out: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const handleName = scratchTake(2 + 4);
  let parentName = handleName;
  if (handleType(parentHandle) == TPM_HT_PERMANENT) {
    put16(handleName, 4);
    put32(handleName + 2, parentHandle);
  } else {
    parentName = objectOf(parentHandle) + QUALIFIED_NAME;
  }
  hashStart(nameAlg, state);
  hashUpdate2B(state, parentName);
  hashUpdate2B(state, name);
  put16(out, 2 + digestSizeOf(nameAlg));
  put16(out + 2, nameAlg);
  hashFinal(state, out + 4);
  scratchRelease(mark);
}

/**
 * Moves an object from scratch memory into a slot, of which there is a free one.
 * @param key its RSA key ready for use, or 0
 * @returns the handle.
 */
export function installObject(object: usize, key: usize): u32 {
  const attributes = objectAttributes(object);
  const handle = takeObjectSlot(attributes);
  const slot = objectOf(handle);
  const occupied = objectAttributes(slot);
  memory.copy(slot, object, OBJECT_END);
  store<u32>(slot, occupied, OBJECT_ATTRIBUTES);
  if (key != 0) keepRsaKey(slot, key);
  return handle;
}

/** installObject for what loadChecks laid out. */
export function installLoaded(parentHandle: u32): u32 {
  inherit(loadedObject, parentHandle);
  return installObject(loadedObject, rsaKey);
}
