// The volatile state as one blob, so that a TPM can be resumed where it stood: with a virtual machine that is saved and
// restored, or in another process. It is an image of memory, which only a core of the same layout can take; the HMAC
// under phProof says that this very TPM wrote it, so that its content needs no checks of its own.
//
//   8 magic   4 version   4 size of the whole blob   8 layout   4 timeEpoch   8 totalResetCount   8 Clock
//   8 Time (f64)   4 rate   1 in failure mode   4 + 4 location and code of the failure
//   4 size of the image   image   64 HMAC-SHA-512
//
// The DRBG is not in it: a TPM that is resumed twice must not give the same random numbers twice. What was self-tested
// is not either: the instance that resumes has tested nothing yet.
import { ALG_SHA512, HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate } from "../crypto/index";
import { LAYOUT } from "../generated/layout";
import { bytesOf2B, equalBytes, get32, get64, put32, put64, sizeOf2B } from "./bytes";
import { exactTime, rate, resumeClock } from "./clock";
import { fail, failureCode, failureLocation, inFailureMode } from "./failureMode";
import { scratchMark, scratchRelease, scratchTake, STATE_BUFFER_SIZE, stateBuffer } from "./memory";
import { CLOCK, PH_PROOF, RESET_DATA, STATE_END, TIME_EPOCH, TOTAL_RESET_COUNT } from "./state";

const MAGIC: u64 = 0x5441_4254_504d_5653; // "TABTPMVS"
const VERSION: u32 = 1;
const INTEGRITY: u32 = 64;

const AT_VERSION: usize = 8;
const AT_SIZE: usize = 12;
const AT_LAYOUT: usize = 16;
const AT_EPOCH: usize = 24;
const AT_RESETS: usize = 28;
const AT_CLOCK: usize = 36;
const AT_TIME: usize = 44;
const AT_RATE: usize = 52;
const AT_FAILED: usize = 56;
const AT_LOCATION: usize = 57;
const AT_CODE: usize = 61;
const AT_IMAGE_SIZE: usize = 65;
const AT_IMAGE: usize = 69;

export const RESUMED: u32 = 0;
/** Its HMAC is wrong: damaged, or of another TPM. */
export const UNKNOWN: u32 = 1;
/** A core of another layout wrote it. */
export const OTHER_LAYOUT: u32 = 2;
/** It is of an earlier power cycle of this TPM. */
export const OTHER_CYCLE: u32 = 3;

function imageSize(): u32 {
  return (STATE_END - RESET_DATA) as u32;
}

function blobSize(): u32 {
  return (AT_IMAGE as u32) + imageSize() + INTEGRITY;
}

/** Writes the blob to stateBuffer; returns its size. Between two commands only. */
export function saveVolatile(): u32 {
  const size = blobSize();
  if (size > STATE_BUFFER_SIZE) unreachable();
  put64(stateBuffer, MAGIC);
  put32(stateBuffer + AT_VERSION, VERSION);
  put32(stateBuffer + AT_SIZE, size);
  put64(stateBuffer + AT_LAYOUT, LAYOUT);
  put32(stateBuffer + AT_EPOCH, load<u32>(TIME_EPOCH));
  put64(stateBuffer + AT_RESETS, load<u64>(TOTAL_RESET_COUNT));
  put64(stateBuffer + AT_CLOCK, load<u64>(CLOCK));
  put64(stateBuffer + AT_TIME, reinterpret<u64>(exactTime));
  put32(stateBuffer + AT_RATE, rate as u32);
  store<u8>(stateBuffer + AT_FAILED, inFailureMode() as u8);
  put32(stateBuffer + AT_LOCATION, failureLocation);
  put32(stateBuffer + AT_CODE, failureCode);
  put32(stateBuffer + AT_IMAGE_SIZE, imageSize());
  memory.copy(stateBuffer + AT_IMAGE, RESET_DATA, imageSize());
  integrity(size, stateBuffer + size - INTEGRITY);
  return size;
}

/** After _TPM_Init: goes on where the blob of `size` bytes in stateBuffer was saved, or leaves everything as it was. */
export function loadVolatile(size: u32): u32 {
  if (size < (AT_IMAGE as u32) + INTEGRITY || size > STATE_BUFFER_SIZE) return UNKNOWN;
  if (get64(stateBuffer) != MAGIC || get32(stateBuffer + AT_SIZE) != size) return UNKNOWN;
  const mark = scratchMark();
  const expected = scratchTake(INTEGRITY);
  integrity(size, expected);
  const intact = equalBytes(expected, stateBuffer + size - INTEGRITY, INTEGRITY);
  scratchRelease(mark);
  if (!intact) return UNKNOWN;
  const sameLayout =
    get32(stateBuffer + AT_VERSION) == VERSION &&
    get64(stateBuffer + AT_LAYOUT) == LAYOUT &&
    get32(stateBuffer + AT_IMAGE_SIZE) == imageSize() &&
    size == blobSize();
  if (!sameLayout) return OTHER_LAYOUT;
  // Later cycles have other contexts, nonces and counts: going back would bring dead sessions to life.
  if (get32(stateBuffer + AT_EPOCH) != load<u32>(TIME_EPOCH)) return OTHER_CYCLE;
  if (get64(stateBuffer + AT_RESETS) != load<u64>(TOTAL_RESET_COUNT)) return OTHER_CYCLE;

  memory.copy(RESET_DATA, stateBuffer + AT_IMAGE, imageSize());
  store<u64>(CLOCK, max(load<u64>(CLOCK), get64(stateBuffer + AT_CLOCK)));
  resumeClock(reinterpret<f64>(get64(stateBuffer + AT_TIME)), get32(stateBuffer + AT_RATE) as i32);
  if (load<u8>(stateBuffer + AT_FAILED)) fail(get32(stateBuffer + AT_LOCATION), get32(stateBuffer + AT_CODE));
  return RESUMED;
}

/** Over everything before it. Straight from the kernels: a TPM in failure mode can be saved too. */
function integrity(size: u32, out: usize): void {
  const mark = scratchMark();
  const context = scratchTake(HMAC_CONTEXT_SIZE);
  hmacInit(context, ALG_SHA512, bytesOf2B(PH_PROOF), sizeOf2B(PH_PROOF));
  hmacUpdate(context, stateBuffer, size - INTEGRITY);
  hmacFinal(context, out);
  scratchRelease(mark);
}
