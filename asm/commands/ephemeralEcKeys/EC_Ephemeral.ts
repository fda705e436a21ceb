// [TPM2.0 1.59] 19.3 TPM2_EC_Ephemeral
import { ECC_SUCCESS, eccPublicPoint } from "../../crypto/ecc/index";
import { TPM_ALG_ECDH, TPM_RC_NO_RESULT, TPM_RC_SUCCESS } from "../../generated/constants";
import { EC_Ephemeral as parameters } from "../../generated/parameters";
import { MAX_ECC_KEY_BYTES, scratchTake, writeU16 } from "../../base/index";
import { testBefore } from "../../tpm/algorithms/index";
import { POINT_ROOM, writePoint } from "../../tpm/objects/index";
import { commit, nextCommitScalar } from "../../tpm/signing/index";
import { nullifyShutdown } from "../../tpm/state/index";

export function EC_Ephemeral(): u32 {
  const curve: u32 = parameters.curveID;
  const r = scratchTake(MAX_ECC_KEY_BYTES);
  const point = scratchTake(POINT_ROOM);
  testBefore(TPM_ALG_ECDH);
  nextCommitScalar(curve, 0, r);
  if (eccPublicPoint(curve, r, point) != ECC_SUCCESS) return TPM_RC_NO_RESULT;

  nullifyShutdown();
  writePoint(curve, point);
  writeU16(commit());
  return TPM_RC_SUCCESS;
}
