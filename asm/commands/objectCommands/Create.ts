// [TPM2.0 1.59] 12.1 TPM2_Create
import { TPM_RC_OBJECT_MEMORY, TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { Create as parameters } from "../../generated/parameters";
import { copyWire2B, phase, rcAbout, setPhase, sizeOf2B } from "../../base/index";
import {
  authFits,
  createAuth,
  createChecks,
  createData,
  freeObjectSlots,
  hasObjectAttribute,
  IS_PARENT,
  makeObject,
  nameAlgOf,
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
  if (!hasObjectAttribute(parent, IS_PARENT)) return rcAbout(TPM_RC_TYPE, parameters.RC_parentHandle);
  if (freeObjectSlots() == 0) return TPM_RC_OBJECT_MEMORY;
  const rc = createChecks(parent, area, sizeOf2B(data));
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inPublic);
  if (!authFits(auth, nameAlgOf(area))) return rcAbout(TPM_RC_SIZE, parameters.RC_inSensitive);
  useOwnRandom();
  startObject(area, auth, data, 0);
  return TPM_RC_SUCCESS;
}
