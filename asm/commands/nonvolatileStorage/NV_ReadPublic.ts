// [TPM2.0 1.59] 31.6 TPM2_NV_ReadPublic
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { NV_ReadPublic as parameters } from "../../generated/parameters";
import { write2B, writeBytes } from "../../base/writer";
import { NV_PUBLIC_ROOM } from "../../base/limits";
import { scratchTake } from "../../base/memory";
import { copyPublic, indexName, indexOf } from "../../tpm/nv/nvIndex";

export function NV_ReadPublic(): u32 {
  const index = indexOf(parameters.nvIndex);

  const info = scratchTake(NV_PUBLIC_ROOM);
  const name = scratchTake(68);
  writeBytes(info, copyPublic(index, info));
  write2B(name, indexName(index, name));
  return TPM_RC_SUCCESS;
}
