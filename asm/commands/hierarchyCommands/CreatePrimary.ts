// [TPM2.0 1.59] 24.1 TPM2_CreatePrimary
import { TPM_RC_OBJECT_MEMORY, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { CreatePrimary as parameters } from "../../generated/parameters";
import { copyWire2B } from "../../base/writer";
import { sizeOf2B } from "../../base/bytes";
import { createAuth, createData, makeObject, newObject, newRsaKey, startObject } from "../../tpm/objects/createObject";
import { writeCreation } from "../../tpm/objects/creation";
import { writeResponseHandle } from "../../base/header";
import { inherit, installObject } from "../../tpm/objects/loadObject";
import { freeObjectSlots, OBJECT_NAME, OBJECT_PUBLIC } from "../../tpm/objects/object";
import { createChecks } from "../../tpm/objects/objectChecks";
import { seedPrimary } from "../../tpm/objects/objectRandom";
import { nameAlgOf } from "../../tpm/objects/publicArea";
import { rcParameter } from "../../base/responseCode";
import { authFits } from "../../tpm/objects/sensitive";
import { phase, setPhase } from "../../base/slice";

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
  if (rc != TPM_RC_SUCCESS) return rcParameter(rc, 2);
  if (!authFits(auth, nameAlgOf(area))) return rcParameter(TPM_RC_SIZE, 1);
  seedPrimary(parameters.primaryHandle, area, size, data);
  startObject(area, auth, data, parameters.primaryHandle);
  return TPM_RC_SUCCESS;
}
