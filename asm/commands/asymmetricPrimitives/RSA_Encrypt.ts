// [TPM2.0 1.59] 14.2 TPM2_RSA_Encrypt
import {
  oaepEncrypt,
  RSA_HASH,
  RSA_SUCCESS,
  RSA_VALUE,
  rsaesEncrypt,
  rsaPublic,
  rsaSize,
} from "../../crypto/rsa/index";
import {
  TPM_ALG_NULL,
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HASH,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPMA_OBJECT_DECRYPT,
} from "../../generated/constants";
import { RSA_Encrypt as parameters } from "../../generated/parameters";
import {
  REFUSAL_KEY_ATTRIBUTES,
  REFUSAL_KEY_TYPE,
  REFUSAL_RSA_LABEL,
  REFUSAL_RSA_MESSAGE,
  REFUSAL_RSA_SCHEME,
} from "../../generated/refusals";
import { bytesOf2B, get16, MAX_RSA_KEY_BYTES, rcAbout, refuse, scratchTake, sizeOf2B, write2B } from "../../base/index";
import { testBefore, tpmDrbg } from "../../tpm/algorithms/index";
import { attributesOf, objectOf, objectType, publicOf, rsaKeyOf, toFixedSize } from "../../tpm/objects/index";
import { labelIsProper, selectRsaScheme } from "./rsaScheme";

export function RSA_Encrypt(): u32 {
  const object = objectOf(parameters.keyHandle);
  if (objectType(object) != TPM_ALG_RSA)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_TYPE, TPM_ALG_RSA), parameters.RC_keyHandle);
  const area = publicOf(object);
  if (!(attributesOf(area) & TPMA_OBJECT_DECRYPT))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_ATTRIBUTES, attributesOf(area)), parameters.RC_keyHandle);
  if (!labelIsProper(parameters.label)) return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_RSA_LABEL), parameters.RC_label);
  const scheme = selectRsaScheme(area, parameters.inScheme);
  if (scheme == 0)
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_RSA_SCHEME, parameters.keyHandle), parameters.RC_inScheme);
  const key = rsaKeyOf(object);
  if (key == 0) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);
  const out = scratchTake(MAX_RSA_KEY_BYTES);
  const status = encrypt(key, scheme, out);
  if (status == RSA_HASH) return TPM_RC_HASH;
  if (status != RSA_SUCCESS) return refuse(TPM_RC_VALUE, REFUSAL_RSA_MESSAGE);

  write2B(out, rsaSize(key));
  return TPM_RC_SUCCESS;
}

/** @returns a status of the kernel. */
function encrypt(key: usize, scheme: usize, out: usize): u32 {
  const message = parameters.message;
  const label = parameters.label;
  const id = get16(scheme);
  testBefore(TPM_ALG_RSA);
  testBefore(id);
  if (id == TPM_ALG_NULL) {
    return toFixedSize(message, out, rsaSize(key)) ? rsaPublic(key, out, rsaSize(key), out) : RSA_VALUE;
  }
  if (id != TPM_ALG_OAEP) return rsaesEncrypt(key, tpmDrbg(), bytesOf2B(message), sizeOf2B(message), out);
  const hash = get16(scheme + 2);
  testBefore(hash);
  return oaepEncrypt(
    key,
    tpmDrbg(),
    hash,
    bytesOf2B(label),
    sizeOf2B(label),
    bytesOf2B(message),
    sizeOf2B(message),
    out,
  );
}
