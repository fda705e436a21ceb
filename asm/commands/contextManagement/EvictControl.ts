// [TPM2.0 1.59] 28.5 TPM2_EvictControl
import {
  PLATFORM_PERSISTENT,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HANDLE,
  TPM_RC_HIERARCHY,
  TPM_RC_NV_DEFINED,
  TPM_RC_NV_SPACE,
  TPM_RC_RANGE,
  TPM_RC_SUCCESS,
  TPM_RH_PLATFORM,
} from "../../generated/constants";
import { EvictControl as parameters } from "../../generated/parameters";
import {
  REFUSAL_EVICT_ATTRIBUTES,
  REFUSAL_EVICT_DEFINED,
  REFUSAL_EVICT_HIERARCHY,
  REFUSAL_EVICT_OTHER_HANDLE,
  REFUSAL_EVICT_RANGE,
  REFUSAL_EVICT_SPACE,
} from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { hasRoomForObject } from "../../tpm/nv/index";
import {
  addPersistent,
  EVICT_HANDLE,
  hasObjectAttribute,
  IS_EVICT,
  IS_PUBLIC_ONLY,
  IS_SEQUENCE,
  IS_ST_CLEAR,
  IS_TEMPORARY,
  OBJECT_HIERARCHY,
  objectOf,
  removePersistent,
  storedSize,
} from "../../tpm/objects/index";
import { nvFind, permanentChange } from "../../tpm/state/index";

export function EvictControl(): u32 {
  const object = objectOf(parameters.objectHandle);
  const handle = parameters.persistentHandle;
  const isPersistent = hasObjectAttribute(object, IS_EVICT);
  const hierarchy = load<u32>(object, OBJECT_HIERARCHY);
  const isPlatforms = hierarchy == TPM_RH_PLATFORM;
  if (hasObjectAttribute(object, IS_SEQUENCE | IS_TEMPORARY | IS_ST_CLEAR | IS_PUBLIC_ONLY)) {
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_EVICT_ATTRIBUTES, parameters.objectHandle), parameters.RC_objectHandle);
  }
  if (isPersistent && load<u32>(object, EVICT_HANDLE) != handle)
    return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_EVICT_OTHER_HANDLE, parameters.objectHandle, handle), parameters.RC_objectHandle);
  if (parameters.auth == TPM_RH_PLATFORM) {
    // The platform may evict any object, but keep only its own.
    if (!isPersistent && !isPlatforms) return refuseHierarchy(hierarchy);
    if (!isPersistent && handle < PLATFORM_PERSISTENT) return refuseRange(handle);
  } else {
    if (isPlatforms) return refuseHierarchy(hierarchy);
    if (!isPersistent && handle >= PLATFORM_PERSISTENT) return refuseRange(handle);
  }
  if (isPersistent) {
    permanentChange();
    removePersistent(handle);
    return TPM_RC_SUCCESS;
  }
  if (nvFind(handle) != 0) return refuse(TPM_RC_NV_DEFINED, REFUSAL_EVICT_DEFINED, handle);
  // How much it takes is not noted: authValue and sensitive area are in it.
  if (!hasRoomForObject(storedSize(object))) return refuse(TPM_RC_NV_SPACE, REFUSAL_EVICT_SPACE, handle);

  permanentChange();
  addPersistent(handle, object);
  return TPM_RC_SUCCESS;
}

function refuseHierarchy(hierarchy: u32): u32 {
  const refused = refuse(TPM_RC_HIERARCHY, REFUSAL_EVICT_HIERARCHY, parameters.objectHandle, hierarchy, parameters.auth);
  return rcAbout(refused, parameters.RC_objectHandle);
}

function refuseRange(handle: u32): u32 {
  return rcAbout(refuse(TPM_RC_RANGE, REFUSAL_EVICT_RANGE, handle, parameters.auth), parameters.RC_persistentHandle);
}
