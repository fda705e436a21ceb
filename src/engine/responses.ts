/** Responses that the engine gives where the core can't: a bare header (Part 1, 18.3), tag TPM_ST_NO_SESSIONS. */

const TPM_ST_NO_SESSIONS = 0x8001;
const HEADER_SIZE = 10;

/** Part 2, 6.6. */
export const TPM_RC_FAILURE = 0x101;
export const TPM_RC_COMMAND_SIZE = 0x142;
export const TPM_RC_NV_UNAVAILABLE = 0x923;

export function errorResponse(responseCode: number): Uint8Array {
  const response = new Uint8Array(HEADER_SIZE);
  const view = new DataView(response.buffer);
  view.setUint16(0, TPM_ST_NO_SESSIONS);
  view.setUint32(2, HEADER_SIZE);
  view.setUint32(6, responseCode);
  return response;
}
