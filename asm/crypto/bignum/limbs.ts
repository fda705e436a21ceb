// Natural numbers of a fixed public size, for the arithmetic of FIPS 186-5 and RFC 8017: 29-bit limbs, least
// significant first, one limb in each u32. Time, branches and addresses depend on the number of limbs, never on values.
//
// A number of `limbs` limbs (a multiple of 4, at most MAX_LIMBS) takes numberSize(limbs) bytes: the limbs, and four
// guard limbs that are always zero, so that a vector load may begin at any limb. Memory becomes a number by setZero,
// setWord, copyNumber, fromBytes, and by what makes whole numbers (products, quotients, inverses, powers, reduceWide);
// other arithmetic writes the limbs and leaves the guard alone. Any address will do; multiples of 16 are fastest.
//
//   tight   every limb < 2^29: the only form that can be compared, subtracted and turned into bytes
//   loose   every limb <= 2^29 + 2^7: what Montgomery multiplication takes and gives (montgomery.ts)
//
// 29 bits leave 2^6 in a 64-bit column for sums of products, and 8 limbs make a 232-bit step: 36 limbs hold 1024 bits
// with 20 bits to spare.

export const LIMB_BITS: u32 = 29;
export const LIMB_MASK: u32 = 0x1fffffff;
/** Enough for 4096 bits. */
export const MAX_LIMBS: u32 = 144;
/** numberSize(MAX_LIMBS). */
export const MAX_NUMBER_SIZE: u32 = 592;
/** Bits that a modulus leaves free below 2^(29 limbs): see montgomery.ts. */
export const SPARE_BITS: u32 = 8;

/** Limbs of a modulus of `bits` bits: a multiple of 4 with SPARE_BITS to spare. */
export function limbsFor(bits: u32): u32 {
  return ((bits + SPARE_BITS + LIMB_BITS - 1) / LIMB_BITS + 3) & ~3;
}

/** Bytes that a number of `limbs` limbs takes in memory. */
@inline
export function numberSize(limbs: u32): u32 {
  return (limbs << 2) + 16;
}

@inline
export function setZero(r: usize, limbs: u32): void {
  memory.fill(r, 0, numberSize(limbs));
}

@inline
export function copyNumber(r: usize, a: usize, limbs: u32): void {
  memory.copy(r, a, numberSize(limbs));
}

/** r = `value`, below 2^29. */
export function setWord(r: usize, value: u32, limbs: u32): void {
  setZero(r, limbs);
  store<u32>(r, value);
}

/**
 * r = the big-endian number of `size` bytes, tight.
 * @returns false when it does not fit in `limbs` limbs; r then holds what fits.
 */
export function fromBytes(r: usize, limbs: u32, bytes: usize, size: u32): bool {
  setZero(r, limbs);
  let accumulator: u64 = 0;
  let bits: u32 = 0;
  let limb: u32 = 0;
  for (let i = size; i > 0; i--) {
    accumulator |= (load<u8>(bytes + i - 1) as u64) << bits;
    bits += 8;
    if (bits >= LIMB_BITS && limb < limbs) {
      store<u32>(r + (limb << 2), (accumulator as u32) & LIMB_MASK);
      limb++;
      accumulator >>= LIMB_BITS;
      bits -= LIMB_BITS;
    } else if (bits > 48) {
      // Past the last limb: remember only whether anything is there.
      accumulator = ((accumulator != 0) as u64) << 47;
      bits = 48;
    }
  }
  if (limb < limbs) {
    store<u32>(r + (limb << 2), accumulator as u32);
    return true;
  }
  return accumulator == 0;
}

/** The low `size` bytes of tight a, big-endian, zeros in front. */
export function toBytes(bytes: usize, size: u32, a: usize, limbs: u32): void {
  let accumulator: u64 = 0;
  let bits: u32 = 0;
  let limb: u32 = 0;
  for (let i = size; i > 0; i--) {
    if (bits < 8 && limb < limbs) {
      accumulator |= (load<u32>(a + (limb << 2)) as u64) << bits;
      limb++;
      bits += LIMB_BITS;
    }
    store<u8>(bytes + i - 1, accumulator as u8);
    accumulator >>= 8;
    bits = bits > 8 ? bits - 8 : 0;
  }
}

/**
 * Makes a tight, limbs being two's complement of at most 2^31 - 4: sums and differences of up to three loose numbers.
 * @returns what is left over at the top: 0 when the value lies in 0 .. 2^(29 limbs) - 1, negative when it is negative.
 */
export function tighten(a: usize, limbs: u32): i32 {
  let carry: i32 = 0;
  for (let p = a, end = a + (limbs << 2); p < end; p += 4) {
    carry += load<i32>(p);
    store<u32>(p, (carry as u32) & LIMB_MASK);
    carry >>= LIMB_BITS;
  }
  return carry;
}

/** r = a + b, tight if a and b are; the carry is returned. */
export function add(r: usize, a: usize, b: usize, limbs: u32): u32 {
  addLimbs(r, a, b, limbs);
  return tighten(r, limbs) as u32;
}

/** r = a - b modulo 2^(29 limbs), tight if a and b are. @returns 1 when a < b, else 0. */
export function subtract(r: usize, a: usize, b: usize, limbs: u32): u32 {
  subtractLimbs(r, a, b, limbs);
  return (tighten(r, limbs) as u32) >>> 31;
}

/** r = a + b limb by limb, without carries. */
export function addLimbs(r: usize, a: usize, b: usize, limbs: u32): void {
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    v128.store(r + i, i32x4.add(v128.load(a + i), v128.load(b + i)));
  }
}

/** r = a - b limb by limb, without carries: limbs are two's complement. */
export function subtractLimbs(r: usize, a: usize, b: usize, limbs: u32): void {
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    v128.store(r + i, i32x4.sub(v128.load(a + i), v128.load(b + i)));
  }
}

/**
 * One round of carries in all limbs at once, from the top down so that each load sees the old neighbour: limbs below
 * 2^32 become loose (2^29 - 1 + 2^3). The value must stay below 2^(29 limbs).
 */
export function loosen(a: usize, limbs: u32): void {
  const mask = i32x4.splat(LIMB_MASK as i32);
  for (let p = a + (limbs << 2) - 16; p > a; p -= 16) {
    v128.store(p, i32x4.add(v128.and(v128.load(p), mask), i32x4.shr_u(v128.load(p - 4), LIMB_BITS)));
  }
  const first = v128.load(a);
  const below = v128.shuffle<u32>(i32x4.splat(0), first, 0, 4, 5, 6);
  v128.store(a, i32x4.add(v128.and(first, mask), i32x4.shr_u(below, LIMB_BITS)));
}

/** r = `mask` is all ones ? a : b; mask is 0 or 0xffffffff. */
export function select(r: usize, a: usize, b: usize, mask: u32, limbs: u32): void {
  const m = i32x4.splat(mask as i32);
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    v128.store(r + i, v128.bitselect(v128.load(a + i), v128.load(b + i), m));
  }
}

/** Tight a = a - n when a >= n; `difference` is working memory. */
export function subtractOnce(a: usize, n: usize, difference: usize, limbs: u32): void {
  const borrow = subtract(difference, a, n, limbs);
  select(a, a, difference, 0 - borrow, limbs);
}

/** 0xffffffff when tight a is zero, else 0. */
export function zeroMask(a: usize, limbs: u32): u32 {
  let any = i32x4.splat(0);
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) any = v128.or(any, v128.load(a + i));
  return wordZeroMask(
    i32x4.extract_lane(any, 0) | i32x4.extract_lane(any, 1) | i32x4.extract_lane(any, 2) | i32x4.extract_lane(any, 3),
  );
}

/** 0xffffffff when tight a and b are equal, else 0. */
export function equalMask(a: usize, b: usize, limbs: u32): u32 {
  let any = i32x4.splat(0);
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    any = v128.or(any, v128.xor(v128.load(a + i), v128.load(b + i)));
  }
  return wordZeroMask(
    i32x4.extract_lane(any, 0) | i32x4.extract_lane(any, 1) | i32x4.extract_lane(any, 2) | i32x4.extract_lane(any, 3),
  );
}

/** 1 when tight a < b, else 0. */
export function lessThan(a: usize, b: usize, limbs: u32): u32 {
  let carry: i32 = 0;
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 4) {
    carry = (carry + load<i32>(a + i) - load<i32>(b + i)) >> LIMB_BITS;
  }
  return (carry as u32) >>> 31;
}

/** 0xffffffff when `value` is 0, else 0, without a branch. */
@inline
export function wordZeroMask(value: u32): u32 {
  return ((((value | (0 - value)) as i32) >> 31) as u32) ^ 0xffffffff;
}

/** Bits of tight a without its leading zeros. For public numbers only: it stops at the first limb that is not zero. */
export function bitLength(a: usize, limbs: u32): u32 {
  for (let i = limbs; i > 0; i--) {
    const limb = load<u32>(a + ((i - 1) << 2));
    if (limb != 0) return i * LIMB_BITS + 3 - clz<u32>(limb);
  }
  return 0;
}

/** Bit `index` of tight a. */
@inline
export function bitAt(a: usize, index: u32): u32 {
  return (load<u32>(a + ((index / LIMB_BITS) << 2)) >>> (index % LIMB_BITS)) & 1;
}
