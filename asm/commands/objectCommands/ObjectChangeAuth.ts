// [TPM2.0 1.59] 12.8 TPM2_ObjectChangeAuth
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { ObjectChangeAuth as parameters } from "../../generated/parameters";
import { equal2B, MAX_DIGEST_SIZE, rcAbout, scratchTake } from "../../base/index";
import {
  authFits,
  isSequence,
  nameAlgOf,
  OBJECT_END,
  OBJECT_NAME,
  objectOf,
  publicOf,
  QUALIFIED_NAME,
  qualifiedName,
  setObjectAuth,
} from "../../tpm/objects/index";
import { writePrivate } from "../../tpm/protection/index";

/** The object in the TPM keeps its authValue: only what is loaded later has the new one. */
export function ObjectChangeAuth(): u32 {
  const object = objectOf(parameters.objectHandle);
  if (isSequence(object)) return rcAbout(TPM_RC_TYPE, parameters.RC_objectHandle);
  const nameAlg = nameAlgOf(publicOf(object));
  if (!authFits(parameters.newAuth, nameAlg)) return rcAbout(TPM_RC_SIZE, parameters.RC_newAuth);
  const parent = objectOf(parameters.parentHandle);
  if (isSequence(parent)) return rcAbout(TPM_RC_TYPE, parameters.RC_parentHandle);
  const expected = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  qualifiedName(parameters.parentHandle, nameAlg, object + OBJECT_NAME, expected);
  if (!equal2B(expected, object + QUALIFIED_NAME)) return rcAbout(TPM_RC_TYPE, parameters.RC_parentHandle);

  const changed = scratchTake(OBJECT_END);
  memory.copy(changed, object, OBJECT_END);
  setObjectAuth(changed, parameters.newAuth);
  writePrivate(changed, parent);
  return TPM_RC_SUCCESS;
}
