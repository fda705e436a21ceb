// TPM_EO (Part 2, 6.8): comparisons of octet strings of one size, the most significant octet first.
import {
  TPM_EO_BITCLEAR,
  TPM_EO_BITSET,
  TPM_EO_EQ,
  TPM_EO_NEQ,
  TPM_EO_SIGNED_GE,
  TPM_EO_SIGNED_GT,
  TPM_EO_SIGNED_LE,
  TPM_EO_SIGNED_LT,
  TPM_EO_UNSIGNED_GE,
  TPM_EO_UNSIGNED_GT,
  TPM_EO_UNSIGNED_LE,
} from "../../generated/constants";

/** a `operation` b, of `size` octets each: "a > b" for TPM_EO_UNSIGNED_GT. Two's complement where it says signed. */
export function conditionHolds(operation: u32, a: usize, b: usize, size: u32): bool {
  switch (operation) {
    case TPM_EO_EQ:
      return compare(a, b, size, 0) == 0;
    case TPM_EO_NEQ:
      return compare(a, b, size, 0) != 0;
    case TPM_EO_SIGNED_GT:
      return compare(a, b, size, SIGN) > 0;
    case TPM_EO_UNSIGNED_GT:
      return compare(a, b, size, 0) > 0;
    case TPM_EO_SIGNED_LT:
      return compare(a, b, size, SIGN) < 0;
    case TPM_EO_SIGNED_GE:
      return compare(a, b, size, SIGN) >= 0;
    case TPM_EO_UNSIGNED_GE:
      return compare(a, b, size, 0) >= 0;
    case TPM_EO_SIGNED_LE:
      return compare(a, b, size, SIGN) <= 0;
    case TPM_EO_UNSIGNED_LE:
      return compare(a, b, size, 0) <= 0;
    case TPM_EO_BITSET:
      return bitsAre(a, b, size, 0xff);
    case TPM_EO_BITCLEAR:
      return bitsAre(a, b, size, 0);
    default:
      return compare(a, b, size, 0) < 0; // TPM_EO_UNSIGNED_LT
  }
}

/** Flips the sign bit, so that two's complement numbers are in the order of unsigned ones. */
const SIGN: u32 = 0x80;

/** Negative, 0 or positive; `flip` is applied to the first octets. */
function compare(a: usize, b: usize, size: u32, flip: u32): i32 {
  for (let i: u32 = 0; i < size; i++) {
    const change = i == 0 ? flip : 0;
    const difference = ((load<u8>(a + i) ^ change) as i32) - ((load<u8>(b + i) ^ change) as i32);
    if (difference != 0) return difference;
  }
  return 0;
}

/** The bits that are set in b are all set (0xff) or all clear (0) in a. */
function bitsAre(a: usize, b: usize, size: u32, value: u8): bool {
  for (let i: u32 = 0; i < size; i++) {
    if ((load<u8>(a + i) ^ value) & load<u8>(b + i)) return false;
  }
  return true;
}
