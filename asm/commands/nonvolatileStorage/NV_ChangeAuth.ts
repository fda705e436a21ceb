// [TPM2.0 1.59] 31.15 TPM2_NV_ChangeAuth
import { TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { NV_ChangeAuth as parameters } from "../../generated/parameters";
import { REFUSAL_NV_AUTH_SIZE } from "../../generated/refusals";
import { rcAbout, refuse, removeTrailingZeros } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { indexNameAlgorithm, indexOf, setIndexAuth } from "../../tpm/nv/index";

export function NV_ChangeAuth(): u32 {
  const index = indexOf(parameters.nvIndex);
  const size = removeTrailingZeros(parameters.newAuth);
  const limit = digestSizeOf(indexNameAlgorithm(index));
  if (size > limit) return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_NV_AUTH_SIZE, limit), parameters.RC_newAuth);

  setIndexAuth(index, parameters.newAuth);
  return TPM_RC_SUCCESS;
}
