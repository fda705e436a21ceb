// Padding schemes of TPM2_RSA_Encrypt and TPM2_RSA_Decrypt (Part 3, 14.2).
import { TPM_ALG_NULL, TPM_ALG_OAEP } from "../../generated/constants";
import { bytesOf2B, get16, sizeOf2B } from "../../base/index";
import { schemeOf } from "../../tpm/objects/index";

/**
 * The scheme to use: that of the key, or the caller's for a key without one.
 * @param inScheme TPMT_RSA_DECRYPT
 * @returns address of a TPMT_RSA_DECRYPT; 0 when key and caller want different ones
 */
export function selectRsaScheme(area: usize, inScheme: usize): usize {
  const keyScheme = schemeOf(area);
  const id = get16(inScheme);
  if (get16(keyScheme) == TPM_ALG_NULL) return inScheme;
  if (id == TPM_ALG_NULL) return keyScheme;
  if (id != get16(keyScheme)) return 0;
  return id == TPM_ALG_OAEP && get16(inScheme + 2) != get16(keyScheme + 2) ? 0 : inScheme;
}

/** A label (TPM2B) that is there ends in a zero. */
export function labelIsProper(label: usize): bool {
  const size = sizeOf2B(label);
  return size == 0 || load<u8>(bytesOf2B(label) + size - 1) == 0;
}
