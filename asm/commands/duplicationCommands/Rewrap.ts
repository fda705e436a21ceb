// [TPM2.0 1.59] 13.2 TPM2_Rewrap
import { TPM_RC_HANDLE, TPM_RC_SUCCESS, TPM_RC_TYPE, TPM_RC_VALUE, TPM_RH_NULL } from "../../generated/constants";
import { Rewrap as parameters } from "../../generated/parameters";
import { REFUSAL_REWRAP_SEED, REFUSAL_SECRET_DECRYPT, REFUSAL_STORAGE_NOT } from "../../generated/refusals";
import {
  bytesOf2B,
  copyWire2B,
  MAX_PRIVATE_SIZE,
  put16,
  rcAbout,
  refuse,
  reserve,
  responseBuffer,
  scratchTake,
  sizeOf2B,
  write2B,
  writeU16,
  written,
} from "../../base/index";
import { LABEL_DUPLICATE } from "../../tpm/algorithms/index";
import { nameAlgOf, objectOf, publicOf } from "../../tpm/objects/index";
import {
  decryptSecret,
  encryptSecret,
  isStorage,
  outerWrapSize,
  SECRET_ROOM,
  SEED_ROOM,
  unwrapOuter,
  wrapOuter,
} from "../../tpm/protection/index";

export function Rewrap(): u32 {
  const name = parameters.name;
  const hasOldParent = parameters.oldParent != TPM_RH_NULL;
  if (hasOldParent != (sizeOf2B(parameters.inSymSeed) != 0))
    return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_REWRAP_SEED, parameters.oldParent), parameters.RC_oldParent);
  const seed = scratchTake(SEED_ROOM);
  let data = bytesOf2B(parameters.inDuplicate);
  let size = sizeOf2B(parameters.inDuplicate);
  if (hasOldParent) {
    const oldParent = objectOf(parameters.oldParent);
    if (!isStorage(oldParent))
      return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_STORAGE_NOT, parameters.oldParent), parameters.RC_oldParent);
    if (decryptSecret(oldParent, LABEL_DUPLICATE, parameters.inSymSeed, seed) != TPM_RC_SUCCESS) {
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_SECRET_DECRYPT, parameters.oldParent), parameters.RC_inSymSeed);
    }
    const oldHash = nameAlgOf(publicOf(oldParent));
    const rc = unwrapOuter(oldParent, name, oldHash, seed, false, data, size);
    if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_inDuplicate);
    const head = outerWrapSize(oldParent, oldHash, false);
    data += head;
    size -= head;
  }
  if (parameters.newParent == TPM_RH_NULL) {
    write2B(data, size);
    writeU16(0);
    return TPM_RC_SUCCESS;
  }
  const newParent = objectOf(parameters.newParent);
  if (!isStorage(newParent))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_STORAGE_NOT, parameters.newParent), parameters.RC_newParent);
  const secret = scratchTake(SECRET_ROOM);
  const rc = encryptSecret(newParent, LABEL_DUPLICATE, seed, secret);
  if (rc != TPM_RC_SUCCESS) return rc;
  const newHash = nameAlgOf(publicOf(newParent));
  const head = outerWrapSize(newParent, newHash, false);
  if (head + size > MAX_PRIVATE_SIZE) return rcAbout(TPM_RC_VALUE, parameters.RC_inDuplicate);

  writeU16(0);
  const out = responseBuffer + written();
  reserve(head + size);
  memory.copy(out + head, data, size);
  put16(out - 2, wrapOuter(newParent, name, newHash, seed, false, out, size));
  copyWire2B(secret);
  return TPM_RC_SUCCESS;
}
