// Who made this TPM, as TPM2_GetCapability reports it (Part 2, 6.13): the same in both profiles.
import {
  TPM_PT_FIRMWARE_VERSION_1,
  TPM_PT_FIRMWARE_VERSION_2,
  TPM_PT_MANUFACTURER,
  TPM_PT_VENDOR_STRING_1,
  TPM_PT_VENDOR_STRING_2,
  TPM_PT_VENDOR_STRING_3,
  TPM_PT_VENDOR_STRING_4,
  TPM_PT_VENDOR_TPM_TYPE,
} from "../../generated/constants";

/** Package version 0.1.0: major and minor in the first word, patch in the second, 16 bits each. */
const FIRMWARE_1: u32 = 0x00000001;
const FIRMWARE_2: u32 = 0x00000000;

/** firmwareVersion of attestations. */
export function firmwareVersion(): u64 {
  return ((FIRMWARE_1 as u64) << 32) + FIRMWARE_2;
}

/** Value of a property from TPM_PT_MANUFACTURER to TPM_PT_FIRMWARE_VERSION_2. */
export function vendorProperty(property: u32): u32 {
  switch (property) {
    case TPM_PT_MANUFACTURER:
      return 0x54414254; // "TABT"
    case TPM_PT_VENDOR_STRING_1:
      return 0x74616274; // "tabt"
    case TPM_PT_VENDOR_STRING_2:
      return 0x706d2057; // "pm W"
    case TPM_PT_VENDOR_STRING_3:
      return 0x41534d00; // "ASM"
    case TPM_PT_VENDOR_STRING_4:
      return 0;
    case TPM_PT_VENDOR_TPM_TYPE:
      return 1;
    case TPM_PT_FIRMWARE_VERSION_1:
      return FIRMWARE_1;
    case TPM_PT_FIRMWARE_VERSION_2:
      return FIRMWARE_2;
    default:
      return 0;
  }
}
