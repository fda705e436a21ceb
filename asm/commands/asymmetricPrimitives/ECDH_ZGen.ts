// [TPM2.0 1.59] 14.5 TPM2_ECDH_ZGen
import {
  TPM_ALG_ECDH,
  TPM_ALG_NULL,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { ECDH_ZGen as parameters } from "../../generated/parameters";
import { REFUSAL_EXCHANGE_SCHEME } from "../../generated/refusals";
import { get16, rcAbout, refuse, scratchTake } from "../../base/index";
import {
  checkExchangeKey,
  curveOf,
  objectOf,
  POINT_ROOM,
  publicOf,
  schemeOf,
  writePoint,
} from "../../tpm/objects/index";
import { exchangeWithPoint } from "./exchange";

export function ECDH_ZGen(): u32 {
  const object = objectOf(parameters.keyHandle);
  let rc = checkExchangeKey(object);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_keyHandle);
  const area = publicOf(object);
  const scheme = get16(schemeOf(area));
  if (scheme != TPM_ALG_ECDH && scheme != TPM_ALG_NULL)
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_EXCHANGE_SCHEME, scheme), parameters.RC_keyHandle);
  const shared = scratchTake(POINT_ROOM);
  rc = exchangeWithPoint(object, parameters.inPoint, shared, parameters.RC_keyHandle, parameters.RC_inPoint);
  if (rc != TPM_RC_SUCCESS) return rc;

  writePoint(curveOf(area), shared);
  return TPM_RC_SUCCESS;
}
