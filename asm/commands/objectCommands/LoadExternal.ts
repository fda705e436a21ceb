// [TPM2.0 1.59] 12.3 TPM2_LoadExternal
import {
  TPM_RC_ATTRIBUTES,
  TPM_RC_HIERARCHY,
  TPM_RC_OBJECT_MEMORY,
  TPM_RC_SUCCESS,
  TPM_RH_NULL,
  TPMA_OBJECT_FIXEDPARENT,
  TPMA_OBJECT_FIXEDTPM,
  TPMA_OBJECT_RESTRICTED,
} from "../../generated/constants";
import { LoadExternal as parameters } from "../../generated/parameters";
import {
  REFUSAL_EXTERNAL_ATTRIBUTES,
  REFUSAL_EXTERNAL_DISABLED,
  REFUSAL_EXTERNAL_HIERARCHY,
} from "../../generated/refusals";
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
  attributesOf,
  computeName,
  freeObjectSlots,
  installLoaded,
  IS_EXTERNAL,
  loadChecks,
  loadedObject,
  refuseSlots,
  setObjectAttribute,
} from "../../tpm/objects/index";
import { hierarchyEnabled } from "../../tpm/platform/index";

export function LoadExternal(): u32 {
  const inPublic = parameters.inPublic;
  const hasPrivate = sizeOf2B(parameters.inPrivate) != 0;
  if (freeObjectSlots() == 0) return refuseSlots();
  if (!hierarchyEnabled(parameters.hierarchy))
    return rcAbout(refuse(TPM_RC_HIERARCHY, REFUSAL_EXTERNAL_DISABLED, parameters.hierarchy), parameters.RC_hierarchy);
  if (hasPrivate) {
    // What is known outside of the TPM can belong to no hierarchy and claim none of its protection.
    if (parameters.hierarchy != TPM_RH_NULL) {
      const refused = refuse(TPM_RC_HIERARCHY, REFUSAL_EXTERNAL_HIERARCHY, parameters.hierarchy);
      return rcAbout(refused, parameters.RC_hierarchy);
    }
    if (attributesOf(inPublic + 2) & (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_RESTRICTED))
      return rcAbout(
        refuse(TPM_RC_ATTRIBUTES, REFUSAL_EXTERNAL_ATTRIBUTES, attributesOf(inPublic + 2)),
        parameters.RC_inPublic,
      );
  }
  const name = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  computeName(inPublic + 2, sizeOf2B(inPublic), name);
  const sensitive: usize = hasPrivate ? parameters.inPrivate + 2 : 0;
  const rc = loadChecks(0, inPublic, sensitive, name, parameters.RC_inPublic, parameters.RC_inPrivate);
  if (rc != TPM_RC_SUCCESS) return rc;

  setObjectAttribute(loadedObject, IS_EXTERNAL);
  writeResponseHandle(installLoaded(parameters.hierarchy));
  copyWire2B(name);
  return TPM_RC_SUCCESS;
}
