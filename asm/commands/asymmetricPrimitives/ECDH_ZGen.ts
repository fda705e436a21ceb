// [TPM2.0 1.59] 14.5 TPM2_ECDH_ZGen
import { ECC_SUCCESS, eccMultiply } from "../../crypto/ecc/index";
import {
  TPM_ALG_ECDH,
  TPM_ALG_NULL,
  TPM_RC_ECC_POINT,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { ECDH_ZGen as parameters } from "../../generated/parameters";
import { get16, MAX_ECC_KEY_BYTES, rcAbout, scratchTake } from "../../base/index";
import { testBefore } from "../../tpm/algorithms/index";
import {
  checkExchangeKey,
  curveOf,
  objectOf,
  POINT_ROOM,
  pointFromWire,
  pointOf2B,
  privateScalarOf,
  publicOf,
  schemeOf,
  writePoint,
} from "../../tpm/objects/index";

export function ECDH_ZGen(): u32 {
  const object = objectOf(parameters.keyHandle);
  const rc = checkExchangeKey(object);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_keyHandle);
  const area = publicOf(object);
  const scheme = get16(schemeOf(area));
  if (scheme != TPM_ALG_ECDH && scheme != TPM_ALG_NULL) return rcAbout(TPM_RC_SCHEME, parameters.RC_keyHandle);
  const curve = curveOf(area);
  testBefore(TPM_ALG_ECDH);
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  const point = scratchTake(POINT_ROOM);
  if (!privateScalarOf(object, scalar)) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);
  const good =
    pointFromWire(curve, pointOf2B(parameters.inPoint), point) &&
    eccMultiply(curve, scalar, point, point) == ECC_SUCCESS;
  if (!good) return rcAbout(TPM_RC_ECC_POINT, parameters.RC_inPoint);

  writePoint(curve, point);
  return TPM_RC_SUCCESS;
}
