// A fingerprint of the state, so that tests can show that a failed command left it as it was.
import { TPM_ALG_SHA256, TPMA_NV_ORDERLY } from "../../generated/constants";
import { hashFinal, hashStart, hashUpdate } from "../algorithms/digest";
import { scratchMark, scratchRelease, scratchTake, stateBuffer } from "../../base/memory";
import { entryContent, entryHandle } from "../state/entries";
import { firstIndex, indexData, isPin, nextIndex, publicAttributes } from "../nv/nvIndex";
import { isInRam } from "../nv/nvOrderly";
import { nvStore, nvUsed } from "../state/nvStorage";
import {
  CLOCK,
  CLOCK_SAFE,
  DA_PENDING,
  FAILED_TRIES,
  HASH_STATE_ROOM,
  LOCKOUT_AUTH_ENABLED,
  LOCKOUT_TIMER,
  SELF_HEAL_TIMER,
  STATE,
  STATE_SIZE,
} from "../state/state";

/** SHA-256 over STATE and NV, but for what may change in a failed command: clock, dictionary attack and PIN counters. */
export function writeStateHash(): void {
  const mark = scratchMark();
  const size = STATE_SIZE;
  const copy = scratchTake(size);
  memory.copy(copy, STATE, size);
  const moved = copy - STATE;
  store<u64>(CLOCK + moved, 0);
  store<u8>(CLOCK_SAFE + moved, 0);
  store<u32>(FAILED_TRIES + moved, 0);
  store<u8>(LOCKOUT_AUTH_ENABLED + moved, 0);
  store<u64>(SELF_HEAL_TIMER + moved, 0);
  store<u64>(LOCKOUT_TIMER + moved, 0);
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
  scratchRelease(mark);
}
