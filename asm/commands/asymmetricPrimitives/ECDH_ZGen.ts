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
import { get16 } from "../../base/bytes";
import { checkExchangeKey, POINT_ROOM, pointOf2B, privateScalarOf, writePoint } from "../../tpm/objects/eccPoint";
import { MAX_ECC_KEY_BYTES } from "../../base/limits";
import { pointFromWire } from "../../tpm/objects/loadObject";
import { scratchTake } from "../../base/memory";
import { objectOf, publicOf } from "../../tpm/objects/object";
import { curveOf, schemeOf } from "../../tpm/objects/publicArea";
import { rcHandle, rcParameter } from "../../base/responseCode";
import { testBefore } from "../../tpm/algorithms/selfTest";

export function ECDH_ZGen(): u32 {
  const object = objectOf(parameters.keyHandle);
  const rc = checkExchangeKey(object);
  if (rc != TPM_RC_SUCCESS) return rcHandle(rc, 1);
  const area = publicOf(object);
  const scheme = get16(schemeOf(area));
  if (scheme != TPM_ALG_ECDH && scheme != TPM_ALG_NULL) return rcHandle(TPM_RC_SCHEME, 1);
  const curve = curveOf(area);
  testBefore(TPM_ALG_ECDH);
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  const point = scratchTake(POINT_ROOM);
  if (!privateScalarOf(object, scalar)) return rcHandle(TPM_RC_KEY, 1);
  const good =
    pointFromWire(curve, pointOf2B(parameters.inPoint), point) &&
    eccMultiply(curve, scalar, point, point) == ECC_SUCCESS;
  if (!good) return rcParameter(TPM_RC_ECC_POINT, 1);

  writePoint(curve, point);
  return TPM_RC_SUCCESS;
}
