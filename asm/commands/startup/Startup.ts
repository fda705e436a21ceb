// [TPM2.0 1.59] 9.3 TPM2_Startup
import { TPM_RC_LOCALITY, TPM_RC_SUCCESS, TPM_RC_VALUE, TPM_SU_STATE } from "../../generated/constants";
import { Startup as parameters } from "../../generated/parameters";
import {
  REFUSAL_STARTUP_HCRTM,
  REFUSAL_STARTUP_LOCALITY,
  REFUSAL_STARTUP_NO_STATE,
  REFUSAL_STARTUP_OTHER_LOCALITY,
} from "../../generated/refusals";
import { commandLocality, rcAbout, refuse } from "../../base/index";
import { auditStartup, sessionStartup } from "../../tpm/authorization/index";
import { nvStartup } from "../../tpm/nv/index";
import {
  actStartup,
  dictionaryAttackStartup,
  hierarchyStartup,
  pcrStartup,
  selfHeal,
  updateClock,
} from "../../tpm/platform/index";
import { commitStartup } from "../../tpm/signing/index";
import {
  CLEAR_COUNT,
  CLEAR_DATA,
  CLEAR_DATA_SIZE,
  CLOCK_SAFE,
  DA_USED,
  DRTM_PRE_STARTUP,
  isOrderly,
  OBJECT_CONTEXT_ID,
  ORDERLY_STATE,
  permanentChange,
  PRE_STARTUP_FLAG,
  PREVIOUS_ORDERLY_STATE,
  RESET_COUNT,
  RESET_DATA,
  RESET_DATA_SIZE,
  RESTART_COUNT,
  SAVED_CLEAR,
  SAVED_RESET,
  STARTED,
  STARTUP_LOCALITY_3,
  STARTUP_LOCALITY_3_FLAG,
  SU_DA_USED,
  SU_NONE,
  TIME_EPOCH,
  TOTAL_RESET_COUNT,
  wipeSavedState,
} from "../../tpm/state/index";

export function Startup(): u32 {
  // PC Client: only localities 0 and 3.
  if (commandLocality != 0 && commandLocality != 3)
    return refuse(TPM_RC_LOCALITY, REFUSAL_STARTUP_LOCALITY, commandLocality);
  const hCrtm = load<u8>(DRTM_PRE_STARTUP) != 0;
  // After an H-CRTM, PCR 0 already says how the platform started: the locality of this command says no more.
  const locality = hCrtm ? 0 : commandLocality;
  const recorded: u32 = load<u16>(ORDERLY_STATE);
  const orderly = isOrderly(recorded);
  const shutdown = orderly ? recorded & ~(PRE_STARTUP_FLAG | STARTUP_LOCALITY_3_FLAG) : SU_NONE;
  const resume = parameters.startupType == TPM_SU_STATE;
  if (resume) {
    if (shutdown != TPM_SU_STATE)
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_STARTUP_NO_STATE), parameters.RC_startupType);
    if (hCrtm != ((recorded & PRE_STARTUP_FLAG) != 0))
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_STARTUP_HCRTM), parameters.RC_startupType);
    if ((locality == 3) != ((recorded & STARTUP_LOCALITY_3_FLAG) != 0))
      return refuse(TPM_RC_LOCALITY, REFUSAL_STARTUP_OTHER_LOCALITY, locality);
  }

  permanentChange();
  const restart = shutdown == TPM_SU_STATE && !resume;
  const keepReset = resume || restart;
  store<u8>(STARTUP_LOCALITY_3, (locality == 3) as u8);
  store<u16>(PREVIOUS_ORDERLY_STATE, shutdown as u16);
  store<u8>(DA_USED, (recorded == SU_DA_USED) as u8);
  if (keepReset) memory.copy(RESET_DATA, SAVED_RESET, RESET_DATA_SIZE);
  if (resume) memory.copy(CLEAR_DATA, SAVED_CLEAR, CLEAR_DATA_SIZE);
  store<u8>(STARTED, 1);
  if (!orderly) store<u8>(CLOCK_SAFE, 0);
  store<u32>(TIME_EPOCH, load<u32>(TIME_EPOCH) + 1);
  dictionaryAttackStartup(orderly);
  updateClock();
  selfHeal();
  hierarchyStartup(resume, keepReset);
  pcrStartup(resume, keepReset, locality);
  actStartup(resume);
  auditStartup(keepReset);
  nvStartup(resume, !keepReset, orderly);
  commitStartup(keepReset);
  if (keepReset) {
    store<u32>(RESTART_COUNT, load<u32>(RESTART_COUNT) + 1);
    if (restart) store<u32>(CLEAR_COUNT, load<u32>(CLEAR_COUNT) + 1);
  } else {
    store<u64>(OBJECT_CONTEXT_ID, 0);
    store<u32>(CLEAR_COUNT, 0);
    store<u32>(RESTART_COUNT, 0);
    store<u32>(RESET_COUNT, load<u32>(RESET_COUNT) + 1);
    store<u64>(TOTAL_RESET_COUNT, load<u64>(TOTAL_RESET_COUNT) + 1);
  }
  sessionStartup(keepReset);
  store<u16>(ORDERLY_STATE, SU_NONE as u16);
  wipeSavedState();
  return TPM_RC_SUCCESS;
}
