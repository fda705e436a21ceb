// [TPM2.0 1.59] 28.2 TPM2_ContextSave
import { FAILED_COUNTER, TPM_HT_TRANSIENT, TPM_RC_SUCCESS, TPM_RH_NULL } from "../../generated/constants";
import { ContextSave as parameters } from "../../generated/parameters";
import { get32, get64, handleType, put64, reserve, writeU16, writeU32, writeU64 } from "../../base/index";
import { fail } from "../../tpm/algorithms/index";
import { canSave, markSaved, nextContextId, SESSION_SIZE, sessionOf } from "../../tpm/authorization/index";
import {
  hasObjectAttribute,
  IS_ST_CLEAR,
  isSequence,
  OBJECT_HIERARCHY,
  objectAttributes,
  objectOf,
  SAVED_OBJECT,
  SAVED_SEQUENCE,
  SAVED_ST_CLEAR,
  sequenceSize,
  storedSize,
  storeObject,
} from "../../tpm/objects/index";
import { CONTEXT_FINGERPRINT, CONTEXT_INTEGRITY, protectContext } from "../../tpm/protection/index";
import { nullifyShutdown, OBJECT_CONTEXT_ID } from "../../tpm/state/index";

export function ContextSave(): u32 {
  const handle = parameters.saveHandle;
  return handleType(handle) == TPM_HT_TRANSIENT ? saveObject(handle) : saveSession(handle);
}

/** The object stays in the TPM. */
function saveObject(handle: u32): u32 {
  const sequence = load<u64>(OBJECT_CONTEXT_ID) + 1;
  if (sequence == 0) return fail(FAILED_COUNTER, 0);

  nullifyShutdown();
  store<u64>(OBJECT_CONTEXT_ID, sequence);
  const object = objectOf(handle);
  if (isSequence(object)) {
    const size = sequenceSize(object);
    startContext(sequence, SAVED_SEQUENCE, TPM_RH_NULL, size);
    memory.copy(contentAt, object, size);
  } else {
    const savedHandle = hasObjectAttribute(object, IS_ST_CLEAR) ? SAVED_ST_CLEAR : SAVED_OBJECT;
    startContext(sequence, savedHandle, load<u32>(object, OBJECT_HIERARCHY), storedSize(object));
    storeObject(object, objectAttributes(object), contentAt);
  }
  finishContext();
  return TPM_RC_SUCCESS;
}

/** The session leaves the TPM. */
function saveSession(handle: u32): u32 {
  const rc = canSave();
  if (rc != TPM_RC_SUCCESS) return rc;

  nullifyShutdown();
  startContext(nextContextId(), handle, TPM_RH_NULL, SESSION_SIZE);
  memory.copy(contentAt, sessionOf(handle), SESSION_SIZE);
  finishContext();
  markSaved(handle);
  return TPM_RC_SUCCESS;
}

/** Where the content of the context goes, between startContext and finishContext. */
let contentAt: usize = 0;
let contentSize: u32 = 0;

/** TPMS_CONTEXT with room for content of `size` bytes. */
function startContext(sequence: u64, savedHandle: u32, hierarchy: u32, size: u32): void {
  writeU64(sequence);
  writeU32(savedHandle);
  writeU32(hierarchy);
  const blobSize = CONTEXT_INTEGRITY + CONTEXT_FINGERPRINT + size;
  writeU16(blobSize);
  const blob = reserve(blobSize);
  put64(blob + CONTEXT_INTEGRITY, sequence);
  contentAt = blob + CONTEXT_INTEGRITY + CONTEXT_FINGERPRINT;
  contentSize = size;
}

function finishContext(): void {
  const blob = contentAt - CONTEXT_INTEGRITY - CONTEXT_FINGERPRINT;
  const head = blob - 2 - 4 - 4 - 8;
  const size = CONTEXT_INTEGRITY + CONTEXT_FINGERPRINT + contentSize;
  protectContext(get64(head), get32(head + 8), get32(head + 12), blob, size);
}
