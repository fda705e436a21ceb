// [TPM2.0 1.59] 16.1 TPM2_GetRandom
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { GetRandom as parameters } from "../../generated/parameters";
import { MAX_DIGEST_SIZE, reserve, writeU16 } from "../../base/index";
import { randomBytes } from "../../tpm/algorithms/index";

export function GetRandom(): u32 {
  // A TPM2B_DIGEST holds the answer: fewer bytes than asked for are no error.
  const size = min<u32>(parameters.bytesRequested, MAX_DIGEST_SIZE);
  writeU16(size);
  randomBytes(reserve(size), size);
  return TPM_RC_SUCCESS;
}
