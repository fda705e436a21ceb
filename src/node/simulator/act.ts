import type { Tpm } from "../../engine/api.ts";

/** Part 2, 6.12. */
const TPM_CAP_ACT = 10;
/** TPMA_ACT, Part 2, 8.12. */
const SIGNALED = 1;

/** Whether an authenticated countdown timer (TPM_RH_ACT_0..F) has run out; false for one that the TPM does not have. */
export async function isActSignaled(tpm: Tpm, handle: number): Promise<boolean> {
  if (tpm.power !== "on") return false;
  const command = new DataView(new ArrayBuffer(22));
  command.setUint16(0, 0x8001);
  command.setUint32(2, 22);
  command.setUint32(6, 0x17a);
  command.setUint32(10, TPM_CAP_ACT);
  command.setUint32(14, handle);
  command.setUint32(18, 1);
  const bytes = await tpm.execute(new Uint8Array(command.buffer));
  // Header, moreData, capability, count, and one TPMS_ACT_DATA: handle, timeout, attributes.
  if (bytes.length < 31) return false;
  const response = new DataView(bytes.buffer, bytes.byteOffset);
  return response.getUint32(6) === 0 && response.getUint32(19) === handle && (response.getUint32(27) & SIGNALED) !== 0;
}
