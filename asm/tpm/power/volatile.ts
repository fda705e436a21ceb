// The volatile state as one blob, so that a TPM can be resumed where it stood: with a virtual machine that is saved and
// restored, or in another process. It is an image of memory, which only a core of the same layout can take; the HMAC
// under phProof says that this very TPM wrote it, so that its content needs no checks of its own. It goes with one
// permanent state: the live orderly NV Indices, the loaded objects and the sessions depend on it.
//
//   head   image of LIVE   64 HMAC-SHA-512
//
// Its head is in src/spec/layout/entries.ts. What is volatile and lies outside STATE must be added there.
//
// The DRBG is not in it: a TPM that is resumed twice must not give the same random numbers twice. What was self-tested
// is not either: the instance that resumes has tested nothing yet.
import { ALG_SHA512, HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate } from "../../crypto/index";
import { LAYOUT } from "../../generated/layout/fingerprint";
import {
  AT_CLOCK,
  AT_CODE,
  AT_FAILED,
  AT_IMAGE,
  AT_IMAGE_SIZE,
  AT_LAYOUT,
  AT_LOCATION,
  AT_MAGIC,
  AT_PERMANENT,
  AT_PROTECTION,
  AT_RATE,
  AT_SIZE,
  AT_TIME,
  AT_VERSION,
} from "../../generated/layout/volatile";
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
  transferUsed,
  wipeTransfer,
} from "../../base/index";
import { fail, failureCode, failureLocation, inFailureMode, randomBytes } from "../algorithms/index";
import { resumeOrderly } from "../nv/index";
import { dictionaryAttackResume, exactTime, rate, resumeClock } from "../platform/index";
import { forgetCommits } from "../signing/index";
import {
  BACKGROUND,
  BACKGROUND_SIZE,
  CLOCK,
  DA_DATA,
  DA_DATA_SIZE,
  LIVE,
  LIVE_SIZE,
  NV_STORE_SIZE,
  OBJECT_CONTEXT_ID,
  PH_PROOF,
  STARTED,
  STATE_SIZE,
} from "../state/index";
import { writeFingerprint } from "./blob";

const MAGIC: u64 = 0x5441_4254_504d_5653; // "TABTPMVS"
const VERSION: u32 = 1;
const INTEGRITY: u32 = 64;

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

const BLOB_SIZE: u32 = AT_IMAGE + LIVE_SIZE + INTEGRITY;
if (BLOB_SIZE > STATE_BUFFER_SIZE) ERROR("the transfer area is too small for a volatile state");

/** Writes the blob to stateBuffer; returns its size. Between two commands only. */
export function saveVolatile(): u32 {
  permanentFingerprint(stateBuffer + AT_PERMANENT);
  put64(stateBuffer + AT_MAGIC, MAGIC);
  put32(stateBuffer + AT_VERSION, VERSION);
  put32(stateBuffer + AT_SIZE, BLOB_SIZE);
  put64(stateBuffer + AT_LAYOUT, LAYOUT);
  put64(stateBuffer + AT_CLOCK, load<u64>(CLOCK));
  put64(stateBuffer + AT_TIME, reinterpret<u64>(exactTime));
  put32(stateBuffer + AT_RATE, rate as u32);
  store<u8>(stateBuffer + AT_FAILED, inFailureMode() as u8);
  put32(stateBuffer + AT_LOCATION, failureLocation);
  put32(stateBuffer + AT_CODE, failureCode);
  memory.copy(stateBuffer + AT_PROTECTION, DA_DATA, DA_DATA_SIZE);
  put32(stateBuffer + AT_IMAGE_SIZE, LIVE_SIZE);
  memory.copy(stateBuffer + AT_IMAGE, LIVE, LIVE_SIZE);
  integrity(BLOB_SIZE, stateBuffer + BLOB_SIZE - INTEGRITY);
  transferUsed(BLOB_SIZE);
  return BLOB_SIZE;
}

/** After _TPM_Init: goes on where the blob of `size` bytes in stateBuffer was saved, or leaves everything as it was. */
export function loadVolatile(size: u32): u32 {
  if (size > STATE_BUFFER_SIZE) return UNKNOWN;
  const status = takeVolatile(size);
  transferUsed(size);
  wipeTransfer();
  return status;
}

function takeVolatile(size: u32): u32 {
  if (size < AT_IMAGE + INTEGRITY) return UNKNOWN;
  if (get64(stateBuffer + AT_MAGIC) != MAGIC || get32(stateBuffer + AT_SIZE) != size) return UNKNOWN;
  const mark = scratchMark();
  const expected = scratchTake(INTEGRITY);
  integrity(size, expected);
  const intact = equalBytes(expected, stateBuffer + size - INTEGRITY, INTEGRITY);
  scratchRelease(mark);
  if (!intact) return UNKNOWN;
  const sameLayout =
    get32(stateBuffer + AT_VERSION) == VERSION &&
    get64(stateBuffer + AT_LAYOUT) == LAYOUT &&
    get32(stateBuffer + AT_IMAGE_SIZE) == LIVE_SIZE &&
    size == BLOB_SIZE;
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
  memory.copy(LIVE, blob + AT_IMAGE, LIVE_SIZE);
  store<u64>(CLOCK, max(load<u64>(CLOCK), get64(blob + AT_CLOCK)));
  resumeClock(reinterpret<f64>(get64(blob + AT_TIME)), get32(blob + AT_RATE) as i32);
  if (load<u8>(STARTED)) notTwice(blob);
  if (load<u8>(blob + AT_FAILED)) fail(get32(blob + AT_LOCATION), get32(blob + AT_CODE));
}

/**
 * The same state may have been resumed before, and may be again: nothing that would do harm the second time comes back.
 * Before TPM2_Startup there is nothing of the kind, and the times of dictionary attack protection are of an earlier
 * power cycle still.
 */
function notTwice(blob: usize): void {
  dictionaryAttackResume(blob + AT_PROTECTION);
  forgetCommits();
  resumeOrderly();
  // A context is encrypted under its contextID: two objects must not be saved under one.
  const mark = scratchMark();
  const jump = scratchTake(4);
  randomBytes(jump, 4);
  store<u64>(OBJECT_CONTEXT_ID, load<u64>(OBJECT_CONTEXT_ID) + ((get32(jump) as u64) << 16));
  scratchRelease(mark);
}

/** Over the permanent blob, but for what changes by itself with time and need not have been stored. Uses stateBuffer. */
function permanentFingerprint(out: usize): void {
  const mark = scratchMark();
  const kept = scratchTake(BACKGROUND_SIZE);
  memory.copy(kept, BACKGROUND, BACKGROUND_SIZE);
  memory.fill(BACKGROUND, 0, BACKGROUND_SIZE);
  const digest = scratchTake(FINGERPRINT);
  writeFingerprint(digest);
  memory.copy(BACKGROUND, kept, BACKGROUND_SIZE);
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
