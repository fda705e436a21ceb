// [TPM2.0 1.59] 19.2 TPM2_Commit
import {
  ECC_SUCCESS,
  eccCheckPoint,
  eccMultiply,
  eccPublicPoint,
  eccReduceToField,
  eccSize,
} from "../../crypto/ecc/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_ECDAA,
  TPM_ALG_NULL,
  TPM_RC_ECC_POINT,
  TPM_RC_HASH,
  TPM_RC_KEY,
  TPM_RC_NO_RESULT,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { Commit as parameters } from "../../generated/parameters";
import {
  get16,
  MAX_DIGEST_SIZE,
  MAX_ECC_KEY_BYTES,
  rcAbout,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  writeU16,
} from "../../base/index";
import { hashFinal, hashStart, hashUpdate2B, testBefore } from "../../tpm/algorithms/index";
import {
  curveOf,
  hasObjectAttribute,
  IS_PUBLIC_ONLY,
  nameAlgOf,
  OBJECT_NAME,
  objectOf,
  objectType,
  POINT_ROOM,
  pointFromWire,
  pointOf2B,
  privateScalarOf,
  publicOf,
  schemeOf,
  toFixedSize,
  writeEmptyPoint,
  writePoint,
} from "../../tpm/objects/index";
import { commit, nextCommitScalar } from "../../tpm/signing/index";
import { HASH_STATE_ROOM, nullifyShutdown } from "../../tpm/state/index";

/** K = [d] B, L = [r] B with B = (H(s2) mod p, y2); E = [r] P1, or [r] G when there is neither P1 nor s2. */
export function Commit(): u32 {
  const object = objectOf(parameters.signHandle);
  if (objectType(object) != TPM_ALG_ECC) return rcAbout(TPM_RC_KEY, parameters.RC_signHandle);
  const area = publicOf(object);
  if (get16(schemeOf(area)) != TPM_ALG_ECDAA) return rcAbout(TPM_RC_SCHEME, parameters.RC_signHandle);
  const hasBase = sizeOf2B(parameters.s2) != 0;
  if (hasBase != (sizeOf2B(parameters.y2) != 0)) return rcAbout(TPM_RC_SIZE, parameters.RC_y2);
  const curve = curveOf(area);
  const base = scratchTake(POINT_ROOM);
  const P1 = scratchTake(POINT_ROOM);
  const secret = scratchTake(MAX_ECC_KEY_BYTES);
  if (hasBase) {
    if (nameAlgOf(area) == TPM_ALG_NULL) return rcAbout(TPM_RC_HASH, parameters.RC_signHandle);
    if (!basePoint(curve, nameAlgOf(area), base)) return rcAbout(TPM_RC_ECC_POINT, parameters.RC_s2);
    if (hasObjectAttribute(object, IS_PUBLIC_ONLY)) return rcAbout(TPM_RC_KEY, parameters.RC_signHandle);
    if (!privateScalarOf(object, secret)) return rcAbout(TPM_RC_KEY, parameters.RC_signHandle);
  }
  // More than the two sizes of an Empty Point.
  const hasP1 = sizeOf2B(parameters.P1) > 4;
  if (hasP1) {
    const good = pointFromWire(curve, pointOf2B(parameters.P1), P1) && eccCheckPoint(curve, P1) == ECC_SUCCESS;
    if (!good) return rcAbout(TPM_RC_ECC_POINT, parameters.RC_P1);
  }
  testBefore(TPM_ALG_ECDAA);
  const r = scratchTake(MAX_ECC_KEY_BYTES);
  const K = scratchTake(POINT_ROOM);
  const L = scratchTake(POINT_ROOM);
  const E = scratchTake(POINT_ROOM);
  nextCommitScalar(curve, object + OBJECT_NAME, r);
  if (hasBase) {
    if (eccMultiply(curve, secret, base, K) != ECC_SUCCESS) return TPM_RC_NO_RESULT;
    if (eccMultiply(curve, r, base, L) != ECC_SUCCESS) return TPM_RC_NO_RESULT;
  }
  const hasE = hasP1 || !hasBase;
  if (hasE) {
    const status = hasP1 ? eccMultiply(curve, r, P1, E) : eccPublicPoint(curve, r, E);
    if (status != ECC_SUCCESS) return TPM_RC_NO_RESULT;
  }

  nullifyShutdown();
  writePointOrEmpty(hasBase, curve, K);
  writePointOrEmpty(hasBase, curve, L);
  writePointOrEmpty(hasE, curve, E);
  writeU16(commit());
  return TPM_RC_SUCCESS;
}

/** (H(s2) modulo p, y2); false when that is no point of the curve. */
function basePoint(curve: u32, hash: u32, out: usize): bool {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const digest = scratchTake(MAX_DIGEST_SIZE);
  hashStart(hash, state);
  hashUpdate2B(state, parameters.s2);
  const digestSize = hashFinal(state, digest);
  const good =
    eccReduceToField(curve, digest, digestSize, out) == ECC_SUCCESS &&
    toFixedSize(parameters.y2, out + eccSize(curve), eccSize(curve)) &&
    eccCheckPoint(curve, out) == ECC_SUCCESS;
  scratchRelease(mark);
  return good;
}

function writePointOrEmpty(there: bool, curve: u32, point: usize): void {
  if (there) writePoint(curve, point);
  else writeEmptyPoint();
}
