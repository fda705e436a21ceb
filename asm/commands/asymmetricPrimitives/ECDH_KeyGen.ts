// [TPM2.0 1.59] 14.4 TPM2_ECDH_KeyGen
import { ECC_SUCCESS, eccGenerateKey, eccMultiply } from "../../crypto/ecc/index";
import { TPM_ALG_ECC, TPM_ALG_ECDH, TPM_RC_KEY, TPM_RC_SUCCESS } from "../../generated/constants";
import { ECDH_KeyGen as parameters } from "../../generated/parameters";
import { MAX_ECC_KEY_BYTES, rcAbout, scratchTake } from "../../base/index";
import { testBefore, tpmDrbg } from "../../tpm/algorithms/index";
import {
  curveOf,
  objectOf,
  objectType,
  POINT_ROOM,
  publicOf,
  publicPointOf,
  writePoint,
} from "../../tpm/objects/index";

export function ECDH_KeyGen(): u32 {
  const object = objectOf(parameters.keyHandle);
  if (objectType(object) != TPM_ALG_ECC) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);
  const curve = curveOf(publicOf(object));
  testBefore(TPM_ALG_ECDH);
  const theirs = scratchTake(POINT_ROOM);
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  const ours = scratchTake(POINT_ROOM);
  const shared = scratchTake(POINT_ROOM);
  // A key without nameAlg may have been loaded with a point that is not on its curve.
  const good =
    publicPointOf(object, theirs) &&
    eccGenerateKey(curve, tpmDrbg(), scalar, ours) == ECC_SUCCESS &&
    eccMultiply(curve, scalar, theirs, shared) == ECC_SUCCESS;
  if (!good) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);

  writePoint(curve, shared);
  writePoint(curve, ours);
  return TPM_RC_SUCCESS;
}
