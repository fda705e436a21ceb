// [TPM2.0 1.59] 13.1 TPM2_Duplicate
import {
  TPM_ALG_NULL,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HIERARCHY,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_SYMMETRIC,
  TPM_RC_TYPE,
  TPM_RH_NULL,
  TPMA_OBJECT_ENCRYPTEDDUPLICATION,
  TPMA_OBJECT_FIXEDPARENT,
} from "../../generated/constants";
import { Duplicate as parameters } from "../../generated/parameters";
import {
  REFUSAL_DUPLICATE_FIXED,
  REFUSAL_DUPLICATE_INNER,
  REFUSAL_DUPLICATE_OUTER,
  REFUSAL_INNER_KEY_SIZE,
  REFUSAL_OBJECT_IS_SEQUENCE,
  REFUSAL_STORAGE_NOT,
} from "../../generated/refusals";
import {
  bytesOf2B,
  copy2B,
  copyWire2B,
  fitsResponse,
  MAX_SYM_KEY_BYTES,
  put16,
  rcAbout,
  refuse,
  reserve,
  responseBuffer,
  scratchTake,
  sizeOf2B,
  writeU16,
  written,
} from "../../base/index";
import { LABEL_DUPLICATE, randomBytes } from "../../tpm/algorithms/index";
import { attributesOf, isSequence, nameAlgOf, objectOf, publicOf, symAlgorithm } from "../../tpm/objects/index";
import {
  DUPLICATE_ROOM,
  encryptSecret,
  innerKeySize,
  isStorage,
  SECRET_ROOM,
  SEED_ROOM,
  wrapDuplicate,
} from "../../tpm/protection/index";

export function Duplicate(): u32 {
  const object = objectOf(parameters.objectHandle);
  if (isSequence(object)) {
    const refused = refuse(TPM_RC_TYPE, REFUSAL_OBJECT_IS_SEQUENCE, parameters.objectHandle);
    return rcAbout(refused, parameters.RC_objectHandle);
  }
  const area = publicOf(object);
  if (attributesOf(area) & TPMA_OBJECT_FIXEDPARENT) {
    const refused = refuse(TPM_RC_ATTRIBUTES, REFUSAL_DUPLICATE_FIXED, parameters.objectHandle);
    return rcAbout(refused, parameters.RC_objectHandle);
  }
  if (nameAlgOf(area) == TPM_ALG_NULL) return rcAbout(TPM_RC_TYPE, parameters.RC_objectHandle);
  const hasParent = parameters.newParentHandle != TPM_RH_NULL;
  const newParent = hasParent ? objectOf(parameters.newParentHandle) : (0 as usize);
  if (hasParent && !isStorage(newParent))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_STORAGE_NOT, parameters.newParentHandle), parameters.RC_newParentHandle);
  const hasInner = symAlgorithm(parameters.symmetricAlg) != TPM_ALG_NULL;
  if (attributesOf(area) & TPMA_OBJECT_ENCRYPTEDDUPLICATION) {
    if (!hasInner) {
      const refused = refuse(TPM_RC_SYMMETRIC, REFUSAL_DUPLICATE_INNER, parameters.objectHandle);
      return rcAbout(refused, parameters.RC_symmetricAlg);
    }
    if (!hasParent) {
      const refused = refuse(TPM_RC_HIERARCHY, REFUSAL_DUPLICATE_OUTER, parameters.objectHandle);
      return rcAbout(refused, parameters.RC_newParentHandle);
    }
  }
  const keySize = innerKeySize(parameters.symmetricAlg);
  const givenSize = sizeOf2B(parameters.encryptionKeyIn);
  if (givenSize != 0 && givenSize != keySize)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_INNER_KEY_SIZE, keySize), parameters.RC_encryptionKeyIn);
  const seed = scratchTake(SEED_ROOM);
  const secret = scratchTake(SECRET_ROOM);
  if (hasParent) {
    const rc = encryptSecret(newParent, LABEL_DUPLICATE, seed, secret);
    if (rc != TPM_RC_SUCCESS) return rc;
  }

  const innerKey = scratchTake(2 + MAX_SYM_KEY_BYTES);
  if (givenSize != 0) {
    copy2B(innerKey, parameters.encryptionKeyIn);
    writeU16(0);
  } else {
    put16(innerKey, keySize);
    randomBytes(bytesOf2B(innerKey), keySize);
    copyWire2B(innerKey);
  }
  writeU16(0);
  const out = responseBuffer + written();
  if (!fitsResponse(written(), DUPLICATE_ROOM)) unreachable();
  const size = wrapDuplicate(object, newParent, seed, parameters.symmetricAlg, innerKey, out);
  put16(out - 2, size);
  reserve(size);
  copyWire2B(secret);
  return TPM_RC_SUCCESS;
}
