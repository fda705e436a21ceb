// [TPM2.0 1.59] 14.8 TPM2_ECC_Encrypt
import {
  TPM_ALG_ECC,
  TPM_ALG_NULL,
  TPM_RC_ATTRIBUTES,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPMA_OBJECT_DECRYPT,
} from "../../generated/constants";
import { ECC_Encrypt as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_ATTRIBUTES, REFUSAL_KEY_TYPE } from "../../generated/refusals";
import {
  bytesOf2B,
  MAX_DIGEST_SIZE,
  rcAbout,
  refuse,
  reserve,
  scratchTake,
  sizeOf2B,
  write2B,
  writeU16,
} from "../../base/index";
import {
  attributesOf,
  curveOf,
  objectOf,
  objectType,
  POINT_ROOM,
  publicOf,
  writePoint,
} from "../../tpm/objects/index";
import { maskWithPoint, pointIntegrity, selectKdf2Hash } from "./eccEncryption";
import { exchangeWithFreshKey } from "./exchange";

export function ECC_Encrypt(): u32 {
  const object = objectOf(parameters.keyHandle);
  if (objectType(object) != TPM_ALG_ECC)
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_TYPE, TPM_ALG_ECC), parameters.RC_keyHandle);
  const area = publicOf(object);
  if (!(attributesOf(area) & TPMA_OBJECT_DECRYPT))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_ATTRIBUTES, attributesOf(area)), parameters.RC_keyHandle);
  const hash = selectKdf2Hash(area, parameters.inScheme);
  if (hash == TPM_ALG_NULL) return rcAbout(TPM_RC_SCHEME, parameters.RC_inScheme);
  const point = scratchTake(POINT_ROOM);
  const ephemeral = scratchTake(POINT_ROOM);
  if (!exchangeWithFreshKey(object, ephemeral, point)) return rcAbout(TPM_RC_KEY, parameters.RC_keyHandle);

  const curve = curveOf(area);
  const message = bytesOf2B(parameters.plainText);
  const size = sizeOf2B(parameters.plainText);
  const integrity = scratchTake(MAX_DIGEST_SIZE);
  const integritySize = pointIntegrity(hash, curve, point, message, size, integrity);
  writePoint(curve, ephemeral);
  writeU16(size);
  const masked = reserve(size);
  memory.copy(masked, message, size);
  maskWithPoint(hash, curve, point, masked, size);
  write2B(integrity, integritySize);
  return TPM_RC_SUCCESS;
}
