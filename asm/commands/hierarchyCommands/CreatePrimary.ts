// [TPM2.0 1.59] 24.1 TPM2_CreatePrimary
import { TPM_RC_OBJECT_MEMORY, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { CreatePrimary as parameters } from "../../generated/parameters";
import { copyWire2B, phase, rcAbout, setPhase, sizeOf2B, writeResponseHandle } from "../../base/index";
import {
  authFits,
  createAuth,
  createChecks,
  createData,
  freeObjectSlots,
  inherit,
  installObject,
  makeObject,
  nameAlgOf,
  newObject,
  newRsaKey,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  seedPrimary,
  startObject,
  writeCreation,
} from "../../tpm/objects/index";

export function CreatePrimary(): u32 {
  if (phase == 0) {
    const rc = start();
    if (rc != TPM_RC_SUCCESS) return rc;
    setPhase(1);
  }
  const rc = makeObject();
  if (rc != TPM_RC_SUCCESS) return rc;

  copyWire2B(newObject + OBJECT_PUBLIC);
  writeCreation(newObject, parameters.primaryHandle, parameters.creationPCR, parameters.outsideInfo);
  copyWire2B(newObject + OBJECT_NAME);
  inherit(newObject, parameters.primaryHandle);
  writeResponseHandle(installObject(newObject, newRsaKey));
  return TPM_RC_SUCCESS;
}

function start(): u32 {
  const area = parameters.inPublic + 2;
  const size = sizeOf2B(parameters.inPublic);
  const auth = createAuth(parameters.inSensitive);
  const data = createData(parameters.inSensitive);
  if (freeObjectSlots() == 0) return TPM_RC_OBJECT_MEMORY;
  const rc = createChecks(0, area, sizeOf2B(data));
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inPublic);
  if (!authFits(auth, nameAlgOf(area))) return rcAbout(TPM_RC_SIZE, parameters.RC_inSensitive);
  seedPrimary(parameters.primaryHandle, area, size, data);
  startObject(area, auth, data, parameters.primaryHandle);
  return TPM_RC_SUCCESS;
}
