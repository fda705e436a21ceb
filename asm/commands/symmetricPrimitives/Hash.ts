// [TPM2.0 1.59] 15.4 TPM2_Hash
import { TPM_RC_SUCCESS, TPM_RH_NULL, TPM_ST_HASHCHECK } from "../../generated/constants";
import { Hash as parameters } from "../../generated/parameters";
import { bytesOf2B, reserve, scratchTake, sizeOf2B, writeU16 } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate2B } from "../../tpm/algorithms/index";
import { hashCheckTicket, startsSafely, writeNullTicket, writeTicket } from "../../tpm/platform/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function Hash(): u32 {
  const data = parameters.data;
  const size = digestSizeOf(parameters.hashAlg);
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(parameters.hashAlg, state);
  hashUpdate2B(state, data);
  writeU16(size);
  const digest = reserve(size);
  hashFinal(state, digest);
  // Fewer than four bytes are complete here and cannot be the start of anything.
  const safe = sizeOf2B(data) < 4 || startsSafely(bytesOf2B(data), sizeOf2B(data));
  if (parameters.hierarchy != TPM_RH_NULL && safe)
    writeTicket(hashCheckTicket(parameters.hierarchy, parameters.hashAlg, digest, size));
  else writeNullTicket(TPM_ST_HASHCHECK);
  return TPM_RC_SUCCESS;
}
