/**
 * The control channel of swtpm (swtpm_ioctls(3)): a UINT32 that says what is wanted, and for some commands a request;
 * every response begins with a TPM 1.2 result. All integers are big-endian.
 */
export const CMD_GET_CAPABILITY = 0x01;
/** UINT32 flags */
export const CMD_INIT = 0x02;
export const CMD_SHUTDOWN = 0x03;
/** -> UINT8 bit, 3 bytes of padding */
export const CMD_GET_TPMESTABLISHED = 0x04;
/** UINT8 locality */
export const CMD_SET_LOCALITY = 0x05;
export const CMD_HASH_START = 0x06;
/** UINT32 size, bytes */
export const CMD_HASH_DATA = 0x07;
export const CMD_HASH_END = 0x08;
export const CMD_CANCEL_TPM_CMD = 0x09;
export const CMD_STORE_VOLATILE = 0x0a;
/** UINT8 locality */
export const CMD_RESET_TPMESTABLISHED = 0x0b;
/** UINT32 flags, UINT32 type, UINT32 offset -> UINT32 flags, UINT32 total, UINT32 size, bytes */
export const CMD_GET_STATEBLOB = 0x0c;
/** UINT32 flags, UINT32 type, UINT32 size, bytes */
export const CMD_SET_STATEBLOB = 0x0d;
export const CMD_STOP = 0x0e;
/** -> UINT32 flags */
export const CMD_GET_CONFIG = 0x0f;
/** with a descriptor beside it */
export const CMD_SET_DATAFD = 0x10;
/** UINT32 size, 0 to ask -> UINT32 size in use, UINT32 smallest, UINT32 largest */
export const CMD_SET_BUFFERSIZE = 0x11;
/** UINT64 flags, UINT32 offset, UINT32 padding -> UINT32 total, UINT32 size, text with a zero at its end */
export const CMD_GET_INFO = 0x12;
/** UINT32 retries */
export const CMD_LOCK_STORAGE = 0x13;

export const INIT_DELETE_VOLATILE = 1;

export const BLOB_PERMANENT = 1;
export const BLOB_VOLATILE = 2;
/** TPM 1.2's TPM_SaveState; a TPM 2.0 has none. */
export const BLOB_SAVESTATE = 3;

/** Of a request: not encrypted with the key of the files. */
export const STATE_DECRYPTED = 1;
export const STATE_ENCRYPTED = 2;

/** Of CMD_GET_CONFIG: which keys there are. */
export const CONFIG_FILE_KEY = 1;
export const CONFIG_MIGRATION_KEY = 2;

const CAP_SET_DATAFD = 1 << 12;
/** Everything that this server does, but for descriptors, which only Unix sockets carry. */
const CAPS = 0x1ffff & ~CAP_SET_DATAFD;

export const capabilities = (hasDescriptors: boolean) => (hasDescriptors ? CAPS | CAP_SET_DATAFD : CAPS);

/** Results (TPM 1.2 Part 2, 16). */
export const SUCCESS = 0x00;
export const BAD_PARAMETER = 0x03;
export const FAIL = 0x09;
/** Also: not while the TPM is (not) running. */
export const BAD_ORDINAL = 0x0a;
export const KEY_NOT_FOUND = 0x0d;
export const IO_ERROR = 0x1f;
export const DECRYPT_ERROR = 0x21;
export const BAD_LOCALITY = 0x3d;
/** TPM_NON_FATAL: nothing is wrong, there is just nothing. */
export const RETRY = 0x800;

/** A state blob larger than this is refused, bytes. */
export const MAX_BLOB = 512 * 1024;
