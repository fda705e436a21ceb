// [TPM2.0 1.59] 14.3 TPM2_RSA_Decrypt
import { oaepDecrypt, RSA_FAULT, RSA_SUCCESS, rsaesDecrypt, rsaPrivate, rsaSize } from "../../crypto/rsa/index";
import {
  TPM_ALG_NULL,
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_RC_ATTRIBUTES,
  TPM_RC_BINDING,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_RESTRICTED,
} from "../../generated/constants";
import { RSA_Decrypt as parameters } from "../../generated/parameters";
import {
  REFUSAL_KEY_TYPE,
  REFUSAL_RSA_CIPHER_SIZE,
  REFUSAL_RSA_LABEL,
  REFUSAL_RSA_PADDING,
  REFUSAL_RSA_SCHEME,
} from "../../generated/refusals";
import { bytesOf2B, get16, MAX_RSA_KEY_BYTES, rcAbout, refuse, scratchTake, sizeOf2B, write2B } from "../../base/index";
import { testBefore, tpmDrbg } from "../../tpm/algorithms/index";
import { attributesOf, objectOf, objectType, publicOf, rsaKeyOf } from "../../tpm/objects/index";
import { labelIsProper, selectRsaScheme } from "./rsaScheme";

export function RSA_Decrypt(): u32 {
  const object = objectOf(parameters.keyHandle);
  if (objectType(object) != TPM_ALG_RSA)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_TYPE, TPM_ALG_RSA), parameters.RC_keyHandle);
  const area = publicOf(object);
  const attributes = attributesOf(area);
  if (attributes & TPMA_OBJECT_RESTRICTED || !(attributes & TPMA_OBJECT_DECRYPT))
    return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_keyHandle);
  if (!labelIsProper(parameters.label)) return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_RSA_LABEL), parameters.RC_label);
  const scheme = selectRsaScheme(area, parameters.inScheme);
  if (scheme == 0)
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_RSA_SCHEME, parameters.keyHandle), parameters.RC_inScheme);
  const key = rsaKeyOf(object);
  if (key == 0) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);
  if (sizeOf2B(parameters.cipherText) != rsaSize(key))
    return refuse(TPM_RC_SIZE, REFUSAL_RSA_CIPHER_SIZE, sizeOf2B(parameters.cipherText), rsaSize(key));
  const out = scratchTake(MAX_RSA_KEY_BYTES);
  const outSize = scratchTake(4);
  const status = decrypt(key, scheme, out, outSize);
  // The prime that was loaded is none, or not one of this modulus.
  if (status == RSA_FAULT) return rcAbout(TPM_RC_BINDING, parameters.RC_keyHandle);
  if (status != RSA_SUCCESS) return refuse(TPM_RC_VALUE, REFUSAL_RSA_PADDING, parameters.keyHandle);

  write2B(out, load<u32>(outSize));
  return TPM_RC_SUCCESS;
}

/** @returns a status of the kernel. */
function decrypt(key: usize, scheme: usize, out: usize, outSize: usize): u32 {
  const size = rsaSize(key);
  const cipherText = bytesOf2B(parameters.cipherText);
  const label = parameters.label;
  const id = get16(scheme);
  testBefore(TPM_ALG_RSA);
  testBefore(id);
  if (id == TPM_ALG_NULL) {
    store<u32>(outSize, size);
    return rsaPrivate(key, tpmDrbg(), cipherText, size, out);
  }
  if (id != TPM_ALG_OAEP) return rsaesDecrypt(key, tpmDrbg(), cipherText, size, out, size, outSize);
  const hash = get16(scheme + 2);
  testBefore(hash);
  return oaepDecrypt(key, tpmDrbg(), hash, bytesOf2B(label), sizeOf2B(label), cipherText, size, out, size, outSize);
}
