// [TPM2.0 1.59] 13.3 TPM2_Import
import {
  TPM_ALG_NULL,
  TPM_ALG_SYMCIPHER,
  TPM_RC_ATTRIBUTES,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_TYPE,
  TPMA_OBJECT_ENCRYPTEDDUPLICATION,
  TPMA_OBJECT_FIXEDPARENT,
  TPMA_OBJECT_FIXEDTPM,
} from "../../generated/constants";
import { Import as parameters } from "../../generated/parameters";
import {
  REFUSAL_IMPORT_ENCRYPTED,
  REFUSAL_IMPORT_FIXED,
  REFUSAL_INNER_KEY_SIZE,
  REFUSAL_OBJECT_AUTH_SIZE,
  REFUSAL_PARENT_NOT,
  REFUSAL_SECRET_DECRYPT,
  REFUSAL_STORAGE_NOT,
} from "../../generated/refusals";
import { copy2B, MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake, sizeOf2B } from "../../base/index";
import { digestSizeOf, LABEL_DUPLICATE } from "../../tpm/algorithms/index";
import {
  areaChecks,
  attributesOf,
  computeName,
  hasObjectAttribute,
  IS_PARENT,
  nameAlgOf,
  OBJECT_END,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  objectOf,
  publicOf,
  sensitiveAuth,
  sensitiveType,
  setSensitive,
  symAlgorithm,
  typeOf,
  validateKeys,
} from "../../tpm/objects/index";
import {
  decryptSecret,
  duplicateSensitive,
  innerKeySize,
  SEED_ROOM,
  unwrapDuplicate,
  writePrivate,
} from "../../tpm/protection/index";

export function Import(): u32 {
  const inPublic = parameters.objectPublic;
  const area = inPublic + 2;
  const attributes = attributesOf(area);
  const nameAlg = nameAlgOf(area);
  if (attributes & (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_IMPORT_FIXED, attributes), parameters.RC_objectPublic);
  const parent = objectOf(parameters.parentHandle);
  if (!hasObjectAttribute(parent, IS_PARENT))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_PARENT_NOT, parameters.parentHandle), parameters.RC_parentHandle);
  if (sizeOf2B(parameters.encryptionKey) != innerKeySize(parameters.symmetricAlg))
    return rcAbout(
      refuse(TPM_RC_SIZE, REFUSAL_INNER_KEY_SIZE, innerKeySize(parameters.symmetricAlg)),
      parameters.RC_encryptionKey,
    );
  const mustBeEncrypted = (attributes & TPMA_OBJECT_ENCRYPTEDDUPLICATION) != 0;
  if (mustBeEncrypted && symAlgorithm(parameters.symmetricAlg) == TPM_ALG_NULL)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_IMPORT_ENCRYPTED), parameters.RC_encryptionKey);
  const seed = scratchTake(SEED_ROOM);
  const hasOuter = sizeOf2B(parameters.inSymSeed) != 0;
  if (hasOuter) {
    if (typeOf(publicOf(parent)) == TPM_ALG_SYMCIPHER)
      return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_STORAGE_NOT, parameters.parentHandle), parameters.RC_parentHandle);
    const rc = decryptSecret(parent, LABEL_DUPLICATE, parameters.inSymSeed, seed);
    if (rc != TPM_RC_SUCCESS)
      return rcAbout(refuse(rc, REFUSAL_SECRET_DECRYPT, parameters.parentHandle), parameters.RC_inSymSeed);
  } else if (mustBeEncrypted) {
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_IMPORT_ENCRYPTED), parameters.RC_inSymSeed);
  }
  const name = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  computeName(area, sizeOf2B(inPublic), name);
  let rc = unwrapDuplicate(
    parameters.duplicate,
    name,
    nameAlg,
    hasOuter ? parent : 0,
    seed,
    parameters.symmetricAlg,
    parameters.encryptionKey,
  );
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_duplicate);
  const sensitive = duplicateSensitive;
  // Under a parent that can't leave this TPM, this is the only check: TPM2_Load relies on it.
  if (attributesOf(publicOf(parent)) & TPMA_OBJECT_FIXEDTPM) {
    rc = areaChecks(0, area, sensitive, parameters.RC_objectPublic, parameters.RC_duplicate);
    if (rc == TPM_RC_SUCCESS) rc = validateKeys(area, sensitive, parameters.RC_objectPublic, parameters.RC_duplicate);
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  if (sizeOf2B(sensitiveAuth(sensitive)) > digestSizeOf(nameAlg))
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_OBJECT_AUTH_SIZE, digestSizeOf(nameAlg)), parameters.RC_duplicate);

  const object = scratchTake(OBJECT_END);
  copy2B(object + OBJECT_PUBLIC, inPublic);
  copy2B(object + OBJECT_NAME, name);
  setSensitive(object, sensitive);
  writePrivate(object, parent, sensitiveType(sensitive));
  return TPM_RC_SUCCESS;
}
