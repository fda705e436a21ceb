// cpHash, rpHash and the HMACs of sessions (Part 1, 18.7, 18.8, 19.6).
import { handleCount } from "../../generated/commandTable";
import { TPM_RC_SUCCESS, TPM_RH_UNASSIGNED } from "../../generated/constants";
import {
  bytesOf2B,
  commandCode,
  commandIndex,
  equal2B,
  get16,
  handleAt,
  MAX_DIGEST_SIZE,
  MAX_SESSION_NUM,
  parametersAt,
  parametersSize,
  put16,
  put32,
  scratchMark,
  scratchRelease,
  scratchTake,
  set2B,
  sizeOf2B,
} from "../../base/index";
import {
  digestSizeOf,
  hashFinal,
  hashStart,
  hashUpdate,
  hashUpdate2B,
  hmacFinal,
  hmacStart,
} from "../algorithms/index";
import { HASH_STATE_ROOM } from "../state/index";
import { authValueOf, nameOf } from "./entity";
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

// Digests of this command, computed when first asked for. There can be one for each session and one for command audit.
const HASHES: u32 = MAX_SESSION_NUM + 1;
/** u32 algorithm and the digest. */
const HASH_ENTRY: u32 = 4 + MAX_DIGEST_SIZE;
const cpHashes: usize = memory.data(272);
const rpHashes: usize = memory.data(272);
if (HASHES * HASH_ENTRY != 272) ERROR("cpHashes and rpHashes are sized for other limits");

export function forgetHashes(): void {
  memory.fill(cpHashes, 0, HASHES * HASH_ENTRY);
  memory.fill(rpHashes, 0, HASHES * HASH_ENTRY);
}

/** The entry of `algorithm` in cpHashes or rpHashes, or the first free one: its algorithm is 0. */
function entryOf(hashes: usize, algorithm: u32): usize {
  for (const end = hashes + HASHES * HASH_ENTRY; hashes < end; hashes += HASH_ENTRY) {
    if (load<u32>(hashes) == algorithm || load<u32>(hashes) == 0) return hashes;
  }
  return unreachable();
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
  const entry = entryOf(cpHashes, algorithm);
  const digest = entry + 4;
  if (load<u32>(entry) == algorithm) return digest;
  store<u32>(entry, algorithm);
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
  const entry = entryOf(rpHashes, algorithm);
  const digest = entry + 4;
  if (load<u32>(entry) == algorithm) return digest;
  store<u32>(entry, algorithm);
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
  if (entity == TPM_RH_UNASSIGNED) return keySize;
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
  const keySize = keyWithAuth(session, includesAuth(i) ? associatedHandle(i) : TPM_RH_UNASSIGNED, key);
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
    if (i == 0 && associatedHandle(i) != TPM_RH_UNASSIGNED) {
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
  const keySize = keyWithAuth(session, includesAuth(i) ? associatedHandle(i) : TPM_RH_UNASSIGNED, key);
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
