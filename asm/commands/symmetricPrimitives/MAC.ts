// [TPM2.0 1.59] 15.6 TPM2_MAC; 15.5 TPM2_HMAC, which has the same code and asks for less
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { MAC as parameters } from "../../generated/parameters";
import { bytesOf2B, MAX_DIGEST_SIZE, scratchTake, sizeOf2B, write2B } from "../../base/index";
import { objectOf } from "../../tpm/objects/index";
import { macFinal, macStart, macUpdate, selectedMac, selectMac } from "../../tpm/signing/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function MAC(): u32 {
  const object = objectOf(parameters.handle);
  const rc = selectMac(object, parameters.inScheme, parameters.RC_handle, parameters.RC_inScheme);
  if (rc != TPM_RC_SUCCESS) return rc;

  const state = scratchTake(HASH_STATE_ROOM);
  const out = scratchTake(MAX_DIGEST_SIZE);
  macStart(selectedMac, state, object);
  macUpdate(selectedMac, state, bytesOf2B(parameters.buffer), sizeOf2B(parameters.buffer));
  write2B(out, macFinal(selectedMac, state, out));
  return TPM_RC_SUCCESS;
}
