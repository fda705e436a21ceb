// The TPM's random numbers: a CTR_DRBG seeded and reseeded from the host's CSPRNG (SP 800-90A). It lies outside STATE:
// a command that is rolled back must not have its random numbers repeated.
import {
  DRBG_CONTEXT_SIZE,
  DRBG_MAX_REQUEST_SIZE,
  drbgGenerate,
  drbgInstantiate,
  drbgReseed,
  wipe,
} from "../../crypto/index";
import { entropy } from "../../base/index";
import { TEST_DRBG, testBefore } from "./selfTest";

/** Entropy and nonce of one seeding. */
const SEED_SIZE: u32 = 64;
/** Requests after which fresh entropy is mixed in: far below the limit of SP 800-90A, and rare enough to be free. */
const RESEED_AFTER: u32 = 4096;

const drbg: usize = memory.data(64, 16);
const seed: usize = memory.data(64, 16);
let requests: u32 = 0;

if (DRBG_CONTEXT_SIZE > 64) ERROR("the DRBG does not fit its context");

/** Instantiates the DRBG from fresh entropy: at manufacture and at each _TPM_Init. */
export function startRandom(): void {
  entropy(seed, SEED_SIZE);
  drbgInstantiate(drbg, seed, SEED_SIZE);
  wipe(seed, SEED_SIZE);
  requests = 0;
}

/** Mixes in fresh entropy, and `size` bytes of the caller's. */
export function stirRandom(data: usize, size: u32): void {
  entropy(seed, SEED_SIZE);
  drbgReseed(drbg, seed, SEED_SIZE, data, size);
  wipe(seed, SEED_SIZE);
  requests = 0;
}

export function randomBytes(out: usize, size: u32): void {
  testBefore(TEST_DRBG);
  if (++requests > RESEED_AFTER) stirRandom(out, 0);
  if (size > DRBG_MAX_REQUEST_SIZE || !drbgGenerate(drbg, out, size)) unreachable();
}

/** The context of the DRBG for a kernel that draws from it by itself. */
export function tpmDrbg(): usize {
  testBefore(TEST_DRBG);
  if (++requests > RESEED_AFTER) stirRandom(drbg, 0);
  return drbg;
}
