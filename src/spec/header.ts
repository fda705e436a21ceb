/**
 * The header of commands and responses (Part 1, 18), and the numbers that whoever answers in a TPM's place puts into
 * it. The tables take these from here, so that code which needs no more of them does not carry the tables.
 */

/** Octets of a header: tag, size and code. */
export const HEADER_SIZE = 10;

export const TPM_ST_NO_SESSIONS = 0x8001;
export const TPM_ST_SESSIONS = 0x8002;

export const TPM_RC_SUCCESS = 0x000;
export const TPM_RC_FAILURE = 0x101;
export const TPM_RC_COMMAND_SIZE = 0x142;
export const TPM_RC_NV_UNAVAILABLE = 0x923;

/** Bytes 6..9, big-endian: a command's code or a response's code. Bytes that are not there count as 0. */
export function codeOf(message: Uint8Array): number {
  // Several times a command: a view of these bytes, or a walk over them, would cost more than the rest.
  return (((message[6] ?? 0) << 24) | ((message[7] ?? 0) << 16) | ((message[8] ?? 0) << 8) | (message[9] ?? 0)) >>> 0;
}
