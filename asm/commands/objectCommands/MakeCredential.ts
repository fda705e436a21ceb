// [TPM2.0 1.59] 12.6 TPM2_MakeCredential
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_TYPE } from "../../generated/constants";
import { MakeCredential as parameters } from "../../generated/parameters";
import { copyWire2B, reserve, writeU16, written } from "../../base/writer";
import { copy2B, sizeOf2B } from "../../base/bytes";
import { LABEL_IDENTITY } from "../../tpm/algorithms/digest";
import { digestSizeOf } from "../../tpm/algorithms/hash";
import { responseBuffer, scratchTake } from "../../base/memory";
import { objectOf, publicOf } from "../../tpm/objects/object";
import { nameAlgOf } from "../../tpm/objects/publicArea";
import { rcHandle, rcParameter } from "../../base/responseCode";
import { encryptSecret, isStorage, SECRET_ROOM, SEED_ROOM } from "../../tpm/protection/secret";
import { outerWrapSize, wrapOuter } from "../../tpm/protection/wrap";

export function MakeCredential(): u32 {
  const key = objectOf(parameters.handle);
  if (!isStorage(key)) return rcHandle(TPM_RC_TYPE, 1);
  const hash = nameAlgOf(publicOf(key));
  if (sizeOf2B(parameters.credential) > digestSizeOf(hash)) return rcParameter(TPM_RC_SIZE, 1);
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
