// Self-tests: known answers for each algorithm (Part 1, 12.2; Part 3, 10). An algorithm is tested on request, or before
// the first result that relies on it. A wrong answer puts the TPM into failure mode. Algorithms without a test of their
// own (KEYEDHASH, SYMCIPHER, XOR, KDF2) do nothing that one of the others does not do for them.
import {
  FAILED_SELF_TEST,
  TPM_ALG_AES,
  TPM_ALG_CAMELLIA,
  TPM_ALG_CMAC,
  TPM_ALG_ECB,
  TPM_ALG_ERROR,
  TPM_ALG_HMAC,
  TPM_ALG_KDF1_SP800_108,
  TPM_ALG_KDF1_SP800_56A,
  TPM_ALG_KDF2,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_MGF1,
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_ALG_RSAES,
  TPM_ALG_RSAPSS,
  TPM_ALG_RSASSA,
  TPM_ALG_SM4,
  TPM_ALG_SYMCIPHER,
  TPM_ALG_TDES,
  TPM_ALG_XOR,
  TPM_RC_FAILURE,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { scratchMark, scratchRelease, UNFINISHED } from "../../base/index";
import { fail } from "./failureMode";
import { digestSizeOf } from "./hash";
import { algorithmImplemented, isCipherMode } from "./implemented";
import { cipherIsRight, cmacIsRight, drbgIsRight, modeIsRight } from "./selfTest/ciphers";
import { eccIsRight } from "./selfTest/ecc";
import { hashIsRight, hmacIsRight, kdfaIsRight, kdfeIsRight, mgf1IsRight } from "./selfTest/hashes";
import { rsaIsRight } from "./selfTest/rsa";

export const TEST_HMAC: u32 = TPM_ALG_HMAC;
export const TEST_KDF: u32 = TPM_ALG_KDF1_SP800_108;
/** The random number generator: no TPM_ALG_ID stands for it. */
export const TEST_DRBG: u32 = TPM_ALG_ERROR;

// A bit for each TPM_ALG_ID up to LAST, in ascending order; the unassigned numbers from GAP on have none.
const LAST: u32 = TPM_ALG_ECB;
const GAP: u32 = 0x30;
const GAP_SIZE: u32 = 0x0f;

/** Bit of an algorithm, at most LAST. */
@inline
function bitOf(algorithm: u32): u64 {
  return (1 as u64) << (algorithm < GAP ? algorithm : algorithm - GAP_SIZE);
}

let untested: u64 = tests();

/** A test for each algorithm of the profile that has one. */
function tests(): u64 {
  let all = bitOf(TEST_DRBG);
  for (let algorithm: u32 = 1; algorithm <= LAST; algorithm++)
    if (algorithmImplemented(algorithm) && hasTest(algorithm)) all |= bitOf(algorithm);
  return all;
}

function hasTest(algorithm: u32): bool {
  switch (algorithm) {
    case TPM_ALG_KEYEDHASH:
    case TPM_ALG_XOR:
    case TPM_ALG_KDF2:
    case TPM_ALG_SYMCIPHER:
      return false;
    default:
      return true;
  }
}

/** _TPM_Init and TPM2_SelfTest(YES): everything that the profile has is to be tested again. */
export function forgetSelfTests(): void {
  untested = tests();
}

@inline
function hasBit(algorithm: u32): bool {
  return algorithm < GAP || (algorithm >= GAP + GAP_SIZE && algorithm <= LAST);
}

@inline
function isUntested(algorithm: u32): bool {
  return hasBit(algorithm) && (untested & bitOf(algorithm)) != 0;
}

export function allTested(): bool {
  return untested == 0;
}

/** How many algorithms are to be tested: what toDoList of TPM2_IncrementalSelfTest has. */
export function untestedCount(): u32 {
  return popcnt<u64>(untested & ~bitOf(TEST_DRBG)) as u32;
}

/** The first algorithm after `algorithm` that is to be tested; 0 when there are no more. */
export function nextUntested(algorithm: u32): u32 {
  while (++algorithm <= LAST) if (isUntested(algorithm)) return algorithm;
  return 0;
}

/** Runs one outstanding test: UNFINISHED while there are more, then TPM_RC_SUCCESS; or TPM_RC_FAILURE. */
export function runUntested(): u32 {
  if (!testAlgorithm(isUntested(TEST_DRBG) ? TEST_DRBG : nextUntested(0))) return TPM_RC_FAILURE;
  return untested == 0 ? TPM_RC_SUCCESS : UNFINISHED;
}

/** Tests an algorithm that was not tested yet; does nothing for one that has no test. False when it failed. */
export function testAlgorithm(algorithm: u32): bool {
  if (!isUntested(algorithm)) return true;
  untested &= ~bitOf(algorithm);
  const mark = scratchMark();
  const right = isRight(algorithm);
  scratchRelease(mark);
  if (right) return true;
  untested |= bitOf(algorithm);
  fail(FAILED_SELF_TEST, algorithm);
  return false;
}

/** Before the first use of an algorithm. A failure ends the command with TPM_RC_FAILURE. */
@inline
export function testBefore(algorithm: u32): void {
  if (isUntested(algorithm)) testAlgorithm(algorithm);
}

function isRight(algorithm: u32): bool {
  if (digestSizeOf(algorithm) != 0) return hashIsRight(algorithm);
  if (isCipherMode(algorithm)) return modeIsRight(algorithm);
  switch (algorithm) {
    case TEST_DRBG:
      return drbgIsRight();
    case TPM_ALG_HMAC:
      return hmacIsRight();
    case TPM_ALG_KDF1_SP800_108:
      return kdfaIsRight();
    case TPM_ALG_KDF1_SP800_56A:
      return kdfeIsRight();
    case TPM_ALG_MGF1:
      return mgf1IsRight();
    case TPM_ALG_AES:
    case TPM_ALG_CAMELLIA:
    case TPM_ALG_SM4:
    case TPM_ALG_TDES:
      return cipherIsRight(algorithm);
    case TPM_ALG_CMAC:
      return cmacIsRight();
    case TPM_ALG_RSA:
    case TPM_ALG_RSASSA:
    case TPM_ALG_RSAES:
    case TPM_ALG_RSAPSS:
    case TPM_ALG_OAEP:
      return rsaIsRight(algorithm);
    default:
      return eccIsRight(algorithm);
  }
}
