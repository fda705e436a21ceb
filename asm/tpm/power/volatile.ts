// The volatile state as one blob, so that a TPM can be resumed where it stood: with a virtual machine that is saved and
// restored, or in another process. It is an image of memory, which only a core of the same layout can take; the HMAC
// under phProof says that this very TPM wrote it, so that its content needs no checks of its own. It goes with one
// permanent state: the live orderly NV Indices, the loaded objects and the sessions depend on it.
//
//   8 magic   4 version   4 size of the whole blob   8 layout   32 SHA-256 of the permanent state   8 Clock
//   8 Time (f64)   4 rate   1 in failure mode   4 + 4 location and code of the failure
//   4 size of the image   image   64 HMAC-SHA-512
//
// The DRBG is not in it: a TPM that is resumed twice must not give the same random numbers twice. What was self-tested
// is not either: the instance that resumes has tested nothing yet.
import { ALG_SHA512, HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate } from "../../crypto/index";
import { LAYOUT } from "../../generated/layout";
import {
  bytesOf2B,
  equalBytes,
  get32,
  get64,
  put32,
  put64,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  STATE_BUFFER_SIZE,
  stateBuffer,
} from "../../base/index";
import { fail, failureCode, failureLocation, inFailureMode } from "../algorithms/index";
import { exactTime, rate, resumeClock } from "../platform/index";
import {
  CLOCK,
  CLOCK_SAFE,
  FAILED_TRIES,
  LOCKOUT_AUTH_ENABLED,
  LOCKOUT_TIMER,
  NV_STORE_SIZE,
  PH_PROOF,
  RESET_DATA,
  SELF_HEAL_TIMER,
  STATE_END,
  STATE_SIZE,
} from "../state/index";
import { saveBlob, wipeTransfer } from "./blob";

const MAGIC: u64 = 0x5441_4254_504d_5653; // "TABTPMVS"
const VERSION: u32 = 1;
const INTEGRITY: u32 = 64;

const AT_VERSION: usize = 8;
const AT_SIZE: usize = 12;
const AT_LAYOUT: usize = 16;
const AT_PERMANENT: usize = 24;
const AT_CLOCK: usize = 56;
const AT_TIME: usize = 64;
const AT_RATE: usize = 72;
const AT_FAILED: usize = 76;
const AT_LOCATION: usize = 77;
const AT_CODE: usize = 81;
const AT_IMAGE_SIZE: usize = 85;
const AT_IMAGE: usize = 89;

export const RESUMED: u32 = 0;
/** Its HMAC is wrong: damaged, or of another TPM. */
export const UNKNOWN: u32 = 1;
/** A core of another layout wrote it. */
export const OTHER_LAYOUT: u32 = 2;
/** It goes with another permanent state of this TPM: one of an earlier power cycle, or before a later change. */
export const OTHER_STATE: u32 = 3;

const FINGERPRINT: u32 = 32;

// Both blobs fit the transfer area beside each other: what of STATE is in the one is not in the other.
if (NV_STORE_SIZE + STATE_SIZE + 4096 > STATE_BUFFER_SIZE) ERROR("the transfer area is too small for two blobs");

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
  permanentFingerprint(stateBuffer + AT_PERMANENT);
  put64(stateBuffer, MAGIC);
  put32(stateBuffer + AT_VERSION, VERSION);
  put32(stateBuffer + AT_SIZE, size);
  put64(stateBuffer + AT_LAYOUT, LAYOUT);
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
  // The fingerprint is made where the blob lies: to the end of the buffer with it.
  const blob = stateBuffer + STATE_BUFFER_SIZE - size;
  memory.copy(blob, stateBuffer, size);
  const fingerprint = scratchTake(FINGERPRINT);
  permanentFingerprint(fingerprint);
  const same = equalBytes(fingerprint, blob + AT_PERMANENT, FINGERPRINT);
  scratchRelease(mark);
  if (same) resumeFrom(blob);
  memory.fill(blob, 0, size);
  return same ? RESUMED : OTHER_STATE;
}

function resumeFrom(blob: usize): void {
  memory.copy(RESET_DATA, blob + AT_IMAGE, imageSize());
  store<u64>(CLOCK, max(load<u64>(CLOCK), get64(blob + AT_CLOCK)));
  resumeClock(reinterpret<f64>(get64(blob + AT_TIME)), get32(blob + AT_RATE) as i32);
  if (load<u8>(blob + AT_FAILED)) fail(get32(blob + AT_LOCATION), get32(blob + AT_CODE));
}

/** Over the permanent blob, but for what changes by itself with time and need not have been stored. Uses stateBuffer. */
function permanentFingerprint(out: usize): void {
  const clock = load<u64>(CLOCK);
  const clockSafe = load<u8>(CLOCK_SAFE);
  const failedTries = load<u32>(FAILED_TRIES);
  const lockoutAuthEnabled = load<u8>(LOCKOUT_AUTH_ENABLED);
  const selfHealTimer = load<u64>(SELF_HEAL_TIMER);
  const lockoutTimer = load<u64>(LOCKOUT_TIMER);
  store<u64>(CLOCK, 0);
  store<u8>(CLOCK_SAFE, 0);
  store<u32>(FAILED_TRIES, 0);
  store<u8>(LOCKOUT_AUTH_ENABLED, 0);
  store<u64>(SELF_HEAL_TIMER, 0);
  store<u64>(LOCKOUT_TIMER, 0);
  const mark = scratchMark();
  const digest = scratchTake(FINGERPRINT);
  // The blob ends with a SHA-256 over all of it.
  memory.copy(digest, stateBuffer + saveBlob() - FINGERPRINT, FINGERPRINT);
  wipeTransfer();
  store<u64>(CLOCK, clock);
  store<u8>(CLOCK_SAFE, clockSafe);
  store<u32>(FAILED_TRIES, failedTries);
  store<u8>(LOCKOUT_AUTH_ENABLED, lockoutAuthEnabled);
  store<u64>(SELF_HEAL_TIMER, selfHealTimer);
  store<u64>(LOCKOUT_TIMER, lockoutTimer);
  memory.copy(out, digest, FINGERPRINT);
  scratchRelease(mark);
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
