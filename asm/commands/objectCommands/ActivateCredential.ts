// [TPM2.0 1.59] 12.5 TPM2_ActivateCredential
import { TPM_RC_INSUFFICIENT, TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { ActivateCredential as parameters } from "../../generated/parameters";
import { REFUSAL_PRIVATE_SIZES, REFUSAL_SECRET_DECRYPT, REFUSAL_STORAGE_NOT } from "../../generated/refusals";
import {
  bytesOf2B,
  copyWire2B,
  MAX_DIGEST_SIZE,
  rcAbout,
  refuse,
  scratchTake,
  set2B,
  sizeOf2B,
} from "../../base/index";
import { LABEL_IDENTITY } from "../../tpm/algorithms/index";
import { nameOf } from "../../tpm/authorization/index";
import { nameAlgOf, objectOf, publicOf } from "../../tpm/objects/index";
import { decryptSecret, isStorage, outerWrapSize, SEED_ROOM, unwrapOuter } from "../../tpm/protection/index";

export function ActivateCredential(): u32 {
  const key = objectOf(parameters.keyHandle);
  if (!isStorage(key))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_STORAGE_NOT, parameters.keyHandle), parameters.RC_keyHandle);
  const seed = scratchTake(SEED_ROOM);
  let rc = decryptSecret(key, LABEL_IDENTITY, parameters.secret, seed);
  if (rc != TPM_RC_SUCCESS)
    return rcAbout(refuse(rc, REFUSAL_SECRET_DECRYPT, parameters.keyHandle), parameters.RC_secret);
  const activatedName = scratchTake(68);
  const name = scratchTake(2 + 68);
  set2B(name, activatedName, nameOf(parameters.activateHandle, activatedName));
  const blob = bytesOf2B(parameters.credentialBlob);
  const size = sizeOf2B(parameters.credentialBlob);
  const hash = nameAlgOf(publicOf(key));
  rc = unwrapOuter(key, name, hash, seed, false, blob, size);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_credentialBlob);
  const head = outerWrapSize(key, hash, false);
  const credential = blob + head;
  rc = checkDigest(credential, size - head);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_credentialBlob);

  copyWire2B(credential);
  return TPM_RC_SUCCESS;
}

/** The TPM2B_DIGEST fills the `size` bytes at `at`. */
function checkDigest(at: usize, size: u32): u32 {
  if (size < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
  const length = sizeOf2B(at);
  if (length > MAX_DIGEST_SIZE) return refuse(TPM_RC_SIZE, REFUSAL_PRIVATE_SIZES);
  if (length > size - 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
  return length == size - 2 ? TPM_RC_SUCCESS : refuse(TPM_RC_SIZE, REFUSAL_PRIVATE_SIZES);
}
