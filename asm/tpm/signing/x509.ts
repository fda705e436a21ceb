// The parts of an X.509 certificate that this TPM writes and reads (RFC 5280, 3279, 4055, 5480; Part 3, 18.8).
import { digestInfoPrefix, MAX_DIGEST_INFO_PREFIX } from "../../crypto/rsa/digestInfo";
import { rsapssSaltSize } from "../../crypto/rsa/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_ECDSA,
  TPM_ALG_RSA,
  TPM_ALG_RSAPSS,
  TPM_ALG_RSASSA,
  TPM_ALG_SHA1,
  TPM_ALG_SHA256,
  TPM_ALG_SHA384,
  TPM_ALG_SHA3_256,
  TPM_ALG_SHA3_384,
  TPM_ALG_SHA3_512,
  TPM_ALG_SHA512,
  TPM_ALG_SM3_256,
  TPM_ECC_NIST_P192,
  TPM_ECC_NIST_P224,
  TPM_ECC_NIST_P256,
  TPM_ECC_NIST_P384,
  TPM_ECC_NIST_P521,
  TPM_ECC_SM2_P256,
  TPM_RC_ATTRIBUTES,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_FIXEDTPM,
  TPMA_OBJECT_SIGN,
  TPMA_X509_KEY_USAGE_CRLSIGN,
  TPMA_X509_KEY_USAGE_DATAENCIPHERMENT,
  TPMA_X509_KEY_USAGE_DECIPHERONLY,
  TPMA_X509_KEY_USAGE_DIGITALSIGNATURE,
  TPMA_X509_KEY_USAGE_ENCIPHERONLY,
  TPMA_X509_KEY_USAGE_KEYAGREEMENT,
  TPMA_X509_KEY_USAGE_KEYCERTSIGN,
  TPMA_X509_KEY_USAGE_KEYENCIPHERMENT,
  TPMA_X509_KEY_USAGE_NONREPUDIATION,
} from "../../generated/constants";
import { bytesOf2B, equalBytes, put32, scratchMark, scratchRelease, scratchTake, sizeOf2B } from "../../base/index";
import {
  curveOf,
  isRestrictedDecrypt,
  isSequence,
  publicOf,
  rsaExponentOf,
  rsaKeyOf,
  typeOf,
  uniqueOf,
} from "../objects/index";
import {
  DER_BIT_STRING,
  DER_BOOLEAN,
  DER_CONTEXT,
  DER_INTEGER,
  DER_OCTET_STRING,
  DER_OID,
  DER_SEQUENCE,
  derBits,
  derContents,
  derPushByte,
  derPushBytes,
  derPushHeader,
  derPushNull,
  derPushOid,
  derPushUnsigned,
  derRead,
  derReadBits,
  derStart,
  derTag,
  derWrap,
} from "./der";
import { signHash, signScheme } from "./signScheme";

// --- object identifiers: the number of octets, then the octets ------------------------------------------------------

/** rsaEncryption; other identifiers of PKCS #1 differ in the last octet. */
const PKCS1: usize = memory.data<u8>([9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
const PKCS1_MGF1: u32 = 8;
const PKCS1_PSS: u32 = 10;
/** sigAlgs of NIST, 2.16.840.1.101.3.4.3, which the last octet follows. */
const NIST_SIGNATURES: usize = memory.data<u8>([9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x00]);
/** RSA signature with SM3 (GM/T 0006). */
const RSA_SM3: usize = memory.data<u8>([8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x78]);
const EC_PUBLIC_KEY: usize = memory.data<u8>([7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
const ECDSA_SHA1: usize = memory.data<u8>([7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]);
/** ecdsa-with-SHA2: 1.2.840.10045.4.3, which the last octet follows. */
const ECDSA_SHA2: usize = memory.data<u8>([8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x00]);
const P192: usize = memory.data<u8>([8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01]);
const P224: usize = memory.data<u8>([5, 0x2b, 0x81, 0x04, 0x00, 0x21]);
const P256: usize = memory.data<u8>([8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
const P384: usize = memory.data<u8>([5, 0x2b, 0x81, 0x04, 0x00, 0x22]);
const P521: usize = memory.data<u8>([5, 0x2b, 0x81, 0x04, 0x00, 0x23]);
const SM2: usize = memory.data<u8>([8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]);
const KEY_USAGE: usize = memory.data<u8>([3, 0x55, 0x1d, 0x0f]);
/** tcg-tpmaObject */
const OBJECT_ATTRIBUTES_OID: usize = memory.data<u8>([7, 0x67, 0x81, 0x05, 0x0a, 0x01, 0x01, 0x01]);

// KeyUsage as TPMA_X509_KEY_USAGE (Part 2, 8.11)
const USAGE_SIGN: u32 =
  TPMA_X509_KEY_USAGE_DIGITALSIGNATURE | TPMA_X509_KEY_USAGE_KEYCERTSIGN | TPMA_X509_KEY_USAGE_CRLSIGN;
const USAGE_DECRYPT: u32 =
  TPMA_X509_KEY_USAGE_DATAENCIPHERMENT |
  TPMA_X509_KEY_USAGE_KEYAGREEMENT |
  TPMA_X509_KEY_USAGE_ENCIPHERONLY |
  TPMA_X509_KEY_USAGE_DECIPHERONLY;

/** OBJECT IDENTIFIER with another last octet. */
function pushOidWith(oid: usize, last: u32): void {
  const size: u32 = load<u8>(oid);
  derPushByte(last);
  derPushBytes(oid + 1, size - 1);
  derPushHeader(DER_OID, size);
}

// --- SubjectPublicKeyInfo -----------------------------------------------------------------------------------------

function curveOid(curve: u32): usize {
  switch (curve) {
    case TPM_ECC_NIST_P192:
      return P192;
    case TPM_ECC_NIST_P224:
      return P224;
    case TPM_ECC_NIST_P256:
      return P256;
    case TPM_ECC_NIST_P384:
      return P384;
    case TPM_ECC_NIST_P521:
      return P521;
    case TPM_ECC_SM2_P256:
      return SM2;
    default:
      return 0;
  }
}

/** A certificate can hold the public key of this object. */
export function canCertifyKey(object: usize): bool {
  if (isSequence(object)) return false;
  const area = publicOf(object);
  return typeOf(area) == TPM_ALG_RSA || (typeOf(area) == TPM_ALG_ECC && curveOid(curveOf(area)) != 0);
}

/** SubjectPublicKeyInfo of an object for which canCertifyKey is true. */
export function pushPublicKey(object: usize): void {
  const area = publicOf(object);
  const end = derStart;
  if (typeOf(area) == TPM_ALG_RSA) pushRsaKey(area);
  else pushEccKey(area);
  derWrap(DER_SEQUENCE, end);
}

function pushRsaKey(area: usize): void {
  const end = derStart;
  const mark = scratchMark();
  const e = scratchTake(4);
  put32(e, rsaExponentOf(area));
  derPushUnsigned(e, 4);
  scratchRelease(mark);
  const n = uniqueOf(area);
  derPushUnsigned(bytesOf2B(n), sizeOf2B(n));
  derWrap(DER_SEQUENCE, end);
  derPushByte(0);
  derWrap(DER_BIT_STRING, end);
  const algorithmEnd = derStart;
  derPushNull();
  derPushOid(PKCS1);
  derWrap(DER_SEQUENCE, algorithmEnd);
}

function pushEccKey(area: usize): void {
  const end = derStart;
  const x = uniqueOf(area);
  const y = x + 2 + sizeOf2B(x);
  derPushBytes(bytesOf2B(y), sizeOf2B(y));
  derPushBytes(bytesOf2B(x), sizeOf2B(x));
  derPushByte(4);
  derPushByte(0);
  derWrap(DER_BIT_STRING, end);
  const algorithmEnd = derStart;
  derPushOid(curveOid(curveOf(area)));
  derPushOid(EC_PUBLIC_KEY);
  derWrap(DER_SEQUENCE, algorithmEnd);
}

// --- AlgorithmIdentifier of the signature -------------------------------------------------------------------------

/** Last octet of the identifier of a signature by `first` (SHA-256) and the SHA-2 hashes after it; 0 for other hashes. */
function sha2(first: u32, hash: u32): u32 {
  if (hash == TPM_ALG_SHA256) return first;
  if (hash == TPM_ALG_SHA384) return first + 1;
  return hash == TPM_ALG_SHA512 ? first + 2 : 0;
}
function sha3(first: u32, hash: u32): u32 {
  if (hash == TPM_ALG_SHA3_256) return first;
  if (hash == TPM_ALG_SHA3_384) return first + 1;
  return hash == TPM_ALG_SHA3_512 ? first + 2 : 0;
}

/** The scheme that selectSignScheme chose has an AlgorithmIdentifier, for a key of this type. */
export function hasSignatureAlgorithm(type: u32): bool {
  switch (signScheme) {
    case TPM_ALG_RSASSA:
    case TPM_ALG_RSAPSS:
      return type == TPM_ALG_RSA;
    case TPM_ALG_ECDSA:
      return type == TPM_ALG_ECC && signHash != TPM_ALG_SM3_256;
    default:
      return false;
  }
}

/** AlgorithmIdentifier of the scheme that selectSignScheme chose, where there is one. */
export function pushSignatureAlgorithm(key: usize): void {
  const end = derStart;
  switch (signScheme) {
    case TPM_ALG_RSASSA:
      derPushNull();
      if (signHash == TPM_ALG_SHA1) pushOidWith(PKCS1, 5);
      else if (signHash == TPM_ALG_SM3_256) derPushOid(RSA_SM3);
      else if (sha2(11, signHash) != 0) pushOidWith(PKCS1, sha2(11, signHash));
      else pushOidWith(NIST_SIGNATURES, sha3(14, signHash));
      break;
    case TPM_ALG_RSAPSS:
      pushPssParameters(key);
      pushOidWith(PKCS1, PKCS1_PSS);
      break;
    default:
      if (signHash == TPM_ALG_SHA1) derPushOid(ECDSA_SHA1);
      else if (sha2(2, signHash) != 0) pushOidWith(ECDSA_SHA2, sha2(2, signHash));
      else pushOidWith(NIST_SIGNATURES, sha3(10, signHash));
      break;
  }
  derWrap(DER_SEQUENCE, end);
}

/** RSASSA-PSS-params (RFC 4055, 3.1), without what has its default: everything, for SHA-1. */
function pushPssParameters(key: usize): void {
  const end = derStart;
  const saltSize = rsapssSaltSize(rsaKeyOf(key), signHash);
  if (saltSize != 20) {
    derPushByte(saltSize);
    derPushHeader(DER_INTEGER, 1);
    derWrap(DER_CONTEXT + 2, end);
  }
  if (signHash != TPM_ALG_SHA1) {
    const mgfEnd = derStart;
    pushHashAlgorithm();
    pushOidWith(PKCS1, PKCS1_MGF1);
    derWrap(DER_SEQUENCE, mgfEnd);
    derWrap(DER_CONTEXT + 1, mgfEnd);
    const hashEnd = derStart;
    pushHashAlgorithm();
    derWrap(DER_CONTEXT, hashEnd);
  }
  derWrap(DER_SEQUENCE, end);
}

/** AlgorithmIdentifier of the hash: it stands in DigestInfo after the outer header. */
function pushHashAlgorithm(): void {
  const mark = scratchMark();
  const prefix = scratchTake(MAX_DIGEST_INFO_PREFIX);
  digestInfoPrefix(signHash, prefix);
  derPushBytes(prefix + 2, 2 + load<u8>(prefix, 3));
  scratchRelease(mark);
}

// --- Extensions ---------------------------------------------------------------------------------------------------

function isOid(at: usize, size: u32, oid: usize): bool {
  return size == load<u8>(oid) && equalBytes(at, oid + 1, size);
}

/** KeyUsage against the attributes of the key (Part 2, table of TPMA_X509_KEY_USAGE). */
function usageFits(usage: u32, attributes: u32): bool {
  if (usage & USAGE_SIGN && !(attributes & TPMA_OBJECT_SIGN)) return false;
  if (usage & USAGE_DECRYPT && !(attributes & TPMA_OBJECT_DECRYPT)) return false;
  if (usage & TPMA_X509_KEY_USAGE_KEYENCIPHERMENT && !isRestrictedDecrypt(attributes)) return false;
  return !(usage & TPMA_X509_KEY_USAGE_NONREPUDIATION) || (attributes & TPMA_OBJECT_FIXEDTPM) != 0;
}

/**
 * The contents of [3]: Extensions with a KeyUsage, and perhaps a TPMA_OBJECT, that fit the attributes of the key.
 * @returns TPM_RC_SUCCESS, TPM_RC_VALUE when it is no such DER, TPM_RC_ATTRIBUTES when it does not fit
 */
export function checkExtensions(at: usize, end: usize, attributes: u32): u32 {
  if (derRead(at, end) != end || derTag != DER_SEQUENCE) return TPM_RC_VALUE;
  let next = derContents;
  let hasUsage = false;
  let hasAttributes = false;
  let fits = true;
  while (next != end) {
    const extensionEnd = derRead(next, end);
    if (extensionEnd == 0 || derTag != DER_SEQUENCE) return TPM_RC_VALUE;
    next = extensionEnd;
    let inside = derRead(derContents, extensionEnd);
    if (inside == 0 || derTag != DER_OID) return TPM_RC_VALUE;
    const oid = derContents;
    const oidSize = (inside - oid) as u32;
    inside = derRead(inside, extensionEnd);
    if (inside != 0 && derTag == DER_BOOLEAN) {
      // critical, which may not be given when it is FALSE.
      if (inside - derContents != 1 || load<u8>(derContents) != 0xff) return TPM_RC_VALUE;
      inside = derRead(inside, extensionEnd);
    }
    if (inside != extensionEnd || derTag != DER_OCTET_STRING) return TPM_RC_VALUE;
    const value = derContents;
    if (isOid(oid, oidSize, KEY_USAGE)) {
      if (hasUsage || !derReadBits(value, extensionEnd)) return TPM_RC_VALUE;
      hasUsage = true;
      fits = fits && usageFits(derBits, attributes);
    } else if (isOid(oid, oidSize, OBJECT_ATTRIBUTES_OID)) {
      if (hasAttributes || !derReadBits(value, extensionEnd)) return TPM_RC_VALUE;
      hasAttributes = true;
      fits = fits && derBits == attributes;
    }
  }
  if (!hasUsage) return TPM_RC_VALUE;
  return fits ? TPM_RC_SUCCESS : TPM_RC_ATTRIBUTES;
}
