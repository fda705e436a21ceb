// Which MAC a key makes for TPM2_MAC and TPM2_MAC_Start (Part 3, 15.6 and 17.3).
import {
  TPM_ALG_CMAC,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_SYMCIPHER,
  TPM_RC_ATTRIBUTES,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPM_RC_TYPE,
  TPM_RC_VALUE,
  TPMA_OBJECT_RESTRICTED,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import { rcHandle, rcParameter } from "../../base/index";
import { attributesOf, objectType, publicOf, schemeHash, schemeOf, symmetricOf, symMode } from "../objects/index";
import { isHmac } from "./mac";

/** Hash algorithm of the HMAC, or TPM_ALG_CMAC, after a successful selectMac. */
export let selectedMac: u32 = 0;

/**
 * Checks the key (handle 1) and the scheme that the caller wants (parameter 2, may be TPM_ALG_NULL).
 * @returns a complete response code
 */
export function selectMac(object: usize, inScheme: u32): u32 {
  const type = objectType(object);
  if (type != TPM_ALG_KEYEDHASH && type != TPM_ALG_SYMCIPHER) return rcHandle(TPM_RC_TYPE, 1);
  const area = publicOf(object);
  const isCipher = type == TPM_ALG_SYMCIPHER;
  const own = isCipher ? symMode(symmetricOf(area)) : schemeHash(schemeOf(area));
  const mac = inScheme == TPM_ALG_NULL ? own : inScheme;
  if (mac == TPM_ALG_NULL || (own != TPM_ALG_NULL && mac != own)) return rcParameter(TPM_RC_VALUE, 2);
  if (isCipher ? mac != TPM_ALG_CMAC : !isHmac(mac)) return rcParameter(TPM_RC_SCHEME, 2);
  const attributes = attributesOf(area);
  if (attributes & TPMA_OBJECT_RESTRICTED) return rcHandle(TPM_RC_ATTRIBUTES, 1);
  if (!(attributes & TPMA_OBJECT_SIGN)) return rcHandle(TPM_RC_KEY, 1);
  selectedMac = mac;
  return TPM_RC_SUCCESS;
}
