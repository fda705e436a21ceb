// [TPM2.0 1.59] 18.8 TPM2_CertifyX509
import {
  TPM_ALG_NULL,
  TPM_RC_ASYMMETRIC,
  TPM_RC_ATTRIBUTES,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { CertifyX509 as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_NOT_SIGNING, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { bytesOf2B, MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake, sizeOf2B, write2B } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate, hashUpdate2B } from "../../tpm/algorithms/index";
import { attributesOf, nameAlgOf, OBJECT_NAME, objectOf, publicOf, typeOf } from "../../tpm/objects/index";
import {
  canCertifyKey,
  checkExtensions,
  DER_CONTEXT,
  DER_SEQUENCE,
  derContents,
  derPushHeader,
  derPushUnsigned,
  derRead,
  derStart,
  derTag,
  derWrap,
  derWriteBefore,
  hasSignatureAlgorithm,
  isSigningKey,
  pushPublicKey,
  pushSignatureAlgorithm,
  selectSignScheme,
  signerOf,
  signHash,
  writeSignature,
} from "../../tpm/signing/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

/** The most of RFC 5280, 4.1.2.2. */
const SERIAL_NUMBER_SIZE: u32 = 20;
/** An RSA-4096 key takes 550, everything else less than 150. */
const ADDED_ROOM: u32 = 1024;
const VERSION_3: usize = memory.data<u8>([2]);
const EXTENSIONS: u32 = DER_CONTEXT + 3;

// The partial certificate: [AlgorithmIdentifier] Name Validity Name, then the extensions.
let names: usize = 0;
let namesEnd: usize = 0;
let sequences: u32 = 0;
let extensions: usize = 0;
let extensionsEnd: usize = 0;

export function CertifyX509(): u32 {
  const key = signerOf(parameters.signHandle);
  const object = objectOf(parameters.objectHandle);
  const partial = parameters.partialCertificate;
  if (sizeOf2B(parameters.reserved) != 0) return rcAbout(TPM_RC_SIZE, parameters.RC_reserved);
  if (key == 0 || !isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);
  if (!canCertifyKey(object)) return rcAbout(TPM_RC_ASYMMETRIC, parameters.RC_objectHandle);
  let rc = readPartial(bytesOf2B(partial), bytesOf2B(partial) + sizeOf2B(partial));
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_partialCertificate);
  const addsAlgorithm = sequences == 3;
  if (addsAlgorithm && !hasSignatureAlgorithm(typeOf(publicOf(key))))
    return rcAbout(TPM_RC_SCHEME, parameters.RC_signHandle);
  derRead(extensions, extensionsEnd);
  rc = checkExtensions(derContents, extensionsEnd, attributesOf(publicOf(object)));
  if (rc != TPM_RC_SUCCESS)
    return rc == TPM_RC_ATTRIBUTES
      ? rcAbout(rc, parameters.RC_objectHandle)
      : rcAbout(rc, parameters.RC_partialCertificate);

  const state = scratchTake(HASH_STATE_ROOM);
  const end = scratchTake(ADDED_ROOM) + ADDED_ROOM;
  derWriteBefore(end);
  pushPublicKey(object);
  const publicKey = derStart;
  if (addsAlgorithm) pushSignatureAlgorithm(key);
  const algorithm = derStart;
  const serial = scratchTake(MAX_DIGEST_SIZE);
  const serialSize = serialNumber(key, object, algorithm, publicKey, end, state, serial);
  derPushUnsigned(serial, serialSize);
  const serialEnd = derStart;
  derPushUnsigned(VERSION_3, 1);
  derWrap(DER_CONTEXT, serialEnd);
  const added = derStart;
  derPushHeader(DER_SEQUENCE, (end - added + (namesEnd - names) + (extensionsEnd - extensions)) as u32);
  const digest = scratchTake(MAX_DIGEST_SIZE);
  hashStart(signHash, state);
  // The header of the whole and all that the TPM adds before the names.
  hashUpdate(state, derStart, (publicKey - derStart) as u32);
  hashUpdate(state, names, (namesEnd - names) as u32);
  hashUpdate(state, publicKey, (end - publicKey) as u32);
  hashUpdate(state, extensions, (extensionsEnd - extensions) as u32);
  const digestSize = hashFinal(state, digest);
  derWriteBefore(added);
  derWrap(DER_SEQUENCE, end);
  write2B(derStart, (end - derStart) as u32);
  write2B(digest, digestSize);
  return writeSignature(key, digest, digestSize);
}

/** Finds the parts: TPM_RC_SUCCESS; TPM_RC_SIZE when it is not one SEQUENCE; TPM_RC_VALUE for other parts. */
function readPartial(at: usize, end: usize): u32 {
  if (at == end) return TPM_RC_VALUE;
  if (derRead(at, end) != end || derTag != DER_SEQUENCE) return TPM_RC_SIZE;
  names = derContents;
  sequences = 0;
  let next = names;
  while (next != end) {
    const start = next;
    next = derRead(next, end);
    if (next == 0) return TPM_RC_VALUE;
    if (derTag == DER_SEQUENCE) {
      sequences++;
      namesEnd = next;
    } else if (derTag == EXTENSIONS && next == end && (sequences == 3 || sequences == 4)) {
      extensions = start;
      extensionsEnd = next;
      return TPM_RC_SUCCESS;
    } else {
      return TPM_RC_VALUE;
    }
  }
  return TPM_RC_VALUE;
}

/** A serial number that belongs to this certificate and these keys; its first bit is 0, so that it takes no more octets. */
function serialNumber(
  key: usize,
  object: usize,
  algorithm: usize,
  publicKey: usize,
  end: usize,
  state: usize,
  out: usize,
): u32 {
  const nameAlg = nameAlgOf(publicOf(key));
  const hash = nameAlg == TPM_ALG_NULL ? signHash : nameAlg;
  hashStart(hash, state);
  hashUpdate(state, algorithm, (publicKey - algorithm) as u32);
  hashUpdate(state, names, (namesEnd - names) as u32);
  hashUpdate(state, publicKey, (end - publicKey) as u32);
  hashUpdate(state, extensions, (extensionsEnd - extensions) as u32);
  hashUpdate2B(state, key + OBJECT_NAME);
  hashUpdate2B(state, object + OBJECT_NAME);
  hashFinal(state, out);
  store<u8>(out, load<u8>(out) & 0x7f);
  return min(digestSizeOf(hash), SERIAL_NUMBER_SIZE);
}
