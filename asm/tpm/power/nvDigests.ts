// SHA-256 of each chunk of the NV store, for the integrity value of the blob (blob.ts): of a large store a commit hashes
// the chunks that changed since the last one.
import { TPM_ALG_SHA256 } from "../../generated/constants";
import { scratchMark, scratchRelease, scratchTake, STATE_BUFFER_SIZE } from "../../base/index";
import { hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import { HASH_STATE_ROOM, isNvHashed, NV_CHUNK, nvForgetHashed, nvHashed, nvStore, nvUsed } from "../state/index";

const DIGEST: u32 = 32;

/** One after the other, of a store or of the largest run that a blob can say it has; zeros behind them. */
export const nvDigests: usize = memory.data(4096, 16);
const LIST_SIZE: u32 = 4096;
if ((STATE_BUFFER_SIZE / NV_CHUNK) * DIGEST > LIST_SIZE) ERROR("the list of digests is too small for a blob");

/** Brings the digests up to date with the store. @returns the bytes that they take. */
export function hashStore(): u32 {
  const size = nvUsed();
  for (let at: u32 = 0; at < size; at += NV_CHUNK) {
    if (isNvHashed(at)) continue;
    hashChunk(nvStore, size, at);
    nvHashed(at);
  }
  return endList(size);
}

/** Puts those of another run of entries in their place. @returns the bytes that they take. */
export function hashRun(run: usize, size: u32): u32 {
  nvForgetHashed();
  for (let at: u32 = 0; at < size; at += NV_CHUNK) hashChunk(run, size, at);
  return endList(size);
}

/** The run of hashRun has just become the store. */
export function keepDigests(): void {
  for (let at: u32 = 0; at < nvUsed(); at += NV_CHUNK) nvHashed(at);
}

/** Of what is gone from the store its digest goes, too: it would tell whether a guess at it is right. */
function endList(size: u32): u32 {
  const listed = ((size + NV_CHUNK - 1) / NV_CHUNK) * DIGEST;
  memory.fill(nvDigests + listed, 0, LIST_SIZE - listed);
  return listed;
}

function hashChunk(run: usize, size: u32, at: u32): void {
  const mark = scratchMark();
  const context = scratchTake(HASH_STATE_ROOM);
  hashStart(TPM_ALG_SHA256, context);
  hashUpdate(context, run + at, min(NV_CHUNK, size - at));
  hashFinal(context, nvDigests + (at / NV_CHUNK) * DIGEST);
  scratchRelease(mark);
}
