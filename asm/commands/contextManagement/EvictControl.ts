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
import { rcAbout } from "../../base/index";
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
  const isPlatforms = load<u32>(object, OBJECT_HIERARCHY) == TPM_RH_PLATFORM;
  if (hasObjectAttribute(object, IS_SEQUENCE | IS_TEMPORARY | IS_ST_CLEAR | IS_PUBLIC_ONLY)) {
    return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_objectHandle);
  }
  if (isPersistent && load<u32>(object, EVICT_HANDLE) != handle)
    return rcAbout(TPM_RC_HANDLE, parameters.RC_objectHandle);
  if (parameters.auth == TPM_RH_PLATFORM) {
    // The platform may evict any object, but keep only its own.
    if (!isPersistent && !isPlatforms) return rcAbout(TPM_RC_HIERARCHY, parameters.RC_objectHandle);
    if (!isPersistent && handle < PLATFORM_PERSISTENT) return rcAbout(TPM_RC_RANGE, parameters.RC_persistentHandle);
  } else {
    if (isPlatforms) return rcAbout(TPM_RC_HIERARCHY, parameters.RC_objectHandle);
    if (!isPersistent && handle >= PLATFORM_PERSISTENT) return rcAbout(TPM_RC_RANGE, parameters.RC_persistentHandle);
  }
  if (isPersistent) {
    permanentChange();
    removePersistent(handle);
    return TPM_RC_SUCCESS;
  }
  if (nvFind(handle) != 0) return TPM_RC_NV_DEFINED;
  if (!hasRoomForObject(storedSize(object))) return TPM_RC_NV_SPACE;

  permanentChange();
  addPersistent(handle, object);
  return TPM_RC_SUCCESS;
}
