// Capacities and size limits, under the names of Part 2 and of the TCG reference. GetCapability reports these very
// constants, and the buffers of the core are sized by them: a limit that is reported is a limit that holds.
//
// LIBTPMS_X is what the profile libtpms-0.9 has in place of X. The generated unmarshallers heed it; code written by hand
// that sizes a buffer takes X, the larger one.

export const MAX_COMMAND_SIZE: u32 = 4096;
export const MAX_RESPONSE_SIZE: u32 = 4096;

export const MAX_DIGEST_SIZE: u32 = 64;
export const MAX_HASH_BLOCK_SIZE: u32 = 128;
/** Hash algorithms: the most entries that a list of PCR selections or digests can have. */
export const HASH_COUNT: u32 = 8;
export const LIBTPMS_HASH_COUNT: u32 = 4;
export const MAX_DIGEST_BUFFER: u32 = 1024;

export const IMPLEMENTATION_PCR: u32 = 24;
export const PLATFORM_PCR: u32 = 24;
export const DRTM_PCR: u32 = 17;
export const HCRTM_PCR: u32 = 0;
export const NUM_LOCALITIES: u32 = 5;
export const PCR_SELECT_MIN: u32 = 3;
export const PCR_SELECT_MAX: u32 = 3;
export const NUM_POLICY_PCR_GROUP: u32 = 1;
export const NUM_AUTHVALUE_PCR_GROUP: u32 = 1;
export const NUM_STATIC_PCR: u32 = 16;

export const MAX_HANDLE_NUM: u32 = 3;
export const MAX_SESSION_NUM: u32 = 3;
export const MAX_ACTIVE_SESSIONS: u32 = 64;
export const MAX_LOADED_SESSIONS: u32 = 3;
export const MAX_LOADED_OBJECTS: u32 = 3;
export const MAX_CONTEXT_SIZE: u32 = 2680;

export const MAX_SYM_KEY_BITS: u32 = 256;
export const MAX_SYM_KEY_BYTES: u32 = 32;
export const MAX_SYM_BLOCK_SIZE: u32 = 16;
export const MAX_SYM_DATA: u32 = 128;
export const MAX_AES_KEY_BITS: u32 = 256;
export const MAX_RSA_KEY_BITS: u32 = 4096;
export const MAX_RSA_KEY_BYTES: u32 = 512;
export const LIBTPMS_MAX_RSA_KEY_BITS: u32 = 3072;
export const LIBTPMS_MAX_RSA_KEY_BYTES: u32 = 384;
export const MAX_ECC_KEY_BITS: u32 = 638;
export const MAX_ECC_KEY_BYTES: u32 = 80;
export const LABEL_MAX_BUFFER: u32 = 32;
export const RSA_DEFAULT_PUBLIC_EXPONENT: u32 = 0x00010001;
export const RSA_PRIVATE_SIZE: u32 = 1280;
export const PRIVATE_VENDOR_SPECIFIC_BYTES: u32 = 1280;
export const LIBTPMS_RSA_PRIVATE_SIZE: u32 = 960;
export const LIBTPMS_PRIVATE_VENDOR_SPECIFIC_BYTES: u32 = 960;
/** sizeof(_PRIVATE): the longest TPM2B_PRIVATE, without its size. */
export const MAX_PRIVATE_SIZE: u32 = 1550;

export const MAX_NV_INDEX_SIZE: u32 = 2048;
export const MAX_NV_BUFFER_SIZE: u32 = 1024;
/** The largest TPM2B_NV_PUBLIC. */
export const NV_PUBLIC_ROOM: u32 = 2 + 14 + MAX_DIGEST_SIZE;
/** Room for the data of orderly NV Indices, each with a header of 12 bytes. */
export const RAM_INDEX_SPACE: u32 = 512;
/** How far an orderly counter may run ahead of its non-volatile copy. */
export const MAX_ORDERLY_COUNT: u32 = 255;
export const MIN_COUNTER_INDICES: u32 = 8;
export const MIN_EVICT_OBJECTS: u32 = 7;

export const MAX_ALG_LIST_SIZE: u32 = 64;
export const MAX_CAP_BUFFER: u32 = 1024;
/** What a TPMS_CAPABILITY_DATA may hold after its selector and the count of its list (Part 2, 6.12 ff.). */
export const MAX_CAP_DATA: u32 = MAX_CAP_BUFFER - 4 - 4;
export const MAX_CAP_ALGS: u32 = MAX_CAP_DATA / 6;
export const MAX_CAP_HANDLES: u32 = MAX_CAP_DATA / 4;
export const MAX_CAP_CC: u32 = MAX_CAP_DATA / 4;
export const MAX_TPM_PROPERTIES: u32 = MAX_CAP_DATA / 8;
export const MAX_PCR_PROPERTIES: u32 = MAX_CAP_DATA / 8;
export const MAX_ECC_CURVES: u32 = MAX_CAP_DATA / 2;
/** TPMS_TAGGED_POLICY: handle and TPMT_HA. */
export const MAX_TAGGED_POLICIES: u32 = MAX_CAP_DATA / (4 + 2 + MAX_DIGEST_SIZE);
export const MAX_ACT_DATA: u32 = MAX_CAP_DATA / 12;
export const MAX_AC_CAPABILITIES: u32 = MAX_CAP_DATA / 8;

export const PRIMARY_SEED_SIZE: u32 = 64;
export const PROOF_SIZE: u32 = 64;
