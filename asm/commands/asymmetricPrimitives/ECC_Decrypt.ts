// [TPM2.0 1.59] 14.9 TPM2_ECC_Decrypt
import {
  TPM_ALG_NULL,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { ECC_Decrypt as parameters } from "../../generated/parameters";
import {
  bytesOf2B,
  equalBytes,
  MAX_DIGEST_SIZE,
  rcAbout,
  scratchTake,
  sizeOf2B,
  write2B,
} from "../../base/index";
import {
  checkExchangeKey,
  curveOf,
  objectOf,
  POINT_ROOM,
  publicOf,
} from "../../tpm/objects/index";
import { maskWithPoint, pointIntegrity, selectKdf2Hash } from "./eccEncryption";
import { exchangeWithPoint } from "./exchange";

export function ECC_Decrypt(): u32 {
  const object = objectOf(parameters.keyHandle);
  let rc = checkExchangeKey(object);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_keyHandle);
  const area = publicOf(object);
  const hash = selectKdf2Hash(area, parameters.inScheme);
  if (hash == TPM_ALG_NULL) return rcAbout(TPM_RC_SCHEME, parameters.RC_inScheme);
  const point = scratchTake(POINT_ROOM);
  rc = exchangeWithPoint(object, parameters.C1, point, parameters.RC_keyHandle, parameters.RC_C1);
  if (rc != TPM_RC_SUCCESS) return rc;
  const curve = curveOf(area);
  const size = sizeOf2B(parameters.C2);
  const message = scratchTake(size);
  memory.copy(message, bytesOf2B(parameters.C2), size);
  maskWithPoint(hash, curve, point, message, size);
  const integrity = scratchTake(MAX_DIGEST_SIZE);
  const integritySize = pointIntegrity(hash, curve, point, message, size, integrity);
  const C3 = parameters.C3;
  if (sizeOf2B(C3) != integritySize || !equalBytes(bytesOf2B(C3), integrity, integritySize)) return TPM_RC_VALUE;

  write2B(message, size);
  return TPM_RC_SUCCESS;
}
