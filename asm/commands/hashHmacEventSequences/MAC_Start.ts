// [TPM2.0 1.59] 17.3 TPM2_MAC_Start; 17.2 TPM2_HMAC_Start, which has the same code and asks for less
import { TPM_RC_OBJECT_MEMORY, TPM_RC_SUCCESS } from "../../generated/constants";
import { MAC_Start as parameters } from "../../generated/parameters";
import { writeResponseHandle } from "../../base/index";
import { IS_HMAC_SEQUENCE, objectOf, refuseSlots, sequenceState } from "../../tpm/objects/index";
import { macStart, selectedMac, selectMac } from "../../tpm/signing/index";
import { takeSequence } from "./sequence";

export function MAC_Start(): u32 {
  const object = objectOf(parameters.handle);
  const rc = selectMac(object, parameters.inScheme, parameters.RC_handle, parameters.RC_inScheme);
  if (rc != TPM_RC_SUCCESS) return rc;
  const handle = takeSequence(IS_HMAC_SEQUENCE, selectedMac, parameters.auth);
  if (handle == 0) return refuseSlots();
  macStart(selectedMac, sequenceState(objectOf(handle), 0), object);
  writeResponseHandle(handle);
  return TPM_RC_SUCCESS;
}
