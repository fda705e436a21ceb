// TPM2_EncryptDecrypt and TPM2_EncryptDecrypt2, which differ in the order of their parameters.
import {
  TPM_ALG_CBC,
  TPM_ALG_ECB,
  TPM_ALG_NULL,
  TPM_ALG_SYMCIPHER,
  TPM_RC_ATTRIBUTES,
  TPM_RC_KEY,
  TPM_RC_MODE,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_RESTRICTED,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import {
  REFUSAL_CIPHER_BLOCKS,
  REFUSAL_CIPHER_IV,
  REFUSAL_CIPHER_MODE,
  REFUSAL_KEY_ATTRIBUTES,
  REFUSAL_KEY_TYPE,
} from "../../generated/refusals";
import {
  bytesOf2B,
  MAX_SYM_BLOCK_SIZE,
  rcAbout,
  refuse,
  reserve,
  scratchTake,
  sizeOf2B,
  write2B,
  writeU16,
} from "../../base/index";
import { blockSizeOf, crypt } from "../../tpm/algorithms/index";
import {
  attributesOf,
  isSymMode,
  OBJECT_SENSITIVE,
  objectOf,
  objectType,
  publicOf,
  symAlgorithm,
  symKeyBits,
  symmetricOf,
  symMode,
} from "../../tpm/objects/index";

/** @param aboutKey, aboutMode, aboutIv, aboutData RC_ of the command's handle and parameters that these are */
export function encryptDecrypt(
  keyHandle: u32,
  decrypt: bool,
  inMode: u32,
  ivIn: usize,
  inData: usize,
  aboutKey: u32,
  aboutMode: u32,
  aboutIv: u32,
  aboutData: u32,
): u32 {
  const object = objectOf(keyHandle);
  if (objectType(object) != TPM_ALG_SYMCIPHER)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_TYPE, TPM_ALG_SYMCIPHER), aboutKey);
  const area = publicOf(object);
  const attributes = attributesOf(area);
  const needed = decrypt ? TPMA_OBJECT_DECRYPT : TPMA_OBJECT_SIGN;
  if (attributes & TPMA_OBJECT_RESTRICTED || !(attributes & needed))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_ATTRIBUTES, attributes), aboutKey);
  const symmetric = symmetricOf(area);
  const keyMode = symMode(symmetric);
  if (!isSymMode(keyMode)) return rcAbout(refuse(TPM_RC_MODE, REFUSAL_CIPHER_MODE, keyMode), aboutKey);
  const mode = keyMode == TPM_ALG_NULL ? inMode : keyMode;
  if (mode == TPM_ALG_NULL || (inMode != TPM_ALG_NULL && inMode != mode))
    return rcAbout(refuse(TPM_RC_MODE, REFUSAL_CIPHER_MODE, inMode), aboutMode);
  const algorithm = symAlgorithm(symmetric);
  const bits = symKeyBits(symmetric);
  const blockSize = blockSizeOf(algorithm, bits);
  if (blockSize == 0) return rcAbout(TPM_RC_KEY, aboutKey);
  const ivSize = mode == TPM_ALG_ECB ? 0 : blockSize;
  if (sizeOf2B(ivIn) != ivSize) return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_CIPHER_IV, sizeOf2B(ivIn), ivSize), aboutIv);
  const size = sizeOf2B(inData);
  if ((mode == TPM_ALG_CBC || mode == TPM_ALG_ECB) && size % blockSize != 0) {
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_CIPHER_BLOCKS, blockSize), aboutData);
  }

  const iv = scratchTake(MAX_SYM_BLOCK_SIZE);
  memory.copy(iv, bytesOf2B(ivIn), ivSize);
  writeU16(size);
  const data = reserve(size);
  memory.copy(data, bytesOf2B(inData), size);
  crypt(mode, !decrypt, algorithm, bytesOf2B(object + OBJECT_SENSITIVE), bits, iv, data, size);
  write2B(iv, ivSize);
  return TPM_RC_SUCCESS;
}
