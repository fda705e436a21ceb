// A new object is made in scratch memory, laid out as in a slot (object.ts): template, key, seed, unique, Name
// (Part 1, 27). RSA keys take several slices.
import { wipe } from "../../crypto/bytes";
import { ECC_SUCCESS, eccGenerateKey, eccKeyFromRandom, eccSize } from "../../crypto/ecc/index";
import { tdesKeyIsValid, tdesSetOddParity } from "../../crypto/index";
import {
  RSA_KEY_SIZE,
  RSA_KEYGEN_SIZE,
  RSA_SUCCESS,
  RSA_UNFINISHED,
  rsaGetModulus,
  rsaGetPrime,
  rsaKeygenStart,
  rsaKeygenStep,
} from "../../crypto/rsa/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_NULL,
  TPM_ALG_RSA,
  TPM_ALG_SYMCIPHER,
  TPM_ALG_TDES,
  TPM_RC_CANCELED,
  TPM_RC_KEY,
  TPM_RC_KEY_SIZE,
  TPM_RC_NO_RESULT,
  TPM_RC_OBJECT_MEMORY,
  TPM_RC_RANGE,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RH_ENDORSEMENT,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_SENSITIVEDATAORIGIN,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import {
  REFUSAL_CANCELED,
  REFUSAL_OBJECT_AUTH_SIZE,
  REFUSAL_RSA_EXPONENT,
  REFUSAL_SENSITIVE_KEY_SIZE,
  REFUSAL_WEAK_KEY,
} from "../../generated/refusals";
import {
  bytesOf2B,
  copy2B,
  get16,
  isCanceled,
  MAX_ECC_KEY_BYTES,
  put16,
  rcAbout,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  set2B,
  sizeOf2B,
  sliceIsOver,
  UNFINISHED,
} from "../../base/index";
import { digestSizeOf, hashBlockSizeOf, testBefore } from "../algorithms/index";
import { EH_PROOF, SH_PROOF } from "../state/index";
import { OBJECT_END, OBJECT_NAME, OBJECT_PUBLIC, OBJECT_SEED, OBJECT_SENSITIVE, publicOf } from "./object";
import { createChecks } from "./objectChecks";
import { derivationOfLibtpms, isDerived, objectDrbg, objectRandomBytes, stirAsLibtpms } from "./objectRandom";
import { freeObjectSlots, refuseSlots } from "./objectSlots";
import {
  attributesOf,
  computeName,
  curveOf,
  isRestrictedDecrypt,
  nameAlgOf,
  publicSize,
  rsaExponentOf,
  rsaKeyBits,
  schemeHash,
  schemeOf,
  symAlgorithm,
  symKeyBits,
  symmetricOf,
  typeOf,
  uniqueOf,
} from "./publicArea";
import { authFits, setObjectAuth, symmetricUnique } from "./sensitive";

const EMPTY: usize = memory.data(2);
/** The least public exponent of a new key. */
const LEAST_EXPONENT: u32 = 65537;

/** No data of the caller's. */
export function noData(): usize {
  return EMPTY;
}

/** The object in the making. */
export let newObject: usize = 0;
/** The key of a new RSA object, ready for use. */
export let newRsaKey: usize = 0;
let keygen: usize = 0;
let data: usize = 0;
let isEndorsementPrimary: bool = false;

/** userAuth and data of a TPM2B_SENSITIVE_CREATE, both TPM2Bs. */
export function createAuth(inSensitive: usize): usize {
  return inSensitive + 2;
}
export function createData(inSensitive: usize): usize {
  const auth = inSensitive + 2;
  return auth + 2 + sizeOf2B(auth);
}

/**
 * What TPM2_Create and TPM2_CreatePrimary check of their parameters.
 * @param parent slot of the parent; 0 for a primary seed
 * @param area TPMT_PUBLIC
 * @param aboutPublic, aboutSensitive RC_ of the command's parameters that these are
 * @returns a complete response code
 */
export function checkNewObject(
  parent: usize,
  area: usize,
  inSensitive: usize,
  aboutPublic: u32,
  aboutSensitive: u32,
): u32 {
  if (freeObjectSlots() == 0) return refuseSlots();
  const rc = createChecks(parent, area, sizeOf2B(createData(inSensitive)));
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, aboutPublic);
  if (authFits(createAuth(inSensitive), nameAlgOf(area))) return TPM_RC_SUCCESS;
  return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_OBJECT_AUTH_SIZE, digestSizeOf(nameAlgOf(area))), aboutSensitive);
}

/**
 * Lays out a new object after its template.
 * @param area TPMT_PUBLIC of the template, up to `unique`, which a new key replaces
 * @param auth, supplied TPM2Bs: the authValue, and the caller's key or data (nothing: the TPM makes it)
 * @param primaryHierarchy hierarchy of a primary object, 0 for others
 */
export function startObject(area: usize, auth: usize, supplied: usize, primaryHierarchy: u32): void {
  newObject = scratchTake(OBJECT_END);
  memory.copy(newObject + OBJECT_PUBLIC + 2, area, (uniqueOf(area) - area) as u32);
  setObjectAuth(newObject, auth);
  data = attributesOf(area) & TPMA_OBJECT_SENSITIVEDATAORIGIN ? EMPTY : supplied;
  isEndorsementPrimary = primaryHierarchy == TPM_RH_ENDORSEMENT;
  keygen = 0;
  newRsaKey = 0;
}

/** Makes the key. @returns UNFINISHED, or a response code. */
export function makeObject(): u32 {
  const area = publicOf(newObject);
  let rc = TPM_RC_SUCCESS;
  switch (typeOf(area)) {
    case TPM_ALG_RSA:
      rc = makeRsaKey(area);
      break;
    case TPM_ALG_ECC:
      rc = makeEccKey(area);
      break;
    case TPM_ALG_SYMCIPHER:
      rc = makeSymmetricKey(area);
      break;
    default:
      rc = makeKeyedHash(area);
      break;
  }
  return rc == TPM_RC_SUCCESS ? finishObject(area) : rc;
}

/** Seed, unique of what is not asymmetric, size of the public area, Name. */
function finishObject(area: usize): u32 {
  const mark = scratchMark();
  const proofs = scratchTake(sizeOf2B(SH_PROOF) + sizeOf2B(EH_PROOF));
  memory.copy(proofs, bytesOf2B(SH_PROOF), sizeOf2B(SH_PROOF));
  memory.copy(proofs + sizeOf2B(SH_PROOF), bytesOf2B(EH_PROOF), sizeOf2B(EH_PROOF));
  // Endorsement primaries depend on both proofs, so that TPM2_Clear and TPM2_ChangeEPS give them new children.
  let additional = isEndorsementPrimary ? sizeOf2B(SH_PROOF) + sizeOf2B(EH_PROOF) : 0;
  if (additional != 0 && derivationOfLibtpms() != 0) {
    stirAsLibtpms(proofs, sizeOf2B(SH_PROOF));
    stirAsLibtpms(proofs + sizeOf2B(SH_PROOF), sizeOf2B(EH_PROOF));
    additional = 0;
  }
  const seed = newObject + OBJECT_SEED;
  const seedSize = digestSizeOf(nameAlgOf(area));
  put16(seed, seedSize);
  const drawn = objectRandomBytes(seed + 2, seedSize, proofs, additional);
  scratchRelease(mark);
  if (!drawn) return TPM_RC_NO_RESULT;
  const type = typeOf(area);
  if (type != TPM_ALG_RSA && type != TPM_ALG_ECC) {
    symmetricUnique(newObject, uniqueOf(area));
  } else if (!isRestrictedDecrypt(attributesOf(area)) || attributesOf(area) & TPMA_OBJECT_SIGN) {
    // Only a parent needs the seed.
    memory.fill(seed, 0, 2 + seedSize);
  }
  const size = publicSize(area);
  put16(newObject + OBJECT_PUBLIC, size);
  computeName(area, size, newObject + OBJECT_NAME);
  return TPM_RC_SUCCESS;
}

function makeRsaKey(area: usize): u32 {
  if (keygen == 0) {
    const e = rsaExponentOf(area);
    if (e < LEAST_EXPONENT) return refuse(TPM_RC_RANGE, REFUSAL_RSA_EXPONENT);
    testBefore(TPM_ALG_RSA);
    keygen = scratchTake(RSA_KEYGEN_SIZE);
    newRsaKey = scratchTake(RSA_KEY_SIZE);
    if (!rsaKeygenStart(keygen, rsaKeyBits(area), e, derivationOfLibtpms())) return refuse(TPM_RC_RANGE, REFUSAL_RSA_EXPONENT);
  }
  let status = RSA_UNFINISHED;
  while (status == RSA_UNFINISHED) {
    if (isCanceled()) return refuse(TPM_RC_CANCELED, REFUSAL_CANCELED);
    if (sliceIsOver()) return UNFINISHED;
    status = rsaKeygenStep(keygen, objectDrbg(), newRsaKey);
  }
  wipe(keygen, RSA_KEYGEN_SIZE);
  if (status != RSA_SUCCESS) return TPM_RC_NO_RESULT;
  const size = rsaKeyBits(area) >> 3;
  const unique = uniqueOf(area);
  put16(unique, size);
  rsaGetModulus(newRsaKey, unique + 2);
  put16(newObject + OBJECT_SENSITIVE, size >> 1);
  rsaGetPrime(newRsaKey, newObject + OBJECT_SENSITIVE + 2);
  return TPM_RC_SUCCESS;
}

function makeEccKey(area: usize): u32 {
  const curve = curveOf(area);
  const size = eccSize(curve);
  const mark = scratchMark();
  const point = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const scalar = newObject + OBJECT_SENSITIVE;
  testBefore(TPM_ALG_ECC);
  put16(scalar, size);
  let status: u32;
  if (isDerived()) {
    const bytes = scratchTake(MAX_ECC_KEY_BYTES + 8);
    if (!objectRandomBytes(bytes, size + 8)) return TPM_RC_NO_RESULT;
    status = eccKeyFromRandom(curve, bytes, scalar + 2, point);
  } else {
    status = eccGenerateKey(curve, objectDrbg(), scalar + 2, point);
  }
  const unique = uniqueOf(area);
  set2B(unique, point, size);
  set2B(unique + 2 + size, point + size, size);
  scratchRelease(mark);
  return status == ECC_SUCCESS ? TPM_RC_SUCCESS : TPM_RC_NO_RESULT;
}

function makeSymmetricKey(area: usize): u32 {
  const symmetric = symmetricOf(area);
  const size = symKeyBits(symmetric) >> 3;
  const key = newObject + OBJECT_SENSITIVE;
  const isTdes = symAlgorithm(symmetric) == TPM_ALG_TDES;
  if (sizeOf2B(data) != 0) {
    if (sizeOf2B(data) != size) return refuse(TPM_RC_KEY_SIZE, REFUSAL_SENSITIVE_KEY_SIZE);
    if (isTdes && !tdesKeyIsValid(bytesOf2B(data), size)) return refuse(TPM_RC_KEY, REFUSAL_WEAK_KEY);
    copy2B(key, data);
    return TPM_RC_SUCCESS;
  }
  put16(key, size);
  do {
    if (!objectRandomBytes(key + 2, size)) return TPM_RC_NO_RESULT;
    if (isTdes) tdesSetOddParity(key + 2, size);
  } while (isTdes && !tdesKeyIsValid(key + 2, size));
  return TPM_RC_SUCCESS;
}

function makeKeyedHash(area: usize): u32 {
  const scheme = schemeOf(area);
  const hash = get16(scheme) == TPM_ALG_NULL ? nameAlgOf(area) : schemeHash(scheme);
  const bits = newObject + OBJECT_SENSITIVE;
  if (sizeOf2B(data) != 0) {
    // A key for HMAC or XOR is at most a block long.
    const isKey = (attributesOf(area) & (TPMA_OBJECT_SIGN | TPMA_OBJECT_DECRYPT)) != 0;
    if (isKey && sizeOf2B(data) > hashBlockSizeOf(hash)) return refuse(TPM_RC_SIZE, REFUSAL_SENSITIVE_KEY_SIZE);
    copy2B(bits, data);
    return TPM_RC_SUCCESS;
  }
  const size = digestSizeOf(hash);
  put16(bits, size);
  return objectRandomBytes(bits + 2, size) ? TPM_RC_SUCCESS : TPM_RC_NO_RESULT;
}
