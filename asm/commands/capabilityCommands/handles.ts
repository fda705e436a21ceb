// TPM_CAP_HANDLES: the handles in use, from a given one on (Part 3, 30.2.1).
import { GetCapability } from "../../generated/parameters";
import {
  HMAC_SESSION_FIRST,
  HR_HANDLE_MASK,
  TPM_CAP_HANDLES,
  TPM_HT_LOADED_SESSION,
  TPM_HT_NV_INDEX,
  TPM_HT_PCR,
  TPM_HT_PERMANENT,
  TPM_HT_PERSISTENT,
  TPM_HT_SAVED_SESSION,
  TPM_HT_TRANSIENT,
  TPM_RC_HANDLE,
  TPM_RC_SUCCESS,
  TRANSIENT_FIRST,
} from "../../generated/constants";
import { REFUSAL_CAPABILITY_PROPERTY } from "../../generated/refusals";
import {
  handleType,
  IMPLEMENTATION_PCR,
  MAX_ACTIVE_SESSIONS,
  MAX_CAP_HANDLES,
  MAX_LOADED_OBJECTS,
  rcAbout,
  refuse,
  writeU32,
} from "../../base/index";
import { handleOfLoaded, isLoaded, isSavedSession } from "../../tpm/authorization/index";
import { isPresent } from "../../tpm/objects/index";
import { entryHandle, nvFirst, nvNext } from "../../tpm/state/index";
import { beginEntry, startList } from "./list";
import { nextPermanentHandle } from "./permanentHandles";

export function listHandles(first: u32, requested: u32): u32 {
  startList(TPM_CAP_HANDLES, requested, MAX_CAP_HANDLES);
  const from = first & HR_HANDLE_MASK;
  switch (handleType(first)) {
    case TPM_HT_PCR:
      for (let i = from; i < IMPLEMENTATION_PCR && beginEntry(); i++) writeU32(i);
      break;
    case TPM_HT_NV_INDEX:
    case TPM_HT_PERSISTENT:
      for (let entry = nvFirst(first); entry != 0; entry = nvNext(entry)) {
        if (handleType(entryHandle(entry)) != handleType(first) || !beginEntry()) break;
        writeU32(entryHandle(entry));
      }
      break;
    case TPM_HT_LOADED_SESSION:
      for (let i = from; i < MAX_ACTIVE_SESSIONS; i++) {
        if (!isLoaded(i)) continue;
        if (!beginEntry()) break;
        writeU32(handleOfLoaded(i));
      }
      break;
    case TPM_HT_SAVED_SESSION:
      // Of a saved session only the number is known: all are listed as HMAC sessions.
      for (let i = from; i < MAX_ACTIVE_SESSIONS; i++) {
        if (!isSavedSession(i)) continue;
        if (!beginEntry()) break;
        writeU32(i + HMAC_SESSION_FIRST);
      }
      break;
    case TPM_HT_PERMANENT:
      for (let handle = nextPermanentHandle(first); handle != 0; handle = nextPermanentHandle(handle + 1)) {
        if (!beginEntry()) break;
        writeU32(handle);
      }
      break;
    case TPM_HT_TRANSIENT:
      for (let i = from; i < MAX_LOADED_OBJECTS; i++) {
        if (!isPresent(i + TRANSIENT_FIRST)) continue;
        if (!beginEntry()) break;
        writeU32(i + TRANSIENT_FIRST);
      }
      break;
    default:
      return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_CAPABILITY_PROPERTY, first), GetCapability.RC_property);
  }
  return TPM_RC_SUCCESS;
}
