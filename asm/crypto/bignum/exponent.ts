// Powers modulo N, in Montgomery form (montgomery.ts).
//
// montPower takes a secret exponent, five bits of it at a time (window.ts). montPowerWord takes a public exponent of at
// most 32 bits. In the build with relaxed SIMD the powers to long exponents work on doubles (exponentDoubles.ts).
import { bitAt, copyNumber, loosen, setZero } from "./limbs";
import { modulusLimbs, modulusSquare, montMultiply, montSquare, reduceFully } from "./montgomery";
import { powerOfTwoOnDoubles, powerOnDoubles, powersOnDoubles, wipePowerOnDoubles } from "./exponentDoubles";
import { WINDOW_BITS, WINDOW_ENTRIES, gather, highestWindow, setEntry, windowAt, wipeWindow } from "./window";

/** Moduli of secret exponents: primes of up to 2048 bits. */
export const MAX_POWER_LIMBS: u32 = 72;

const power: usize = memory.data(304, 16);

/**
 * r = base^exponent, base and r in Montgomery form, base < 16 N and loose. `exponent` is tight; its low `bits` bits
 * count. Of the exponent only `bits` shows in time, branches and addresses. At most MAX_POWER_LIMBS limbs.
 */
export function montPower(r: usize, base: usize, exponent: usize, bits: u32, modulus: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (powersOnDoubles(modulus)) {
      powerOnDoubles(r, base, exponent, bits, modulus);
      return;
    }
  }
  const limbs = modulusLimbs(modulus);
  const size: usize = limbs << 2;
  setZero(power, limbs);
  store<u32>(power, 1);
  montMultiply(power, power, modulusSquare(modulus), modulus);
  setEntry(0, power, size);
  setEntry(1, base, size);
  copyNumber(power, base, limbs);
  for (let entry: usize = 2; entry < WINDOW_ENTRIES; entry++) {
    montMultiply(power, power, base, modulus);
    setEntry(entry, power, size);
  }
  let position = highestWindow(bits);
  setZero(r, limbs);
  gather(r, windowAt(exponent, position, bits), size);
  setZero(power, limbs);
  while (position != 0) {
    position -= WINDOW_BITS;
    for (let i: u32 = 0; i < WINDOW_BITS; i++) montSquare(r, r, modulus);
    gather(power, windowAt(exponent, position, bits), size);
    montMultiply(r, r, power, modulus);
  }
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
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (powersOnDoubles(modulus)) {
      powerOfTwoOnDoubles(r, exponent, bits, modulus);
      return;
    }
  }
  const limbs = modulusLimbs(modulus);
  setZero(r, limbs);
  store<u32>(r, 1);
  montMultiply(r, r, modulusSquare(modulus), modulus);
  for (let i = bits; i > 0; i--) {
    montSquare(r, r, modulus);
    const bit = bitAt(exponent, i - 1);
    // Below 4 N, which the next square may have, and two reductions take to below 2 N.
    for (let p = r, end = r + (limbs << 2); p < end; p += 16) v128.store(p, i32x4.shl(v128.load(p), bit));
    loosen(r, limbs);
  }
  reduceFully(r, modulus);
  reduceFully(r, modulus);
}

/** Wipes what powers leave in static memory: it is as secret as their base. */
export function wipePower(): void {
  if (ASC_FEATURE_RELAXED_SIMD) wipePowerOnDoubles();
  wipeWindow();
  memory.fill(power, 0, 304);
}
