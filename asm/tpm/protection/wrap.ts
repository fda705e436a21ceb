// Protection of what leaves the TPM under a key: outer wrap with integrity and encryption, inner wrap of duplication
// (Part 1, 22.4, 22.5 and 24). A wrapped blob is, before encryption of what follows the integrity value:
//
//   TPM2B_DIGEST integrity   [TPM2B_IV iv]   data
//
// `protector` is the slot of the key; `seed` a TPM2B, for objects under their parent the parent's seedValue.
import {
  TPM_RC_INSUFFICIENT,
  TPM_RC_INTEGRITY,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { REFUSAL_PRIVATE_INTEGRITY, REFUSAL_PRIVATE_SIZES } from "../../generated/refusals";
import {
  bytesOf2B,
  equal2B,
  get16,
  MAX_DIGEST_SIZE,
  MAX_SYM_BLOCK_SIZE,
  MAX_SYM_KEY_BYTES,
  put16,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import {
  blockSizeOf,
  cfbDecrypt,
  cfbEncrypt,
  digestSizeOf,
  hashFinal,
  hashStart,
  hashUpdate,
  hashUpdate2B,
  hmacFinal,
  hmacStart,
  kdfa,
  LABEL_INTEGRITY,
  LABEL_STORAGE,
  randomBytes,
} from "../algorithms/index";
import { publicOf, symAlgorithm, symKeyBits, symmetricOf } from "../objects/index";
import { HASH_STATE_ROOM } from "../state/index";

const NOTHING: usize = memory.data(2);

function protectorBlockSize(protector: usize): u32 {
  const symmetric = symmetricOf(publicOf(protector));
  return blockSizeOf(symAlgorithm(symmetric), symKeyBits(symmetric));
}

/** Size of what precedes the data in a blob of this protector. */
export function outerWrapSize(protector: usize, hash: u32, useIv: bool): u32 {
  return 2 + digestSizeOf(hash) + (useIv ? 2 + protectorBlockSize(protector) : 0);
}

/**
 * Wraps `size` bytes of data that lie at `blob` + outerWrapSize, in place. `name` is a TPM2B.
 * @returns the size of the blob.
 */
export function wrapOuter(
  protector: usize,
  name: usize,
  hash: u32,
  seed: usize,
  useIv: bool,
  blob: usize,
  size: u32,
): u32 {
  const integrity = 2 + digestSizeOf(hash);
  let data = blob + integrity;
  const mark = scratchMark();
  const iv = scratchTake(MAX_SYM_BLOCK_SIZE);
  if (useIv) {
    const ivSize = protectorBlockSize(protector);
    put16(data, ivSize);
    randomBytes(data + 2, ivSize);
    memory.copy(iv, data + 2, ivSize);
    data += 2 + ivSize;
  }
  crypt(protector, name, hash, seed, iv, data, size, true);
  put16(blob, digestSizeOf(hash));
  const protectedSize = (data - blob - integrity) as u32 + size;
  outerIntegrity(name, hash, seed, blob + integrity, protectedSize, blob + 2);
  scratchRelease(mark);
  return integrity + protectedSize;
}

/**
 * Checks and decrypts a blob in place. The data then lies at `blob` + outerWrapSize.
 * @returns a response code without number.
 */
export function unwrapOuter(
  protector: usize,
  name: usize,
  hash: u32,
  seed: usize,
  useIv: bool,
  blob: usize,
  size: u32,
): u32 {
  if (size < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
  if (get16(blob) > MAX_DIGEST_SIZE) return refuse(TPM_RC_SIZE, REFUSAL_PRIVATE_SIZES);
  if (get16(blob) > size - 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
  const mark = scratchMark();
  const rc = checkedCrypt(protector, name, hash, seed, useIv, blob, size);
  scratchRelease(mark);
  return rc;
}

function checkedCrypt(
  protector: usize,
  name: usize,
  hash: u32,
  seed: usize,
  useIv: bool,
  blob: usize,
  size: u32,
): u32 {
  const expected = scratchTake(2 + MAX_DIGEST_SIZE);
  const iv = scratchTake(MAX_SYM_BLOCK_SIZE);
  let data = blob + 2 + get16(blob);
  let left = size - 2 - get16(blob);
  put16(expected, digestSizeOf(hash));
  outerIntegrity(name, hash, seed, data, left, expected + 2);
  if (!equal2B(expected, blob)) return refuse(TPM_RC_INTEGRITY, REFUSAL_PRIVATE_INTEGRITY);
  if (useIv) {
    if (left < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
    const ivSize = get16(data);
    if (ivSize > MAX_SYM_BLOCK_SIZE) return refuse(TPM_RC_SIZE, REFUSAL_PRIVATE_SIZES);
    if (ivSize > left - 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
    if (ivSize != protectorBlockSize(protector)) return refuse(TPM_RC_VALUE, REFUSAL_PRIVATE_SIZES);
    memory.copy(iv, data + 2, ivSize);
    data += 2 + ivSize;
    left -= 2 + ivSize;
  }
  crypt(protector, name, hash, seed, iv, data, left, false);
  return TPM_RC_SUCCESS;
}

/** CFB with the key KDFa(seed, "STORAGE", name). */
function crypt(
  protector: usize,
  name: usize,
  hash: u32,
  seed: usize,
  iv: usize,
  data: usize,
  size: u32,
  encrypt: bool,
): void {
  const symmetric = symmetricOf(publicOf(protector));
  const algorithm = symAlgorithm(symmetric);
  const bits = symKeyBits(symmetric);
  const key = scratchTake(MAX_SYM_KEY_BYTES);
  kdfa(
    hash,
    bytesOf2B(seed),
    sizeOf2B(seed),
    LABEL_STORAGE,
    bytesOf2B(name),
    sizeOf2B(name),
    NOTHING,
    0,
    ((bits + 7) & ~7),
    key,
  );
  if (encrypt) cfbEncrypt(algorithm, key, bits, iv, data, size);
  else cfbDecrypt(algorithm, key, bits, iv, data, size);
}

/** HMAC over the protected bytes and the name, with the key KDFa(seed, "INTEGRITY"). */
function outerIntegrity(name: usize, hash: u32, seed: usize, data: usize, size: u32, out: usize): void {
  const digestSize = digestSizeOf(hash);
  const mark = scratchMark();
  const key = scratchTake(MAX_DIGEST_SIZE);
  const state = scratchTake(HASH_STATE_ROOM);
  kdfa(hash, bytesOf2B(seed), sizeOf2B(seed), LABEL_INTEGRITY, NOTHING, 0, NOTHING, 0, digestSize << 3, key);
  hmacStart(hash, state, key, digestSize);
  hashUpdate(state, data, size);
  hashUpdate2B(state, name);
  hmacFinal(state, out);
  scratchRelease(mark);
}

/** H(data || name) as a TPM2B at `out`: what the inner wrap of duplication starts with. */
export function innerIntegrity(hash: u32, name: usize, data: usize, size: u32, out: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(hash, state);
  hashUpdate(state, data, size);
  hashUpdate2B(state, name);
  put16(out, digestSizeOf(hash));
  hashFinal(state, out + 2);
  scratchRelease(mark);
}
