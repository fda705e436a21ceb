// [TPM2.0 1.59] 31.9 TPM2_NV_Extend
import { TPM_NT_EXTEND, TPM_RC_ATTRIBUTES, TPM_RC_SUCCESS, TPMA_NV_WRITTEN } from "../../generated/constants";
import { NV_Extend as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NOT_EXTEND } from "../../generated/refusals";
import { MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate, hashUpdate2B } from "../../tpm/algorithms/index";
import {
  indexAttributes,
  indexData,
  indexNameAlgorithm,
  indexOf,
  nvType,
  writeAccess,
  writeIndex,
} from "../../tpm/nv/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function NV_Extend(): u32 {
  const rc = writeAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  if (nvType(attributes) != TPM_NT_EXTEND)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NOT_EXTEND, parameters.nvIndex, attributes), parameters.RC_nvIndex);

  const algorithm = indexNameAlgorithm(index);
  const size = digestSizeOf(algorithm);
  const state = scratchTake(HASH_STATE_ROOM);
  const digest = scratchTake(MAX_DIGEST_SIZE);
  if (attributes & TPMA_NV_WRITTEN) memory.copy(digest, indexData(index), size);
  hashStart(algorithm, state);
  hashUpdate(state, digest, size);
  hashUpdate2B(state, parameters.data);
  hashFinal(state, digest);
  writeIndex(index, 0, digest, size);
  return TPM_RC_SUCCESS;
}
