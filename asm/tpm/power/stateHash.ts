// A fingerprint of the state, so that tests can show that a failed command left it as it was.
import { TPM_ALG_SHA256, TPMA_NV_ORDERLY } from "../../generated/constants";
import { scratchMark, scratchRelease, scratchTake, stateBuffer, transferUsed } from "../../base/index";
import { hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import { firstIndex, indexData, isInRam, isPin, nextIndex, publicAttributes } from "../nv/index";
import {
  BACKGROUND,
  BACKGROUND_SIZE,
  DA_PENDING,
  entryContent,
  entryHandle,
  HASH_STATE_ROOM,
  nvStore,
  nvUsed,
  STATE,
  STATE_SIZE,
} from "../state/index";

/** SHA-256 over STATE and NV, but for what may change in a failed command: clock, dictionary attack and PIN counters. */
export function writeStateHash(): void {
  const mark = scratchMark();
  const size = STATE_SIZE;
  const copy = scratchTake(size);
  memory.copy(copy, STATE, size);
  const moved = copy - STATE;
  memory.fill(BACKGROUND + moved, 0, BACKGROUND_SIZE);
  store<u8>(DA_PENDING + moved, 0);
  const context = scratchTake(HASH_STATE_ROOM);
  hashStart(TPM_ALG_SHA256, context);
  let hashed = nvStore;
  for (let index = firstIndex(0); index != 0; index = nextIndex(index)) {
    const attributes = publicAttributes(entryContent(index));
    if (!isPin(attributes) || (attributes & TPMA_NV_ORDERLY && !isInRam(entryHandle(index)))) continue;
    const count = indexData(index);
    if (count >= STATE && count < STATE + STATE_SIZE) {
      store<u32>(count + moved, 0);
    } else {
      hashUpdate(context, hashed, (count - hashed) as u32);
      hashed = count + 4;
    }
  }
  hashUpdate(context, hashed, (nvStore + nvUsed() - hashed) as u32);
  hashUpdate(context, copy, size);
  hashFinal(context, stateBuffer);
  transferUsed(32);
  scratchRelease(mark);
}
