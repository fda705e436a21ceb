// The two halves of an ECDH (Part 3, 14.4 and 14.5): with a fresh key against the point of an object, and with the private
// key of an object against a point that came in. Points are x || y in POINT_ROOM bytes.
import { ECC_SUCCESS, eccGenerateKey, eccMultiply } from "../../crypto/ecc/index";
import { TPM_ALG_ECDH, TPM_RC_ECC_POINT, TPM_RC_KEY, TPM_RC_SUCCESS } from "../../generated/constants";
import { REFUSAL_POINT_OFF_CURVE } from "../../generated/refusals";
import { MAX_ECC_KEY_BYTES, rcAbout, refuse, scratchTake } from "../../base/index";
import { testBefore, tpmDrbg } from "../../tpm/algorithms/index";
import { curveOf, pointFromWire, pointOf2B, privateScalarOf, publicOf, publicPointOf } from "../../tpm/objects/index";

/** Makes a key, of which only the public point is kept. False for an object whose point is not on its curve. */
export function exchangeWithFreshKey(object: usize, ephemeral: usize, shared: usize): bool {
  const curve = curveOf(publicOf(object));
  testBefore(TPM_ALG_ECDH);
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  // A key without nameAlg may have been loaded with a point that is not on its curve.
  return (
    publicPointOf(object, shared) &&
    eccGenerateKey(curve, tpmDrbg(), scalar, ephemeral) == ECC_SUCCESS &&
    eccMultiply(curve, scalar, shared, shared) == ECC_SUCCESS
  );
}

/**
 * @param point TPM2B_ECC_POINT
 * @param aboutKey, aboutPoint RC_ of what these are to the command
 * @returns a complete response code
 */
export function exchangeWithPoint(
  object: usize,
  point: usize,
  shared: usize,
  aboutKey: u32,
  aboutPoint: u32,
): u32 {
  const curve = curveOf(publicOf(object));
  testBefore(TPM_ALG_ECDH);
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  if (!privateScalarOf(object, scalar)) return rcAbout(TPM_RC_KEY, aboutKey);
  const good =
    pointFromWire(curve, pointOf2B(point), shared) && eccMultiply(curve, scalar, shared, shared) == ECC_SUCCESS;
  return good ? TPM_RC_SUCCESS : rcAbout(refuse(TPM_RC_ECC_POINT, REFUSAL_POINT_OFF_CURVE), aboutPoint);
}
