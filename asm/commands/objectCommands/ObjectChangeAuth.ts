// [TPM2.0 1.59] 12.8 TPM2_ObjectChangeAuth
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { ObjectChangeAuth as parameters } from "../../generated/parameters";
import { REFUSAL_OBJECT_AUTH_SIZE, REFUSAL_OBJECT_IS_SEQUENCE, REFUSAL_OTHER_PARENT } from "../../generated/refusals";
import { equal2B, MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
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
  if (isSequence(object)) {
    const refused = refuse(TPM_RC_TYPE, REFUSAL_OBJECT_IS_SEQUENCE, parameters.objectHandle);
    return rcAbout(refused, parameters.RC_objectHandle);
  }
  const nameAlg = nameAlgOf(publicOf(object));
  if (!authFits(parameters.newAuth, nameAlg))
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_OBJECT_AUTH_SIZE, digestSizeOf(nameAlg)), parameters.RC_newAuth);
  const parent = objectOf(parameters.parentHandle);
  if (isSequence(parent)) {
    const refused = refuse(TPM_RC_TYPE, REFUSAL_OBJECT_IS_SEQUENCE, parameters.parentHandle);
    return rcAbout(refused, parameters.RC_parentHandle);
  }
  const expected = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  qualifiedName(parameters.parentHandle, nameAlg, object + OBJECT_NAME, expected);
  if (!equal2B(expected, object + QUALIFIED_NAME)) {
    const refused = refuse(TPM_RC_TYPE, REFUSAL_OTHER_PARENT, parameters.parentHandle, parameters.objectHandle);
    return rcAbout(refused, parameters.RC_parentHandle);
  }

  const changed = scratchTake(OBJECT_END);
  memory.copy(changed, object, OBJECT_END);
  setObjectAuth(changed, parameters.newAuth);
  writePrivate(changed, parent);
  return TPM_RC_SUCCESS;
}
