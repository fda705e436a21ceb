// The record of an orderly shutdown, and taking it back when a later command changes what it saved.
import { permanentChange } from "./commit";
import { DA_USED, isOrderly, ORDERLY_STATE, SAVED_STATE, SAVED_STATE_SIZE, SU_DA_USED, SU_NONE } from "./state";

/** TPM2_Shutdown succeeded, and nothing has nullified it since. */
export function isShutdownOnRecord(): bool {
  return isOrderly(load<u16>(ORDERLY_STATE));
}

/**
 * Call after the last check and before a change of reset data, clear data or saved PCRs: a shutdown on record no
 * longer describes the TPM. That is a permanent change only when there is one.
 */
export function nullifyShutdown(): void {
  if (!isShutdownOnRecord()) return;
  permanentChange();
  store<u16>(ORDERLY_STATE, (load<u8>(DA_USED) ? SU_DA_USED : SU_NONE) as u16);
  wipeSavedState();
}

/** What Shutdown(STATE) saved holds secrets: it goes as soon as it is of no more use. */
export function wipeSavedState(): void {
  memory.fill(SAVED_STATE, 0, SAVED_STATE_SIZE);
}
