// [TPM2.0 1.59] 28.3 TPM2_ContextLoad
import {
  FAILED_CONTEXT,
  TPM_HT_TRANSIENT,
  TPM_RC_HANDLE,
  TPM_RC_HIERARCHY,
  TPM_RC_INSUFFICIENT,
  TPM_RC_INTEGRITY,
  TPM_RC_OBJECT_MEMORY,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { ContextLoad as parameters } from "../../generated/parameters";
import {
  REFUSAL_CONTEXT_HIERARCHY,
  REFUSAL_CONTEXT_INTEGRITY,
  REFUSAL_CONTEXT_INTEGRITY_SIZE,
  REFUSAL_CONTEXT_SHORT,
  REFUSAL_CONTEXT_STALE,
} from "../../generated/refusals";
import {
  get16,
  get32,
  get64,
  handleType,
  MAX_DIGEST_SIZE,
  MAX_LOADED_OBJECTS,
  rcAbout,
  refuse,
  writeResponseHandle,
} from "../../base/index";
import { fail } from "../../tpm/algorithms/index";
import { canLoad, isCurrentContext, markLoaded, SESSION_SIZE } from "../../tpm/authorization/index";
import { objectOf, refuseSlots, restoreObject, SAVED_SEQUENCE, takeObjectSlot } from "../../tpm/objects/index";
import { hierarchyEnabled } from "../../tpm/platform/index";
import { CONTEXT_FINGERPRINT, CONTEXT_INTEGRITY, openContext } from "../../tpm/protection/index";
import { nullifyShutdown, OBJECT_SLOT } from "../../tpm/state/index";

export function ContextLoad(): u32 {
  const context = parameters.context;
  const sequence = get64(context);
  const savedHandle = get32(context + 8);
  const hierarchy = get32(context + 12);
  const blobSize = get16(context + 16);
  const blob = context + 18;
  // The TPM2B with the integrity value: cut off, too large, or not of the one size there is.
  if (blobSize < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_CONTEXT_SHORT, blobSize);
  const integritySize = get16(blob);
  if (integritySize > MAX_DIGEST_SIZE) return refuseIntegritySize(TPM_RC_SIZE, integritySize);
  if (integritySize > blobSize - 2) return refuseIntegritySize(TPM_RC_INSUFFICIENT, integritySize);
  if (integritySize != CONTEXT_INTEGRITY - 2)
    return rcAbout(refuseIntegritySize(TPM_RC_SIZE, integritySize), parameters.RC_context);
  if (blobSize < CONTEXT_INTEGRITY + CONTEXT_FINGERPRINT)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_CONTEXT_SHORT, blobSize), parameters.RC_context);
  if (!openContext(sequence, savedHandle, hierarchy, blob, blobSize))
    return rcAbout(refuse(TPM_RC_INTEGRITY, REFUSAL_CONTEXT_INTEGRITY, savedHandle), parameters.RC_context);
  // Past the integrity check only this TPM itself can have made the content.
  if (get64(blob + CONTEXT_INTEGRITY) != sequence) return fail(FAILED_CONTEXT, 0);
  const content = blob + CONTEXT_INTEGRITY + CONTEXT_FINGERPRINT;
  const size = blobSize - CONTEXT_INTEGRITY - CONTEXT_FINGERPRINT;
  if (handleType(savedHandle) == TPM_HT_TRANSIENT) return loadObject(savedHandle, hierarchy, content, size);
  return loadSession(savedHandle, sequence, content, size);
}

function refuseIntegritySize(rc: u32, size: u32): u32 {
  return refuse(rc, REFUSAL_CONTEXT_INTEGRITY_SIZE, size, CONTEXT_INTEGRITY - 2);
}

function loadObject(savedHandle: u32, hierarchy: u32, content: usize, size: u32): u32 {
  if (size > OBJECT_SLOT) return fail(FAILED_CONTEXT, size);
  if (!hierarchyEnabled(hierarchy))
    return rcAbout(refuse(TPM_RC_HIERARCHY, REFUSAL_CONTEXT_HIERARCHY, hierarchy), parameters.RC_context);
  const handle = takeObjectSlot(0);
  if (handle == 0) return refuseSlots();

  if (savedHandle == SAVED_SEQUENCE) memory.copy(objectOf(handle), content, size);
  else restoreObject(content, objectOf(handle));
  writeResponseHandle(handle);
  return TPM_RC_SUCCESS;
}

function loadSession(handle: u32, sequence: u64, content: usize, size: u32): u32 {
  if (size != SESSION_SIZE) return fail(FAILED_CONTEXT, size);
  if (!isCurrentContext(handle, sequence))
    return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_CONTEXT_STALE, handle), parameters.RC_context);
  const rc = canLoad(handle);
  if (rc != TPM_RC_SUCCESS) return rc;

  nullifyShutdown();
  markLoaded(handle, content);
  writeResponseHandle(handle);
  return TPM_RC_SUCCESS;
}
