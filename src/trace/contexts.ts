/** Saved contexts (TPMS_CONTEXT, Part 2, 14.5), told apart without looking into them. */

import { toHex } from "../engine/bytes.ts";
import { HEADER_SIZE } from "../spec/header.ts";

/** sequence, savedHandle, hierarchy: two contexts of one TPM Reset never agree in them. */
const HEAD_OF_CONTEXT = 16;
/** Octets of the contextBlob that tell contexts of two TPM Resets apart: its size and its integrity value. */
const HEAD_OF_BLOB = 24;

/**
 * @param message the response of TPM2_ContextSave, or the command TPM2_ContextLoad: both consist of a header and the context.
 * @returns null where no context is in it.
 */
export function contextKey(message: Uint8Array): string | null {
  if (message.length <= HEADER_SIZE + HEAD_OF_CONTEXT) return null;
  return toHex(message.subarray(HEADER_SIZE, HEADER_SIZE + HEAD_OF_CONTEXT + HEAD_OF_BLOB));
}
