// [TPM2.0 1.59] 14.4 TPM2_ECDH_KeyGen
import { TPM_ALG_ECC, TPM_RC_KEY, TPM_RC_SUCCESS } from "../../generated/constants";
import { ECDH_KeyGen as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_TYPE } from "../../generated/refusals";
import { rcAbout, refuse, scratchTake } from "../../base/index";
import {
  curveOf,
  objectOf,
  objectType,
  POINT_ROOM,
  publicOf,
  writePoint,
} from "../../tpm/objects/index";
import { exchangeWithFreshKey } from "./exchange";

export function ECDH_KeyGen(): u32 {
  const object = objectOf(parameters.keyHandle);
  if (objectType(object) != TPM_ALG_ECC)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_TYPE, TPM_ALG_ECC), parameters.RC_keyHandle);
  const shared = scratchTake(POINT_ROOM);
  const ephemeral = scratchTake(POINT_ROOM);
  if (!exchangeWithFreshKey(object, ephemeral, shared)) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);

  const curve = curveOf(publicOf(object));
  writePoint(curve, shared);
  writePoint(curve, ephemeral);
  return TPM_RC_SUCCESS;
}
