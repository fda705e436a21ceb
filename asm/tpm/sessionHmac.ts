// cpHash, rpHash and the HMACs of sessions (Part 1, 18.7, 18.8, 19.6).
import { TPM_RC_SUCCESS } from "../generated/constants";
import { handleCount } from "../generated/commands";
import { bytesOf2B, equal2B, get16, put16, put32, set2B, sizeOf2B } from "./bytes";
import { commandCode, commandIndex, parametersAt, parametersSize } from "./commandContext";
import { hashFinal, hashStart, hashUpdate, hashUpdate2B, hmacFinal, hmacStart } from "./digest";
import { authValueOf, nameOf, UNASSIGNED } from "./entity";
import { handleAt } from "./handles";
import { bankDigestSize, bankOf, bankOffset, digestSizeOf } from "./hash";
import { MAX_DIGEST_SIZE } from "./limits";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
import { AUTH_HASH, NONCE_TPM, SESSION_KEY } from "./session";
import {
  associatedHandle,
  callerAuth,
  callerNonce,
  decryptSession,
  encryptSession,
  includesAuth,
  loadedSession,
  NONE,
  sessionFlags,
} from "./sessionArea";
import { BANK_COUNT, HASH_STATE_ROOM, PCR_SIZE } from "./state";

// One digest for each hash algorithm, computed when first asked for.
const cpHashes: usize = memory.data(164);
const rpHashes: usize = memory.data(164);
let cpHashKnown: u32 = 0;
let rpHashKnown: u32 = 0;

export function forgetHashes(): void {
  cpHashKnown = 0;
  rpHashKnown = 0;
}

/** Hashes the Names of the command's handles. */
export function hashNames(state: usize): void {
  const mark = scratchMark();
  const name = scratchTake(68);
  for (let i: u32 = 0; i < handleCount(commandIndex); i++) hashUpdate(state, name, nameOf(handleAt(i), name));
  scratchRelease(mark);
}

/**
 * cpHash = H(commandCode || Names || parameters as they came). Must be asked for, for each algorithm that will be
 * needed, before the parameters are decrypted. Returns the address of the digest.
 */
export function cpHash(algorithm: u32): usize {
  const bank = bankOf(algorithm) as u32;
  const digest = cpHashes + bankOffset(bank);
  if ((cpHashKnown >> bank) & 1) return digest;
  cpHashKnown |= 1 << bank;
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const code = scratchTake(4);
  put32(code, commandCode);
  hashStart(algorithm, state);
  hashUpdate(state, code, 4);
  hashNames(state);
  hashUpdate(state, parametersAt, parametersSize);
  hashFinal(state, digest);
  scratchRelease(mark);
  return digest;
}

/** rpHash = H(responseCode || commandCode || response parameters as they leave). */
export function rpHash(algorithm: u32, parameters: usize, size: u32): usize {
  const bank = bankOf(algorithm) as u32;
  const digest = rpHashes + bankOffset(bank);
  if ((rpHashKnown >> bank) & 1) return digest;
  rpHashKnown |= 1 << bank;
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const codes = scratchTake(8);
  put32(codes, TPM_RC_SUCCESS);
  put32(codes + 4, commandCode);
  hashStart(algorithm, state);
  hashUpdate(state, codes, 8);
  hashUpdate(state, parameters, size);
  hashFinal(state, digest);
  scratchRelease(mark);
  return digest;
}

/** digest := H(digest || cpHash || rpHash), for audit. `digest` is a TPM2B of the algorithm's size. */
export function extendAudit(digest: usize, algorithm: u32, parameters: usize, size: u32): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const length = digestSizeOf(algorithm);
  hashStart(algorithm, state);
  hashUpdate2B(state, digest);
  hashUpdate(state, cpHash(algorithm), length);
  hashUpdate(state, rpHash(algorithm, parameters, size), length);
  put16(digest, length);
  hashFinal(state, bytesOf2B(digest));
  scratchRelease(mark);
}

/** Key of a session's HMAC or parameter encryption: sessionKey || authValue, at `out` (128 bytes). Returns its size. */
export function keyWithAuth(session: usize, entity: u32, out: usize): u32 {
  const keySize = sizeOf2B(session + SESSION_KEY);
  memory.copy(out, bytesOf2B(session + SESSION_KEY), keySize);
  if (entity == UNASSIGNED) return keySize;
  const auth = authValueOf(entity);
  memory.copy(out + keySize, bytesOf2B(auth), sizeOf2B(auth));
  return keySize + sizeOf2B(auth);
}

/** Compares the HMAC that came with session `i` with the one it must have. */
export function commandHmacIsRight(i: u32): bool {
  const session = loadedSession(i);
  const algorithm = load<u16>(session, AUTH_HASH);
  const mark = scratchMark();
  const key = scratchTake(2 * MAX_DIGEST_SIZE);
  const keySize = keyWithAuth(session, includesAuth(i) ? associatedHandle(i) : UNASSIGNED, key);
  let right = false;
  if (keySize == 0 && sizeOf2B(callerAuth(i)) == 0) {
    right = true;
  } else {
    const state = scratchTake(HASH_STATE_ROOM);
    const hmac = scratchTake(2 + MAX_DIGEST_SIZE);
    const flags = scratchTake(1);
    store<u8>(flags, sessionFlags(i) as u8);
    hmacStart(algorithm, state, key, keySize);
    hashUpdate(state, cpHash(algorithm), digestSizeOf(algorithm));
    hashUpdate2B(state, callerNonce(i));
    hashUpdate2B(state, session + NONCE_TPM);
    if (i == 0 && associatedHandle(i) != UNASSIGNED) {
      // The first authorization also covers the nonces of the sessions that encrypt (Part 1, 19.6.5).
      if (decryptSession != NONE && decryptSession != i) hashUpdate2B(state, loadedSession(decryptSession) + NONCE_TPM);
      if (encryptSession != NONE && encryptSession != i && encryptSession != decryptSession)
        hashUpdate2B(state, loadedSession(encryptSession) + NONCE_TPM);
    }
    hashUpdate(state, flags, 1);
    hmacFinal(state, bytesOf2B(hmac));
    put16(hmac, digestSizeOf(algorithm));
    right = equal2B(hmac, callerAuth(i));
  }
  scratchRelease(mark);
  return right;
}

/** The HMAC of session `i` for the response, as a TPM2B at `out`. */
export function responseHmac(i: u32, parameters: usize, size: u32, out: usize): void {
  const session = loadedSession(i);
  const algorithm = load<u16>(session, AUTH_HASH);
  const mark = scratchMark();
  const key = scratchTake(2 * MAX_DIGEST_SIZE);
  const keySize = keyWithAuth(session, includesAuth(i) ? associatedHandle(i) : UNASSIGNED, key);
  if (keySize == 0 && get16(callerAuth(i)) == 0) {
    put16(out, 0);
  } else {
    const state = scratchTake(HASH_STATE_ROOM);
    const hmac = scratchTake(MAX_DIGEST_SIZE);
    const flags = scratchTake(1);
    store<u8>(flags, sessionFlags(i) as u8);
    hmacStart(algorithm, state, key, keySize);
    hashUpdate(state, rpHash(algorithm, parameters, size), digestSizeOf(algorithm));
    hashUpdate2B(state, session + NONCE_TPM);
    hashUpdate2B(state, callerNonce(i));
    hashUpdate(state, flags, 1);
    hmacFinal(state, hmac);
    set2B(out, hmac, digestSizeOf(algorithm));
  }
  scratchRelease(mark);
}

if (PCR_SIZE != 164 || BANK_COUNT != 4) ERROR("cpHashes and rpHashes are sized for four banks");
