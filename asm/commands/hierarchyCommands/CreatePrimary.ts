// [TPM2.0 1.59] 24.1 TPM2_CreatePrimary
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { CreatePrimary as parameters } from "../../generated/parameters";
import { copyWire2B, phase, setPhase, sizeOf2B, writeResponseHandle } from "../../base/index";
import {
  checkNewObject,
  createAuth,
  createData,
  inherit,
  installObject,
  makeObject,
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
  const rc = checkNewObject(0, area, parameters.inSensitive, parameters.RC_inPublic, parameters.RC_inSensitive);
  if (rc != TPM_RC_SUCCESS) return rc;
  seedPrimary(parameters.primaryHandle, area, size, data);
  startObject(area, auth, data, parameters.primaryHandle);
  return TPM_RC_SUCCESS;
}
