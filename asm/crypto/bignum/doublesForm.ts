// Numbers of 29-bit limbs (limbs.ts) as numbers of doubles (doubles.ts), and back: bits move, and digits become balanced
// or not. Time depends on the sizes only.
import { LIMB_BITS, LIMB_MASK, setZero } from "./limbs";
import { DOUBLE_BITS, DOUBLE_MASK, doublesSize } from "./doubles";

/** Digits of 51 bits, and one of zero above them. */
const digits: usize = memory.data(672, 16);

/** r = tight a of `limbs29` limbs; r has `limbs` limbs, of which it needs no more than 51 limbs - 1 bits. */
export function toDoubles(r: usize, limbs: u32, a: usize, limbs29: u32): void {
  memory.fill(r, 0, doublesSize(limbs));
  let carry: i64 = 0;
  for (let i: u32 = 0, position: u32 = 0; i < limbs; i++, position += DOUBLE_BITS) {
    const j = position / LIMB_BITS;
    const shift = position % LIMB_BITS;
    let digit = carry;
    if (j < limbs29) {
      // The guard limbs make the loads safe.
      const at = a + (j << 2);
      const two = (load<u32>(at) as u64) | ((load<u32>(at, 4) as u64) << LIMB_BITS);
      digit += (((two >> shift) | ((load<u32>(at, 8) as u64) << (2 * LIMB_BITS - shift))) & DOUBLE_MASK) as i64;
    }
    carry = (digit + (1 << 50)) >> DOUBLE_BITS;
    store<f64>(r + (i << 3), (digit - (carry << DOUBLE_BITS)) as f64);
  }
}

/** r = a + n, tight, of `limbs29` limbs; a and n have `limbs` limbs. The sum must not be negative and must fit. */
export function sumFromDoubles(r: usize, limbs29: u32, a: usize, n: usize, limbs: u32): void {
  let carry: i64 = 0;
  const size: usize = limbs << 3;
  for (let i: usize = 0; i < size; i += 8) {
    carry += (load<f64>(a + i) as i64) + (load<f64>(n + i) as i64);
    store<u64>(digits + i, (carry as u64) & DOUBLE_MASK);
    carry >>= DOUBLE_BITS;
  }
  store<u64>(digits + size, 0);
  setZero(r, limbs29);
  for (let j: u32 = 0, position: u32 = 0; j < limbs29; j++, position += LIMB_BITS) {
    const i = position / DOUBLE_BITS;
    if (i >= limbs) break;
    const shift = position % DOUBLE_BITS;
    const at = digits + (i << 3);
    const bits = (load<u64>(at) >> shift) | (load<u64>(at, 8) << (DOUBLE_BITS - shift));
    store<u32>(r + (j << 2), (bits as u32) & LIMB_MASK);
  }
}

/** Wipes what conversions leave in static memory. */
export function wipeDoublesForm(): void {
  memory.fill(digits, 0, 672);
}
