// [TPM2.0 1.59] 31.16 TPM2_NV_Certify
import {
  TPM_RC_KEY,
  TPM_RC_NV_RANGE,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPM_ST_ATTEST_NV,
  TPM_ST_ATTEST_NV_DIGEST,
} from "../../generated/constants";
import { NV_Certify as parameters } from "../../generated/parameters";
import {
  REFUSAL_KEY_NOT_SIGNING,
  REFUSAL_NV_PIECE,
  REFUSAL_NV_RANGE,
  REFUSAL_SIGN_SCHEME,
} from "../../generated/refusals";
import { MAX_NV_BUFFER_SIZE, rcAbout, refuse, reserve, scratchTake, write2B, writeU16 } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../../tpm/algorithms/index";
import { indexData, indexDataSize, indexName, indexOf, readAccess } from "../../tpm/nv/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, signHash, startAttest } from "../../tpm/signing/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function NV_Certify(): u32 {
  const key = signerOf(parameters.signHandle);
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);
  const rc = readAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const size: u32 = parameters.size;
  const offset: u32 = parameters.offset;
  if (size + offset > indexDataSize(index))
    return refuse(TPM_RC_NV_RANGE, REFUSAL_NV_RANGE, parameters.nvIndex, offset, size, indexDataSize(index));
  if (size > MAX_NV_BUFFER_SIZE)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_NV_PIECE, size, MAX_NV_BUFFER_SIZE), parameters.RC_size);

  const isWhole = size == 0 && offset == 0;
  startAttest(key, isWhole ? TPM_ST_ATTEST_NV_DIGEST : TPM_ST_ATTEST_NV, parameters.qualifyingData);
  const name = scratchTake(2 + 64);
  write2B(name, indexName(index, name));
  if (isWhole) {
    writeContentsDigest(index);
  } else {
    writeU16(offset);
    write2B(indexData(index) + offset, size);
  }
  return finishAttest(key, parameters.qualifyingData);
}

/** By the hash of the signing scheme; without a key there is none. */
function writeContentsDigest(index: usize): void {
  const digestSize = digestSizeOf(signHash);
  writeU16(digestSize);
  if (digestSize == 0) return;
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(signHash, state);
  hashUpdate(state, indexData(index), indexDataSize(index));
  hashFinal(state, reserve(digestSize));
}
