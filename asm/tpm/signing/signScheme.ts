// Which key may sign, and with which scheme (Part 3, 18.1). Handles of signing keys may be TPM_RH_NULL: the signature is
// then empty.
import {
  TPM_ALG_ECDAA,
  TPM_ALG_HMAC,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_SYMCIPHER,
  TPM_RH_NULL,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import { get16 } from "../../base/index";
import {
  attributesOf,
  isAsymSignScheme,
  isSequence,
  objectOf,
  publicOf,
  schemeHash,
  schemeOf,
  typeOf,
} from "../objects/index";

/** The scheme that selectSignScheme chose; TPM_ALG_NULL without a key. */
export let signScheme: u32 = TPM_ALG_NULL;
/** Its hash algorithm; TPM_ALG_NULL without a key. */
export let signHash: u32 = TPM_ALG_NULL;
/** Counter of the commitment, for TPM_ALG_ECDAA. */
export let signCount: u32 = 0;

/** Slot of the key; 0 for TPM_RH_NULL. */
export function signerOf(handle: u32): usize {
  return handle == TPM_RH_NULL ? 0 : objectOf(handle);
}

/** The attribute sign is SET, in a key that is no sequence. */
export function hasSignAttribute(object: usize): bool {
  return !isSequence(object) && (attributesOf(publicOf(object)) & TPMA_OBJECT_SIGN) != 0;
}

/** `key` is a slot, or 0 for none. */
export function isSigningKey(key: usize): bool {
  return key == 0 || (hasSignAttribute(key) && typeOf(publicOf(key)) != TPM_ALG_SYMCIPHER);
}

/** A signature with this scheme does not say which key made it. */
export function isAnonymous(scheme: u32): bool {
  return scheme == TPM_ALG_ECDAA;
}

function choose(scheme: usize): void {
  signScheme = get16(scheme);
  signHash = schemeHash(scheme);
  signCount = signScheme == TPM_ALG_ECDAA ? get16(scheme + 4) : 0;
}

/** A key of this type can sign with the scheme. */
function isSchemeOf(type: u32, scheme: u32): bool {
  return type == TPM_ALG_KEYEDHASH ? scheme == TPM_ALG_HMAC : isAsymSignScheme(type, scheme);
}

/**
 * Chooses between the scheme of the key and inScheme (TPMT_SIG_SCHEME). False when they don't go together: neither says
 * one, they differ, such a key has no such scheme, or the key's needs a counter and inScheme has none.
 */
export function selectSignScheme(key: usize, inScheme: usize): bool {
  if (key == 0) {
    signScheme = TPM_ALG_NULL;
    signHash = TPM_ALG_NULL;
    return true;
  }
  const own = schemeOf(publicOf(key));
  const ownId = get16(own);
  const inId = get16(inScheme);
  if (inId == TPM_ALG_NULL) {
    choose(own);
    return ownId != TPM_ALG_NULL && ownId != TPM_ALG_ECDAA;
  }
  choose(inScheme);
  if (ownId == TPM_ALG_NULL) return isSchemeOf(typeOf(publicOf(key)), inId);
  return ownId == inId && schemeHash(own) == schemeHash(inScheme);
}
