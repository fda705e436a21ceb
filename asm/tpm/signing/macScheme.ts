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
import { REFUSAL_KEY_ATTRIBUTES, REFUSAL_KEY_TYPE, REFUSAL_MAC_SCHEME } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { attributesOf, objectType, publicOf, schemeHash, schemeOf, symmetricOf, symMode } from "../objects/index";
import { isHmac } from "./mac";

/** Hash algorithm of the HMAC, or TPM_ALG_CMAC, after a successful selectMac. */
export let selectedMac: u32 = 0;

/**
 * Checks the key and the scheme that the caller wants, which may be TPM_ALG_NULL.
 * @param aboutKey, aboutScheme RC_ of the command's handle and parameter that these are
 * @returns a complete response code
 */
export function selectMac(object: usize, inScheme: u32, aboutKey: u32, aboutScheme: u32): u32 {
  const type = objectType(object);
  if (type != TPM_ALG_KEYEDHASH && type != TPM_ALG_SYMCIPHER)
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_KEY_TYPE, TPM_ALG_KEYEDHASH), aboutKey);
  const area = publicOf(object);
  const isCipher = type == TPM_ALG_SYMCIPHER;
  const own = isCipher ? symMode(symmetricOf(area)) : schemeHash(schemeOf(area));
  const mac = inScheme == TPM_ALG_NULL ? own : inScheme;
  if (mac == TPM_ALG_NULL || (own != TPM_ALG_NULL && mac != own))
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_MAC_SCHEME, mac), aboutScheme);
  if (isCipher ? mac != TPM_ALG_CMAC : !isHmac(mac))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_MAC_SCHEME, mac), aboutScheme);
  const attributes = attributesOf(area);
  if (attributes & TPMA_OBJECT_RESTRICTED)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_ATTRIBUTES, attributes), aboutKey);
  if (!(attributes & TPMA_OBJECT_SIGN))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_ATTRIBUTES, attributes), aboutKey);
  selectedMac = mac;
  return TPM_RC_SUCCESS;
}
