// [TPM2.0 1.59] 31.6 TPM2_NV_ReadPublic
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { NV_ReadPublic as parameters } from "../../generated/parameters";
import { NV_PUBLIC_ROOM, scratchTake, write2B, writeBytes } from "../../base/index";
import { copyPublic, indexName, indexOf } from "../../tpm/nv/index";

export function NV_ReadPublic(): u32 {
  const index = indexOf(parameters.nvIndex);

  const info = scratchTake(NV_PUBLIC_ROOM);
  const name = scratchTake(68);
  writeBytes(info, copyPublic(index, info));
  write2B(name, indexName(index, name));
  return TPM_RC_SUCCESS;
}
