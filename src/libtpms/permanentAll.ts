/** libtpms' PERSISTENT_ALL, as libtpms 0.9 writes it: the whole permanent state (src/tpm2/NVMarshal.c there). */
import { TPM_SU } from "../spec/constants.ts";
import { readCompileConstants } from "./compileConstants.ts";
import { type OrderlyData, type PersistentData, readOrderlyData, readPersistentData } from "./persistentData.ts";
import { readSavedState, type SavedState } from "./savedState.ts";
import { StateReader } from "./stateReader.ts";
import { type OrderlyEntry, readOrderlyRam, readUserNvram, type UserNvram } from "./userNvram.ts";

export interface LibtpmsState {
  readonly persistent: PersistentData;
  readonly orderly: OrderlyData;
  /** What TPM2_Shutdown(STATE) saved, when that is on record. */
  readonly saved: SavedState | undefined;
  readonly orderlyIndices: readonly OrderlyEntry[];
  readonly nv: UserNvram;
}

const MAGIC = 0xab364723;
const PERSISTENT_ALL = { name: "PERSISTENT_ALL", magic: MAGIC, version: 3, oldest: 3 };
/** H-CRTM and locality 3, beside the TPM_SU. */
const FLAGS = 0xc000;

/** @throws LibtpmsStateError that says where it fails. */
export function readPermanentAll(octets: Uint8Array): LibtpmsState {
  const reader = new StateReader(octets);
  const state = reader.section(PERSISTENT_ALL, () => {
    readCompileConstants(reader);
    const persistent = readPersistentData(reader);
    const orderly = readOrderlyData(reader);
    const isSaved = (persistent.orderlyState & ~FLAGS) === TPM_SU.TPM_SU_STATE;
    const saved = isSaved ? readSavedState(reader) : undefined;
    const orderlyIndices = readOrderlyRam(reader);
    return { persistent, orderly, saved, orderlyIndices, nv: readUserNvram(reader) };
  });
  reader.expect32(MAGIC, "the magic number at the end");
  if (reader.remaining > 0) throw reader.damaged(`${reader.remaining} octets are left over`);
  return state;
}
