// Powers modulo N, in Montgomery form (montgomery.ts).
//
// montPower takes a secret exponent: a fixed window of five bits (HAC 14.82), and every entry of the table is read for
// every window, under a mask. montPowerWord takes a public exponent of at most 32 bits.
import { LIMB_BITS, copyNumber, loosen, setZero } from "./limbs";
import { modulusLimbs, modulusSquare, montMultiply, montSquare, reduceFully } from "./montgomery";

/** Moduli of secret exponents: primes of up to 2048 bits. */
export const MAX_POWER_LIMBS: u32 = 72;

const WINDOW_BITS: u32 = 5;
const WINDOW_MASK: u32 = 31;
const ENTRIES: u32 = 32;

/**
 * Powers 0 .. 31 of the base, four limbs of each of the 32 together: a gather walks through it once.
 * 32 entries of 72 limbs.
 */
const table: usize = memory.data(9216, 16);
const masks: usize = memory.data(512, 16);
const power: usize = memory.data(304, 16);

@inline
function store32(entry: usize, a: usize, limbs: u32): void {
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) v128.store(entry + i * ENTRIES, v128.load(a + i));
}

/** r = entry `index` of the table; all entries are read. */
function gather(r: usize, index: u32, limbs: u32): void {
  const wanted = i32x4.splat(index as i32);
  let number = i32x4.splat(0);
  const step = i32x4.splat(1);
  for (let p = masks; p < masks + ENTRIES * 16; p += 16) {
    v128.store(p, i32x4.eq(number, wanted));
    number = i32x4.add(number, step);
  }
  let from = table;
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    let even = i32x4.splat(0);
    let odd = even;
    for (let p = masks; p < masks + ENTRIES * 16; p += 64, from += 64) {
      even = v128.or(even, v128.and(v128.load(p), v128.load(from)));
      odd = v128.or(odd, v128.and(v128.load(p, 16), v128.load(from, 16)));
      even = v128.or(even, v128.and(v128.load(p, 32), v128.load(from, 32)));
      odd = v128.or(odd, v128.and(v128.load(p, 48), v128.load(from, 48)));
    }
    v128.store(r + i, v128.or(even, odd));
  }
}

/**
 * r = base^exponent, base and r in Montgomery form, base < 16 N and loose. `exponent` is tight; its low `bits` bits
 * count. Of the exponent only `bits` shows in time, branches and addresses. At most MAX_POWER_LIMBS limbs.
 */
export function montPower(r: usize, base: usize, exponent: usize, bits: u32, modulus: usize): void {
  const limbs = modulusLimbs(modulus);
  setZero(power, limbs);
  store<u32>(power, 1);
  montMultiply(power, power, modulusSquare(modulus), modulus);
  store32(table, power, limbs);
  store32(table + 16, base, limbs);
  copyNumber(power, base, limbs);
  for (let entry: u32 = 2; entry < ENTRIES; entry++) {
    montMultiply(power, power, base, modulus);
    store32(table + entry * 16, power, limbs);
  }
  let position = ((bits - 1) / WINDOW_BITS) * WINDOW_BITS;
  setZero(r, limbs);
  gather(r, windowAt(exponent, position, bits), limbs);
  setZero(power, limbs);
  while (position != 0) {
    position -= WINDOW_BITS;
    for (let i: u32 = 0; i < WINDOW_BITS; i++) montSquare(r, r, modulus);
    gather(power, windowAt(exponent, position, bits), limbs);
    montMultiply(r, r, power, modulus);
  }
}

/** Five bits from bit `position` on; those from `bits` on do not count. */
@inline
function windowAt(exponent: usize, position: u32, bits: u32): u32 {
  const at = exponent + ((position / LIMB_BITS) << 2);
  // The guard limbs make the second load safe.
  const two = (load<u32>(at) as u64) | ((load<u32>(at, 4) as u64) << LIMB_BITS);
  const window = ((two >> (position % LIMB_BITS)) as u32) & WINDOW_MASK;
  const left = bits - position;
  return left < WINDOW_BITS ? window & ((1 << left) - 1) : window;
}

/** r = base^exponent for a public exponent > 0, in Montgomery form; base < 16 N and loose, and not r. */
export function montPowerWord(r: usize, base: usize, exponent: u32, modulus: usize): void {
  copyNumber(r, base, modulusLimbs(modulus));
  for (let i: i32 = 30 - clz<u32>(exponent); i >= 0; i--) {
    montSquare(r, r, modulus);
    if ((exponent >>> i) & 1) montMultiply(r, r, base, modulus);
  }
}

/**
 * r = 2^exponent in Montgomery form, tight and below 2 N: as montPower, but with a doubling in place of
 * multiplications. It filters the candidates of key generation.
 */
export function montPowerOfTwo(r: usize, exponent: usize, bits: u32, modulus: usize): void {
  const limbs = modulusLimbs(modulus);
  setZero(r, limbs);
  store<u32>(r, 1);
  montMultiply(r, r, modulusSquare(modulus), modulus);
  for (let i = bits; i > 0; i--) {
    montSquare(r, r, modulus);
    const bit = (load<u32>(exponent + (((i - 1) / LIMB_BITS) << 2)) >>> ((i - 1) % LIMB_BITS)) & 1;
    // Below 4 N, which the next square may have, and two reductions take to below 2 N.
    for (let p = r, end = r + (limbs << 2); p < end; p += 16) v128.store(p, i32x4.shl(v128.load(p), bit));
    loosen(r, limbs);
  }
  reduceFully(r, modulus);
  reduceFully(r, modulus);
}

/** Wipes the table: the powers are as secret as their base. */
export function wipePower(): void {
  memory.fill(table, 0, 9216);
  memory.fill(masks, 0, 512);
  memory.fill(power, 0, 304);
}
