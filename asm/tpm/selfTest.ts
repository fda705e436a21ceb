// Self-tests: one known answer for each algorithm (Part 1, 12.2; Part 3, 10). An algorithm is tested on request, or
// before the first result that relies on it. A wrong answer puts the TPM into failure mode.
import {
  ALG_AES,
  CIPHER_CONTEXT_SIZE,
  cfbDecrypt,
  cfbEncrypt,
  cipherInit,
  hash,
  HMAC_CONTEXT_SIZE,
  hmacFinal,
  hmacInit,
  hmacUpdate,
  kdfa,
} from "../crypto/index";
import {
  TPM_ALG_AES,
  TPM_ALG_CFB,
  TPM_ALG_HMAC,
  TPM_ALG_KDF1_SP800_108,
  TPM_ALG_SHA1,
  TPM_ALG_SHA256,
  TPM_ALG_SHA384,
  TPM_ALG_SHA512,
  TPM_RC_FAILURE,
  TPM_RC_SUCCESS,
} from "../generated/constants";
import { equalBytes } from "./bytes";
import { fail, FAILED_SELF_TEST } from "./failureMode";
import { digestSizeOf } from "./hash";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
import { UNFINISHED } from "./slice";

export const TEST_HMAC: u32 = TPM_ALG_HMAC;
export const TEST_KDF: u32 = TPM_ALG_KDF1_SP800_108;

/** Bit n stands for the n-th algorithm that has a test, in ascending order of TPM_ALG_ID. */
const TEST_COUNT: u32 = 8;
const ALL: u32 = (1 << 8) - 1;
let untested: u32 = ALL;

/** The n-th algorithm that has a test. */
function testedAlgorithm(n: u32): u32 {
  switch (n) {
    case 0:
      return TPM_ALG_SHA1;
    case 1:
      return TPM_ALG_HMAC;
    case 2:
      return TPM_ALG_AES;
    case 3:
      return TPM_ALG_SHA256;
    case 4:
      return TPM_ALG_SHA384;
    case 5:
      return TPM_ALG_SHA512;
    case 6:
      return TPM_ALG_KDF1_SP800_108;
    default:
      return TPM_ALG_CFB;
  }
}

/** Bit of the test of an algorithm; 0 when it needs none. */
function testBit(algorithm: u32): u32 {
  switch (algorithm) {
    case TPM_ALG_SHA1:
      return 1 << 0;
    case TPM_ALG_HMAC:
      return 1 << 1;
    case TPM_ALG_AES:
      return 1 << 2;
    case TPM_ALG_SHA256:
      return 1 << 3;
    case TPM_ALG_SHA384:
      return 1 << 4;
    case TPM_ALG_SHA512:
      return 1 << 5;
    case TPM_ALG_KDF1_SP800_108:
      return 1 << 6;
    case TPM_ALG_CFB:
      return 1 << 7;
    default:
      return 0;
  }
}

/** _TPM_Init and TPM2_SelfTest(YES): everything is to be tested again. */
export function forgetSelfTests(): void {
  untested = ALL;
}

export function allTested(): bool {
  return untested == 0;
}

export function untestedCount(): u32 {
  return popcnt<u32>(untested);
}

/** The n-th algorithm that is still to be tested; 0 when there are no more. */
export function untestedAlgorithm(n: u32): u32 {
  for (let i: u32 = 0; i < TEST_COUNT; i++) {
    if (((untested >> i) & 1) != 0 && n-- == 0) return testedAlgorithm(i);
  }
  return 0;
}

/** Runs one outstanding test: UNFINISHED while there are more, then TPM_RC_SUCCESS; or TPM_RC_FAILURE. */
export function runUntested(): u32 {
  const algorithm = untestedAlgorithm(0);
  if (algorithm != 0 && !testAlgorithm(algorithm)) return TPM_RC_FAILURE;
  return untested == 0 ? TPM_RC_SUCCESS : UNFINISHED;
}

/** Tests an algorithm that was not tested yet. False when it failed. */
export function testAlgorithm(algorithm: u32): bool {
  const bit = testBit(algorithm);
  if ((untested & bit) == 0) return true;
  untested &= ~bit;
  if (knownAnswer(algorithm)) return true;
  untested |= bit;
  fail(FAILED_SELF_TEST, algorithm);
  return false;
}

/** Before the first use of an algorithm. A failure ends the command with TPM_RC_FAILURE. */
@inline
export function testBefore(algorithm: u32): void {
  if (untested != 0) testAlgorithm(algorithm);
}

// --- known answers ---------------------------------------------------------------------------------------------

/** FIPS 180-4 examples: "abc". */
const ABC: usize = memory.data<u8>([0x61, 0x62, 0x63]);
const SHA1_ABC: usize = memory.data<u8>([
  0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c,
  0x9c, 0xd0, 0xd8, 0x9d,
]);
const SHA256_ABC: usize = memory.data<u8>([
  0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
  0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
]);
const SHA384_ABC: usize = memory.data<u8>([
  0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b, 0xb5, 0xa0, 0x3d, 0x69, 0x9a, 0xc6, 0x50, 0x07,
  0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63, 0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed,
  0x80, 0x86, 0x07, 0x2b, 0xa1, 0xe7, 0xcc, 0x23, 0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7,
]);
const SHA512_ABC: usize = memory.data<u8>([
  0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31,
  0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a,
  0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd,
  0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
]);
/** RFC 4231, test case 2, HMAC-SHA-256: "Jefe" and "what do ya want for nothing?". */
const JEFE: usize = memory.data<u8>([0x4a, 0x65, 0x66, 0x65]);
const NOTHING: usize = memory.data<u8>([
  0x77, 0x68, 0x61, 0x74, 0x20, 0x64, 0x6f, 0x20, 0x79, 0x61, 0x20, 0x77, 0x61, 0x6e, 0x74, 0x20,
  0x66, 0x6f, 0x72, 0x20, 0x6e, 0x6f, 0x74, 0x68, 0x69, 0x6e, 0x67, 0x3f,
]);
const HMAC_NOTHING: usize = memory.data<u8>([
  0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
  0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
]);
/** SP 800-38A, F.3.13: CFB128-AES128, two blocks. */
const CFB_KEY: usize = memory.data<u8>([
  0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c,
]);
const CFB_IV: usize = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
const CFB_PLAIN: usize = memory.data<u8>([
  0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
  0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51,
]);
const CFB_CIPHER: usize = memory.data<u8>([
  0x3b, 0x3f, 0xd9, 0x2e, 0xb7, 0x2d, 0xad, 0x20, 0x33, 0x34, 0x49, 0xf8, 0xe8, 0x3c, 0xfb, 0x4a,
  0xc8, 0xa6, 0x45, 0x37, 0xa0, 0xb3, 0xa9, 0x3f, 0xcd, 0xe3, 0xcd, 0xad, 0x9f, 0x1c, 0xe5, 0x8b,
]);
/** FIPS 197, C.3: AES-256, one block (as the first block of CFB with a zero plaintext). */
const AES_KEY: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
]);
const AES_PLAIN: usize = memory.data<u8>([
  0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
]);
const AES_CIPHER: usize = memory.data<u8>([
  0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89,
]);
/** KDFa with SHA-256, key "Jefe", label "ATH", contexts "abc" and "what do ya want for nothing?", 384 bits. */
const ATH: usize = memory.data<u8>([0x41, 0x54, 0x48, 0]);
const KDF_ANSWER: usize = memory.data<u8>([
  0x6f, 0x67, 0xe6, 0x05, 0x6d, 0x0a, 0xae, 0xd7, 0xc0, 0x91, 0x72, 0x94, 0x0a, 0x9b, 0x1b, 0xe8,
  0xa4, 0x33, 0x72, 0xb1, 0xff, 0xf7, 0x64, 0x90, 0x0e, 0x9d, 0xef, 0x1f, 0x81, 0x9f, 0x10, 0xaf,
  0x7b, 0xb0, 0xfd, 0x4f, 0x85, 0xe7, 0xf4, 0x9f, 0xbf, 0xaa, 0xa9, 0x13, 0xf8, 0x4a, 0xb6, 0x84,
]);

function knownAnswer(algorithm: u32): bool {
  const mark = scratchMark();
  let right = false;
  switch (algorithm) {
    case TPM_ALG_SHA1:
      right = hashOfAbcIs(algorithm, SHA1_ABC);
      break;
    case TPM_ALG_SHA256:
      right = hashOfAbcIs(algorithm, SHA256_ABC);
      break;
    case TPM_ALG_SHA384:
      right = hashOfAbcIs(algorithm, SHA384_ABC);
      break;
    case TPM_ALG_SHA512:
      right = hashOfAbcIs(algorithm, SHA512_ABC);
      break;
    case TPM_ALG_HMAC:
      right = hmacIsRight();
      break;
    case TPM_ALG_AES:
      right = aesIsRight();
      break;
    case TPM_ALG_CFB:
      right = cfbIsRight();
      break;
    default:
      right = kdfIsRight();
      break;
  }
  scratchRelease(mark);
  return right;
}

function hashOfAbcIs(algorithm: u32, answer: usize): bool {
  const digest = scratchTake(64);
  hash(algorithm, ABC, 3, digest);
  return equalBytes(digest, answer, digestSizeOf(algorithm));
}

function hmacIsRight(): bool {
  const context = scratchTake(HMAC_CONTEXT_SIZE);
  const mac = scratchTake(32);
  hmacInit(context, TPM_ALG_SHA256, JEFE, 4);
  hmacUpdate(context, NOTHING, 28);
  hmacFinal(context, mac);
  return equalBytes(mac, HMAC_NOTHING, 32);
}

function aesIsRight(): bool {
  const context = scratchTake(CIPHER_CONTEXT_SIZE);
  const iv = scratchTake(16);
  const block = scratchTake(16);
  memory.copy(iv, AES_PLAIN, 16);
  cipherInit(context, ALG_AES, AES_KEY, 256);
  cfbEncrypt(context, iv, block, block, 16);
  return equalBytes(block, AES_CIPHER, 16);
}

function cfbIsRight(): bool {
  const context = scratchTake(CIPHER_CONTEXT_SIZE);
  const iv = scratchTake(16);
  const data = scratchTake(32);
  memory.copy(iv, CFB_IV, 16);
  memory.copy(data, CFB_PLAIN, 32);
  cipherInit(context, ALG_AES, CFB_KEY, 128);
  cfbEncrypt(context, iv, data, data, 32);
  if (!equalBytes(data, CFB_CIPHER, 32)) return false;
  memory.copy(iv, CFB_IV, 16);
  cfbDecrypt(context, iv, data, data, 32);
  return equalBytes(data, CFB_PLAIN, 32);
}

function kdfIsRight(): bool {
  const out = scratchTake(48);
  kdfa(TPM_ALG_SHA256, JEFE, 4, ATH, 4, ABC, 3, NOTHING, 28, 384, out);
  return equalBytes(out, KDF_ANSWER, 48);
}
