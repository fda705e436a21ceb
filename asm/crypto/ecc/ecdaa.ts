// The TPM's part of ECDAA (TPM 2.0 Part 1, C.4.2; ISO/IEC 20008-2): with the r of a commitment, a random nonceK,
// T = H(nonceK || digest) modulo n and s = r + T d modulo n. The signature is (nonceK, s). The points of a commitment are
// products of r and d (eccMultiply, eccPublicPoint).
import { wipe } from "../bytes";
import { HASH_CONTEXT_SIZE, hashDigestSize, hashFinal, hashInit, hashUpdate } from "../hash";
import { selectCurve, size, wipeSlot } from "./curve";
import { wipeEcc } from "./key";
import {
  scalarAdd,
  scalarFromBytes,
  scalarFromWide,
  scalarMultiply,
  scalarRandom,
  scalarToBytes,
  scalarZeroMask,
} from "./scalar";
import { ECC_CURVE, ECC_HASH, ECC_NO_RESULT, ECC_RANDOM, ECC_SCALAR, ECC_SUCCESS } from "./status";

const d: usize = memory.data(112, 16);
const commitment: usize = memory.data(112, 16);
const t: usize = memory.data(112, 16);
const s: usize = memory.data(112, 16);
const nonce: usize = memory.data(80, 16);
const context: usize = memory.data(224, 16);
const digestOfNonce: usize = memory.data(64, 16);

/** Tries to find a nonceK that gives T and s other than 0; one in n fails. */
const MAX_TRIES: u32 = 10;

/**
 * Signs with the key and the commitment's r (`commitScalar`). nonceK is written without leading zeros, as it is hashed;
 * s has eccSize(curve) bytes.
 * @param nonceSize where the size of nonceK (u32) is written
 */
export function ecdaaSign(
  curve: u32,
  privateScalar: usize,
  commitScalar: usize,
  drbg: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  nonceK: usize,
  nonceSize: usize,
  signatureS: usize,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  if (hashDigestSize(algorithm) == 0) return ECC_HASH;
  let status = ECC_SCALAR;
  if ((scalarFromBytes(d, privateScalar) & scalarFromBytes(commitment, commitScalar)) != 0) {
    status = ECC_NO_RESULT;
    for (let tries: u32 = 0; status == ECC_NO_RESULT && tries < MAX_TRIES; tries++) {
      if (!scalarRandom(t, drbg)) {
        status = ECC_RANDOM;
        break;
      }
      scalarToBytes(nonce, t);
      // nonceK is public: its leading zeros may show.
      let skip: u32 = 0;
      while (load<u8>(nonce + skip) == 0) skip++;
      hashInit(context, algorithm);
      hashUpdate(context, nonce + skip, size - skip);
      hashUpdate(context, digest, digestSize);
      scalarFromWide(t, digestOfNonce, hashFinal(context, digestOfNonce));
      scalarMultiply(s, t, d);
      scalarAdd(s, s, commitment);
      if ((scalarZeroMask(t) | scalarZeroMask(s)) != 0) continue;
      memory.copy(nonceK, nonce + skip, size - skip);
      store<u32>(nonceSize, size - skip);
      scalarToBytes(signatureS, s);
      status = ECC_SUCCESS;
    }
  }
  wipeSlot(d);
  wipeSlot(commitment);
  wipeSlot(t);
  wipeSlot(s);
  memory.fill(nonce, 0, 80);
  memory.fill(digestOfNonce, 0, 64);
  wipe(context, HASH_CONTEXT_SIZE);
  wipeEcc();
  return status;
}
