// Attestations (Part 2, 10.12; Part 3, 18.1): a TPMS_ATTEST, written into the response as a TPM2B_ATTEST, and a signature
// on it. A command calls startAttest, writes what it attests, and returns finishAttest.
import {
  TPM_ALG_NULL,
  TPM_ALG_SHA512,
  TPM_GENERATED_VALUE,
  TPM_RC_SUCCESS,
  TPM_RH_ENDORSEMENT,
  TPM_RH_NULL,
  TPM_RH_PLATFORM,
} from "../../generated/constants";
import {
  bytesOf2B,
  copy2B,
  copyWire2B,
  get32,
  get64,
  MAX_DIGEST_SIZE,
  put16,
  put32,
  responseBuffer,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  writeU16,
  writeU32,
  writeU64,
  written,
} from "../../base/index";
import {
  digestSizeOf,
  firmwareVersion,
  hashFinal,
  hashStart,
  hashUpdate,
  hashUpdate2B,
  kdfa,
  LABEL_OBFUSCATE,
} from "../algorithms/index";
import { nameAlgOf, OBJECT_HIERARCHY, publicOf, QUALIFIED_NAME } from "../objects/index";
import { writeClockInfo } from "../platform/index";
import { HASH_STATE_ROOM, nullifyShutdown, SH_PROOF } from "../state/index";
import { writeSignature } from "./sign";
import { isAnonymous, signHash, signScheme } from "./signScheme";

/** Where the TPMS_ATTEST starts in the response. */
let attestAt: u32 = 0;

/** Keys of these hierarchies may be recognised by what they attest. */
function isObfuscated(key: usize): bool {
  if (key == 0) return true;
  const hierarchy = load<u32>(key, OBJECT_HIERARCHY);
  return hierarchy != TPM_RH_ENDORSEMENT && hierarchy != TPM_RH_PLATFORM;
}

/**
 * Starts a TPMS_ATTEST, after selectSignScheme and the last check.
 * @param key slot of the signing key, 0 for none
 * @param type TPM_ST_ATTEST_...
 * @param qualifyingData TPM2B_DATA
 */
export function startAttest(key: usize, type: u32, qualifyingData: usize): void {
  const mark = scratchMark();
  const signer = scratchTake(2 + 2 + MAX_DIGEST_SIZE);
  const obfuscation = scratchTake(16);
  if (key == 0) {
    put16(signer, 4);
    put32(signer + 2, TPM_RH_NULL);
  } else if (!isAnonymous(signScheme)) {
    copy2B(signer, key + QUALIFIED_NAME);
  }
  if (isObfuscated(key)) {
    const nameAlg = key == 0 ? TPM_ALG_NULL : nameAlgOf(publicOf(key));
    kdfa(
      nameAlg == TPM_ALG_NULL ? TPM_ALG_SHA512 : nameAlg,
      bytesOf2B(SH_PROOF),
      sizeOf2B(SH_PROOF),
      LABEL_OBFUSCATE,
      bytesOf2B(signer),
      sizeOf2B(signer),
      0,
      0,
      128,
      obfuscation,
    );
  }
  writeU16(0);
  attestAt = written();
  writeU32(TPM_GENERATED_VALUE);
  writeU16(type);
  copyWire2B(signer);
  if (isAnonymous(signScheme)) writeU16(0);
  else copyWire2B(qualifyingData);
  writeClockInfo(get32(obfuscation + 8), get32(obfuscation + 12));
  writeU64(firmwareVersion() + get64(obfuscation));
  scratchRelease(mark);
}

/** Ends the TPMS_ATTEST, signs it and writes the signature. @returns what writeSignature says */
export function finishAttest(key: usize, qualifyingData: usize): u32 {
  const at = responseBuffer + attestAt;
  const size = written() - attestAt;
  put16(at - 2, size);
  const mark = scratchMark();
  const digest = scratchTake(MAX_DIGEST_SIZE);
  if (key != 0) {
    const state = scratchTake(HASH_STATE_ROOM);
    hashStart(signHash, state);
    hashUpdate(state, at, size);
    hashFinal(state, digest);
    // An anonymous signature covers the qualifying data, but the structure does not show it.
    if (isAnonymous(signScheme) && sizeOf2B(qualifyingData) != 0) {
      hashStart(signHash, state);
      hashUpdate2B(state, qualifyingData);
      hashUpdate(state, digest, digestSizeOf(signHash));
      hashFinal(state, digest);
    }
  }
  const rc = writeSignature(key, digest, digestSizeOf(signHash));
  scratchRelease(mark);
  // What was signed says that the clock was not stopped by a shutdown at this time.
  if (rc == TPM_RC_SUCCESS && key != 0) nullifyShutdown();
  return rc;
}
