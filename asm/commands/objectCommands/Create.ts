// [TPM2.0 1.59] 12.1 TPM2_Create
import { TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { Create as parameters } from "../../generated/parameters";
import { REFUSAL_PARENT_NOT } from "../../generated/refusals";
import { copyWire2B, phase, rcAbout, refuse, setPhase } from "../../base/index";
import {
  checkNewObject,
  createAuth,
  createData,
  hasObjectAttribute,
  IS_PARENT,
  makeObject,
  newObject,
  OBJECT_PUBLIC,
  objectOf,
  startObject,
  useOwnRandom,
  writeCreation,
} from "../../tpm/objects/index";
import { writePrivate } from "../../tpm/protection/index";

export function Create(): u32 {
  if (phase == 0) {
    const rc = start();
    if (rc != TPM_RC_SUCCESS) return rc;
    setPhase(1);
  }
  const rc = makeObject();
  if (rc != TPM_RC_SUCCESS) return rc;

  writePrivate(newObject, objectOf(parameters.parentHandle));
  copyWire2B(newObject + OBJECT_PUBLIC);
  writeCreation(newObject, parameters.parentHandle, parameters.creationPCR, parameters.outsideInfo);
  return TPM_RC_SUCCESS;
}

function start(): u32 {
  const parent = objectOf(parameters.parentHandle);
  const area = parameters.inPublic + 2;
  const auth = createAuth(parameters.inSensitive);
  const data = createData(parameters.inSensitive);
  if (!hasObjectAttribute(parent, IS_PARENT))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_PARENT_NOT, parameters.parentHandle), parameters.RC_parentHandle);
  const rc = checkNewObject(parent, area, parameters.inSensitive, parameters.RC_inPublic, parameters.RC_inSensitive);
  if (rc != TPM_RC_SUCCESS) return rc;
  useOwnRandom();
  startObject(area, auth, data, 0);
  return TPM_RC_SUCCESS;
}
