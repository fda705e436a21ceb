// [TPM2.0 1.59] 12.2 TPM2_Load
import { TPM_RC_OBJECT_MEMORY, TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { Load as parameters } from "../../generated/parameters";
import { REFUSAL_PARENT_NOT, REFUSAL_PRIVATE_EMPTY } from "../../generated/refusals";
import {
  copyWire2B,
  MAX_DIGEST_SIZE,
  rcAbout,
  refuse,
  scratchTake,
  sizeOf2B,
  writeResponseHandle,
} from "../../base/index";
import {
  computeName,
  freeObjectSlots,
  hasObjectAttribute,
  installLoaded,
  IS_PARENT,
  loadChecks,
  objectOf,
  refuseSlots,
} from "../../tpm/objects/index";
import { privateToSensitive, unwrappedSensitive } from "../../tpm/protection/index";

export function Load(): u32 {
  const inPublic = parameters.inPublic;
  if (freeObjectSlots() == 0) return refuseSlots();
  if (sizeOf2B(parameters.inPrivate) == 0)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_PRIVATE_EMPTY), parameters.RC_inPrivate);
  const parent = objectOf(parameters.parentHandle);
  if (!hasObjectAttribute(parent, IS_PARENT))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_PARENT_NOT, parameters.parentHandle), parameters.RC_parentHandle);
  const name = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  computeName(inPublic + 2, sizeOf2B(inPublic), name);
  let rc = privateToSensitive(parameters.inPrivate, name, parent);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inPrivate);
  rc = loadChecks(parent, inPublic, unwrappedSensitive, name, parameters.RC_inPublic, parameters.RC_inPrivate);
  if (rc != TPM_RC_SUCCESS) return rc;

  writeResponseHandle(installLoaded(parameters.parentHandle));
  copyWire2B(name);
  return TPM_RC_SUCCESS;
}
