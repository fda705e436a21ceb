// Keys of TDES (SP 800-67 rev 2, 3.1 and 3.3; TPM 2.0 Library Part 4, CryptDes.c): parity, and which keys are refused.
import { tdesPermuteKey } from "./tdes";

const EACH_BYTE: u64 = 0x0101010101010101;

/** Sets the lowest bit of each byte so that the number of ones in the byte is odd. */
function withOddParity(key: u64): u64 {
  let ones = key | EACH_BYTE;
  ones ^= ones >>> 4;
  ones ^= ones >>> 2;
  ones ^= ones >>> 1;
  // `ones` is, in each byte, the parity of the byte with its lowest bit set: where it is even, that bit is taken away.
  return (key | EACH_BYTE) ^ (~ones & EACH_BYTE);
}

/**
 * True for the 64 keys of DES that are weak (4), semi-weak (12) or possibly weak (48): those for which permuted choice
 * 1 makes each of C and D of one group of four bits, with an even number of ones, seven times over.
 */
function isWeak(key: usize): bool {
  const cd = tdesPermuteKey(key);
  return repeats((cd >>> 28) as u32) && repeats((cd as u32) & 0xfffffff);
}

function repeats(register: u32): bool {
  const nibble = register & 15;
  return register == nibble * 0x1111111 && (popcnt<u32>(nibble) & 1) == 0;
}

/** Sets odd parity on a key of `size` bytes (a multiple of 8), as a new key has it. */
export function tdesSetOddParity(key: usize, size: u32): void {
  for (const end = key + size; key < end; key += 8) store<u64>(key, withOddParity(load<u64>(key)));
}

/**
 * True for a key that may be used: K1, K2 or K1, K2, K3 (16 or 24 bytes), none of them weak in any way, neighbours
 * different. Parity bits are ignored. K1 = K3 is allowed: it is the two-key form.
 */
export function tdesKeyIsValid(key: usize, size: u32): bool {
  if (size != 16 && size != 24) return false;
  for (let at: u32 = 0; at < size; at += 8) {
    if (isWeak(key + at)) return false;
    if (at != 0 && tdesPermuteKey(key + at) == tdesPermuteKey(key + at - 8)) return false;
  }
  return true;
}
