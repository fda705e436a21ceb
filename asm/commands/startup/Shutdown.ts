// [TPM2.0 1.59] 9.4 TPM2_Shutdown
import { TPM_RC_SUCCESS, TPM_RC_TYPE, TPM_SU_CLEAR, TPM_SU_STATE } from "../../generated/constants";
import { Shutdown as parameters } from "../../generated/parameters";
import { REFUSAL_SHUTDOWN_PCRS } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { saveOrderly } from "../../tpm/nv/index";
import { saveActs, savePcrs, time } from "../../tpm/platform/index";
import {
  ALGORITHM_SET_CHANGED,
  CLEAR_DATA,
  CLEAR_DATA_SIZE,
  DA_USED,
  DRTM_PRE_STARTUP,
  ORDERLY_STATE,
  PCR_RECONFIGURED,
  permanentChange,
  PRE_STARTUP_FLAG,
  RESET_DATA,
  RESET_DATA_SIZE,
  SAVED_CLEAR,
  SAVED_RESET,
  SHUTDOWN_TIME,
  STARTUP_LOCALITY_3,
  STARTUP_LOCALITY_3_FLAG,
  wipeSavedState,
} from "../../tpm/state/index";

export function Shutdown(): u32 {
  const isState = parameters.shutdownType == TPM_SU_STATE;
  // PCRs saved under one allocation cannot be restored under another.
  if (isState && load<u8>(PCR_RECONFIGURED))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_SHUTDOWN_PCRS), parameters.RC_shutdownType);
  // After TPM2_SetAlgorithmSet no state can be kept (26.3).
  const keep = isState && !load<u8>(ALGORITHM_SET_CHANGED);

  permanentChange();
  store<u8>(DA_USED, 0);
  store<u64>(SHUTDOWN_TIME, time);
  saveOrderly();
  let record: u32 = keep ? TPM_SU_STATE : TPM_SU_CLEAR;
  if (keep) {
    memory.copy(SAVED_RESET, RESET_DATA, RESET_DATA_SIZE);
    memory.copy(SAVED_CLEAR, CLEAR_DATA, CLEAR_DATA_SIZE);
    saveActs();
    savePcrs();
    if (load<u8>(DRTM_PRE_STARTUP)) record |= PRE_STARTUP_FLAG;
    else if (load<u8>(STARTUP_LOCALITY_3)) record |= STARTUP_LOCALITY_3_FLAG;
  } else {
    wipeSavedState();
  }
  store<u16>(ORDERLY_STATE, record as u16);
  return TPM_RC_SUCCESS;
}
