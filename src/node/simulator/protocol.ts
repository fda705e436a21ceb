/**
 * The protocol of the TCG's and Microsoft's TPM simulator ("mssim"), as the reference code's TpmTcpProtocol.h lists it:
 * a UINT32 that says what is wanted, with arguments for some; everything is acknowledged with a UINT32 of zero.
 */

/** To the command port and the platform port. */
export const SIGNAL_POWER_ON = 1;
export const SIGNAL_POWER_OFF = 2;
export const SIGNAL_PHYS_PRES_ON = 3;
export const SIGNAL_PHYS_PRES_OFF = 4;
export const SIGNAL_HASH_START = 5;
/** UINT32 size, bytes */
export const SIGNAL_HASH_DATA = 6;
export const SIGNAL_HASH_END = 7;
/** UINT8 locality, UINT32 size, command -> UINT32 size, response */
export const SEND_COMMAND = 8;
export const SIGNAL_CANCEL_ON = 9;
export const SIGNAL_CANCEL_OFF = 10;
export const SIGNAL_NV_ON = 11;
export const SIGNAL_NV_OFF = 12;
export const SIGNAL_KEY_CACHE_ON = 13;
export const SIGNAL_KEY_CACHE_OFF = 14;
/** UINT32 version of the client -> UINT32 version of the server, UINT32 set of ENDPOINT_ bits */
export const REMOTE_HANDSHAKE = 15;
/** UINT32 */
export const SET_ALTERNATIVE_RESULT = 16;
export const SIGNAL_RESET = 17;
export const SIGNAL_RESTART = 18;
/** Ends the connection, without an acknowledgement. */
export const SESSION_END = 20;
/** Ends the simulator, without an acknowledgement. */
export const STOP = 21;
/** -> UINT32 size, four UINT32: largest command's size and code, largest response's size and code */
export const GET_COMMAND_RESPONSE_SIZES = 25;
/** UINT32 handle -> UINT32 0 or 1 */
export const ACT_GET_SIGNALED = 26;
export const TEST_FAILURE_MODE = 30;

export const SERVER_VERSION = 1;
export const ENDPOINT_PLATFORM_AVAILABLE = 0x01;
export const ENDPOINT_RAW_MODE = 0x04;
export const ENDPOINT_SUPPORTS_PP = 0x08;

/** What the reference's server takes in one message; what is larger ends the connection. */
export const MAX_MESSAGE = 1 << 20;
