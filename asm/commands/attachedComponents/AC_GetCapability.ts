// [TPM2.0 1.59] 32.2 TPM2_AC_GetCapability
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { AC_GetCapability as parameters } from "../../generated/parameters";
import { writeU32, writeU8 } from "../../base/index";
import { COMPONENT_TAG, COMPONENT_VALUE } from "../../tpm/platform/index";

export function AC_GetCapability(): u32 {
  const found = parameters.capability <= COMPONENT_TAG;
  const returned = found && parameters.count != 0;
  writeU8(found && !returned ? 1 : 0);
  writeU32(returned ? 1 : 0);
  if (returned) {
    writeU32(COMPONENT_TAG);
    writeU32(COMPONENT_VALUE);
  }
  return TPM_RC_SUCCESS;
}
