// The TPM2B_TEMPLATE of TPM2_CreateLoaded under a derivation parent: a TPMT_PUBLIC whose `unique` is a TPMS_DERIVE
// (Part 3, 12.9; Part 2, 12.2.6).
import { TPM_RC_SUCCESS } from "../../generated/constants";
import {
  unmarshal_TPM2B_DIGEST,
  unmarshal_TPMA_OBJECT,
  unmarshal_TPMI_ALG_HASH,
  unmarshal_TPMI_ALG_PUBLIC,
  unmarshal_TPMS_DERIVE,
  unmarshal_TPMU_PUBLIC_PARMS,
} from "../../generated/unmarshal";
import { readerPosition } from "../../base/index";
import { typeOf } from "./publicArea";

/** Unmarshals at the reader's position. @returns a response code without number. */
export function unmarshalDerivationTemplate(): u32 {
  const area = readerPosition();
  let rc = unmarshal_TPMI_ALG_PUBLIC();
  if (rc == TPM_RC_SUCCESS) rc = unmarshal_TPMI_ALG_HASH(false);
  if (rc == TPM_RC_SUCCESS) rc = unmarshal_TPMA_OBJECT();
  if (rc == TPM_RC_SUCCESS) rc = unmarshal_TPM2B_DIGEST();
  if (rc == TPM_RC_SUCCESS) rc = unmarshal_TPMU_PUBLIC_PARMS(typeOf(area));
  return rc == TPM_RC_SUCCESS ? unmarshal_TPMS_DERIVE() : rc;
}
