// [TPM2.0 1.59] 16.2 TPM2_StirRandom
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { StirRandom as parameters } from "../../generated/parameters";
import { bytesOf2B, sizeOf2B } from "../../base/index";
import { stirRandom } from "../../tpm/algorithms/index";

export function StirRandom(): u32 {
  stirRandom(bytesOf2B(parameters.inData), sizeOf2B(parameters.inData));
  return TPM_RC_SUCCESS;
}
