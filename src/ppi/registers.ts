/**
 * The memory of the TCG Physical Presence Interface 1.30, as QEMU lays it out (docs/specs/tpm.rst), and beside it the firmware
 * variables of this platform. The option ROM (guest/rom), the `_DSM` of the TPM's SSDT and the device have their numbers from here. Offsets
 * are relative to PPI_BASE_ADDRESS; every number is little-endian, most of them lie unaligned.
 */

/** Physical address of the page. */
export const PPI_BASE_ADDRESS = 0xfed4_5000;
/** Size in bytes of QEMU's page. */
export const PPI_PAGE_SIZE = 0x400;
/** Size in bytes of the page and the window of the variables. */
export const PPI_SIZE = 0x500;

/** UINT8[256]: what the firmware does with each operation, {@link PPI_FUNC_NOT_IMPLEMENTED} and so on. */
export const PPI_FUNC = 0x000;
/** UINT8: 1 once the firmware has set the page up. */
export const PPI_IN = 0x100;
/** UINT32: QEMU's, unused. */
export const PPI_IP = 0x101;
/** UINT32: result of the last operation; what `_DSM` function 5 returns. */
export const PPI_RESULT = 0x105;
/** UINT32: the operation that is requested, 0 for none. */
export const PPI_REQUEST = 0x109;
/** UINT32: its parameter. */
export const PPI_REQUEST_PARAMETER = 0x10d;
/** UINT32: the last operation. */
export const PPI_LAST_REQUEST = 0x111;
/** UINT32: QEMU's, unused. */
export const PPI_FRET = 0x115;
/** UINT8[64]: reserved. */
export const PPI_RESERVED = 0x119;
/** UINT8: QEMU's for firmware, the operation that goes on after the next reset. */
export const PPI_NEXT_STEP = 0x159;
/** UINT8: the Memory Overwrite Request; bit 0 has RAM wiped by the next reset. */
export const PPI_MEMORY_OVERWRITE = 0x15a;

/** Of a byte in {@link PPI_FUNC}: the bits that `_DSM` function 8 returns, and their values. [PPI 1.30, section 2.1.8] */
export const PPI_FUNC_MASK = 7;
export const PPI_FUNC_NOT_IMPLEMENTED = 0;
/** Only from the firmware's own menu. */
export const PPI_FUNC_BIOS_ONLY = 1;
/** Blocked for the operating system by the firmware's configuration. */
export const PPI_FUNC_BLOCKED = 2;
/** Allowed, and a physically present user is asked. */
export const PPI_FUNC_ALLOWED_USER_REQUIRED = 3;
/** Allowed, and nobody is asked. */
export const PPI_FUNC_ALLOWED_USER_NOT_REQUIRED = 4;

/** Of {@link PPI_MEMORY_OVERWRITE}: clear memory. [TCG Platform Reset Attack Mitigation 1.10, section 3] */
export const MEMORY_OVERWRITE_REQUESTED = 1 << 0;

/**
 * Firmware variables, which real firmware keeps in its flash: a window behind QEMU's page, of which QEMU knows nothing. There
 * it reads 0 or all ones, so that firmware sees by the signature whether it has any.
 */
export const VARIABLES_OFFSET = 0x400;
/** Size in bytes of the window. */
export const VARIABLES_SIZE = 0x100;
/** "TPMV", read only. */
export const VARIABLES_SIGNATURE = 0x400;
/** UINT8, read only: {@link VARIABLES_LAYOUT}. */
export const VARIABLES_VERSION = 0x404;
/** UINT8: writing 1 makes the variables read-only until the next reset, after which it is 0. */
export const VARIABLES_LOCK = 0x405;
/** UINT8, read only: what has become of the last commit. */
export const VARIABLES_STATUS = 0x406;
/** UINT32: the flags of physical presence, {@link PP_REQUIRED_FOR_CLEAR} and so on. */
export const VARIABLE_PP_FLAGS = 0x408;
/** UINT8: the hierarchies that the firmware disables at each boot. */
export const VARIABLE_DISABLED_HIERARCHIES = 0x40c;
/** UINT8, reads 0: writing 1 makes both variables durable, both or none. What is not committed a reset forgets. */
export const VARIABLES_COMMIT = 0x40d;

export const VARIABLES_SIGNATURE_TEXT = "TPMV";
export const VARIABLES_LAYOUT = 1;

/** Of {@link VARIABLES_STATUS}. */
export const STATUS_STORED = 0;
export const STATUS_BEING_STORED = 1;
export const STATUS_NOT_STORED = 2;

/** Of {@link VARIABLE_DISABLED_HIERARCHIES}. */
export const DISABLED_STORAGE = 1 << 0;
export const DISABLED_ENDORSEMENT = 1 << 1;

/** Of {@link VARIABLE_PP_FLAGS}: EDK2's bits (TCG2_BIOS_TPM_MANAGEMENT_FLAG_* and TCG2_BIOS_STORAGE_MANAGEMENT_FLAG_*). */
export const PP_REQUIRED_FOR_CLEAR = 1 << 1;
export const PP_REQUIRED_FOR_TURN_ON = 1 << 4;
export const PP_REQUIRED_FOR_TURN_OFF = 1 << 5;
export const PP_REQUIRED_FOR_CHANGE_EPS = 1 << 6;
export const PP_REQUIRED_FOR_CHANGE_PCRS = 1 << 7;
export const PP_REQUIRED_FOR_ENABLE_BLOCK_SID = 1 << 16;
export const PP_REQUIRED_FOR_DISABLE_BLOCK_SID = 1 << 17;
export const ENABLE_BLOCK_SID = 1 << 18;

/** Of a new TPM: EDK2's 0x700E2. Everything but turning on asks. */
export const PP_FLAGS_DEFAULT =
  PP_REQUIRED_FOR_CLEAR |
  PP_REQUIRED_FOR_TURN_OFF |
  PP_REQUIRED_FOR_CHANGE_EPS |
  PP_REQUIRED_FOR_CHANGE_PCRS |
  PP_REQUIRED_FOR_ENABLE_BLOCK_SID |
  PP_REQUIRED_FOR_DISABLE_BLOCK_SID |
  ENABLE_BLOCK_SID;
