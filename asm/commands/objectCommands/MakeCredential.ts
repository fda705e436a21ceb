// [TPM2.0 1.59] 12.6 TPM2_MakeCredential
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { MakeCredential as parameters } from "../../generated/parameters";
import { REFUSAL_CREDENTIAL_SIZE, REFUSAL_STORAGE_NOT } from "../../generated/refusals";
import {
  copy2B,
  copyWire2B,
  rcAbout,
  refuse,
  reserve,
  responseBuffer,
  scratchTake,
  sizeOf2B,
  writeU16,
  written,
} from "../../base/index";
import { digestSizeOf, LABEL_IDENTITY } from "../../tpm/algorithms/index";
import { nameAlgOf, objectOf, publicOf } from "../../tpm/objects/index";
import { encryptSecret, isStorage, outerWrapSize, SECRET_ROOM, SEED_ROOM, wrapOuter } from "../../tpm/protection/index";

export function MakeCredential(): u32 {
  const key = objectOf(parameters.handle);
  if (!isStorage(key))
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_STORAGE_NOT, parameters.handle), parameters.RC_handle);
  const hash = nameAlgOf(publicOf(key));
  if (sizeOf2B(parameters.credential) > digestSizeOf(hash))
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_CREDENTIAL_SIZE, digestSizeOf(hash)), parameters.RC_credential);
  const seed = scratchTake(SEED_ROOM);
  const secret = scratchTake(SECRET_ROOM);
  const rc = encryptSecret(key, LABEL_IDENTITY, seed, secret);
  if (rc != TPM_RC_SUCCESS) return rc;

  const head = outerWrapSize(key, hash, false);
  const size = 2 + sizeOf2B(parameters.credential);
  writeU16(head + size);
  const out = responseBuffer + written();
  reserve(head + size);
  copy2B(out + head, parameters.credential);
  wrapOuter(key, parameters.objectName, hash, seed, false, out, size);
  copyWire2B(secret);
  return TPM_RC_SUCCESS;
}
