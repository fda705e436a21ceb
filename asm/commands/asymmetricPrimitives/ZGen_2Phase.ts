// [TPM2.0 1.59] 14.7 TPM2_ZGen_2Phase
import { ECC_NO_RESULT, ECC_SUCCESS, eccCheckPoint, eccMultiply, ecmqv, sm2KeyExchange } from "../../crypto/ecc/index";
import {
  TPM_ALG_ECDH,
  TPM_ALG_ECMQV,
  TPM_ALG_NULL,
  TPM_RC_ECC_POINT,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { ZGen_2Phase as parameters } from "../../generated/parameters";
import { REFUSAL_EXCHANGE_SCHEME, REFUSAL_POINT_OFF_CURVE } from "../../generated/refusals";
import { get16, MAX_ECC_KEY_BYTES, rcAbout, refuse, scratchTake } from "../../base/index";
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
  writeEmptyPoint,
  writePoint,
} from "../../tpm/objects/index";
import { endCommit, pendingCommitScalar } from "../../tpm/signing/index";
import { nullifyShutdown } from "../../tpm/state/index";

export function ZGen_2Phase(): u32 {
  const object = objectOf(parameters.keyA);
  const rc = checkExchangeKey(object);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_keyA);
  const area = publicOf(object);
  const keyScheme = get16(schemeOf(area));
  const scheme: u32 = parameters.inScheme;
  if (keyScheme != TPM_ALG_NULL && keyScheme != scheme)
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_EXCHANGE_SCHEME, scheme), parameters.RC_inScheme);
  const curve = curveOf(area);
  const theirStatic = scratchTake(POINT_ROOM);
  const theirEphemeral = scratchTake(POINT_ROOM);
  if (!pointOnCurve(curve, parameters.inQsB, theirStatic))
    return rcAbout(refuse(TPM_RC_ECC_POINT, REFUSAL_POINT_OFF_CURVE), parameters.RC_inQsB);
  if (!pointOnCurve(curve, parameters.inQeB, theirEphemeral))
    return rcAbout(refuse(TPM_RC_ECC_POINT, REFUSAL_POINT_OFF_CURVE), parameters.RC_inQeB);
  const ephemeral = scratchTake(MAX_ECC_KEY_BYTES);
  if (!pendingCommitScalar(parameters.counter, curve, 0, ephemeral))
    return rcAbout(TPM_RC_VALUE, parameters.RC_counter);
  const secret = scratchTake(MAX_ECC_KEY_BYTES);
  if (!privateScalarOf(object, secret)) return rcAbout(TPM_RC_KEY, parameters.RC_keyA);
  const z1 = scratchTake(POINT_ROOM);
  const z2 = scratchTake(POINT_ROOM);
  testBefore(scheme);
  let status: u32;
  if (scheme == TPM_ALG_ECDH) {
    status = eccMultiply(curve, secret, theirStatic, z1);
    if (status == ECC_SUCCESS) status = eccMultiply(curve, ephemeral, theirEphemeral, z2);
  } else if (scheme == TPM_ALG_ECMQV) {
    status = ecmqv(curve, secret, ephemeral, theirStatic, theirEphemeral, z1);
  } else {
    status = sm2KeyExchange(curve, secret, ephemeral, theirStatic, theirEphemeral, z1, 0);
  }
  // Points of their choice may meet at infinity: an Empty Point. Anything else is a key that does not fit its curve.
  if (status != ECC_SUCCESS && status != ECC_NO_RESULT) return rcAbout(TPM_RC_KEY, parameters.RC_keyA);

  nullifyShutdown();
  endCommit(parameters.counter);
  if (status == ECC_SUCCESS) writePoint(curve, z1);
  else writeEmptyPoint();
  if (scheme == TPM_ALG_ECDH) writePoint(curve, z2);
  else writeEmptyPoint();
  return TPM_RC_SUCCESS;
}

/** A TPM2B_ECC_POINT as x || y. */
function pointOnCurve(curve: u32, point: usize, out: usize): bool {
  return pointFromWire(curve, pointOf2B(point), out) && eccCheckPoint(curve, out) == ECC_SUCCESS;
}
