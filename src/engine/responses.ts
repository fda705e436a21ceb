/** Responses that the engine gives where the core can't: a bare header (Part 1, 18.3), tag TPM_ST_NO_SESSIONS. */
import { HEADER_SIZE, TPM_ST_NO_SESSIONS } from "../spec/header.ts";

export { TPM_RC_COMMAND_SIZE, TPM_RC_FAILURE, TPM_RC_NV_UNAVAILABLE } from "../spec/header.ts";

export function errorResponse(responseCode: number): Uint8Array {
  const response = new Uint8Array(HEADER_SIZE);
  const view = new DataView(response.buffer);
  view.setUint16(0, TPM_ST_NO_SESSIONS);
  view.setUint32(2, HEADER_SIZE);
  view.setUint32(6, responseCode);
  return response;
}
