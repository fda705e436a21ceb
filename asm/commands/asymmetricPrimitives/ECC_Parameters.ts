// [TPM2.0 1.59] 14.6 TPM2_ECC_Parameters
import { ECC_MAX_SIZE, ECC_SUCCESS, eccBits, eccDomain, eccSize } from "../../crypto/ecc/index";
import {
  TPM_ALG_KDF1_SP800_56A,
  TPM_ALG_NULL,
  TPM_ALG_SHA256,
  TPM_ALG_SHA384,
  TPM_ALG_SHA512,
  TPM_ALG_SM3_256,
  TPM_ECC_BN_P256,
  TPM_ECC_BN_P638,
  TPM_ECC_NIST_P384,
  TPM_ECC_NIST_P521,
  TPM_ECC_SM2_P256,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { ECC_Parameters as parameters } from "../../generated/parameters";
import { rcAbout, scratchTake, write2B, writeU16, writeU8 } from "../../base/index";

/** The hash of the curve's KDF; TPM_ALG_NULL without one. A TPM without SM3 reports that of the SM2 curve, too. */
function kdfHash(curve: u32): u32 {
  switch (curve) {
    case TPM_ECC_BN_P256:
    case TPM_ECC_BN_P638:
      return TPM_ALG_NULL;
    case TPM_ECC_NIST_P384:
      return TPM_ALG_SHA384;
    case TPM_ECC_NIST_P521:
      return TPM_ALG_SHA512;
    case TPM_ECC_SM2_P256:
      return TPM_ALG_SM3_256;
    default:
      return TPM_ALG_SHA256;
  }
}

/** Numbers have as many bytes as p; but an a of 0, and the cofactor, have one. */
export function ECC_Parameters(): u32 {
  const curve = parameters.curveID;
  const domain = scratchTake(6 * ECC_MAX_SIZE);
  if (eccDomain(curve, domain) != ECC_SUCCESS) return rcAbout(TPM_RC_VALUE, parameters.RC_curveID);
  const size = eccSize(curve);
  const hash = kdfHash(curve);
  writeU16(curve);
  writeU16(eccBits(curve));
  writeU16(hash == TPM_ALG_NULL ? TPM_ALG_NULL : TPM_ALG_KDF1_SP800_56A);
  if (hash != TPM_ALG_NULL) writeU16(hash);
  writeU16(TPM_ALG_NULL);
  for (let i: u32 = 0; i < 6; i++) {
    const aIsZero = i == 1 && hash == TPM_ALG_NULL;
    write2B(domain + i * size, aIsZero ? 1 : size);
  }
  writeU16(1);
  writeU8(1);
  return TPM_RC_SUCCESS;
}
