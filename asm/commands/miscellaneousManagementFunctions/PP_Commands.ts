// [TPM2.0 1.59] 26.2 TPM2_PP_Commands
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { PP_Commands as parameters } from "../../generated/parameters";
import { get32 } from "../../base/index";
import { requirePhysicalPresence } from "../../tpm/platform/index";
import { permanentChange } from "../../tpm/state/index";

function process(list: usize, required: bool): void {
  const end = list + 4 + (get32(list) << 2);
  for (let at = list + 4; at < end; at += 4) requirePhysicalPresence(get32(at), required);
}

export function PP_Commands(): u32 {
  permanentChange();
  process(parameters.setList, true);
  process(parameters.clearList, false);
  return TPM_RC_SUCCESS;
}
