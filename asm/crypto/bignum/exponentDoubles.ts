// Powers modulo N on doubles (doubles.ts), in the build with relaxed SIMD only: exponent.ts says what they take and give,
// and when they are used. R29 = 2^(29 limbs) is the R of montgomery.ts, R that of doubles.ts.
import { LIMB_BITS, LIMB_MASK, bitAt, copyNumber, setWord, setZero, tighten } from "./limbs";
import {
  modulusBits,
  modulusInverse,
  modulusLimbs,
  modulusSquare,
  modulusValue,
  montMultiply,
  reduceFully,
  reduceWide,
} from "./montgomery";
import { multiply } from "./product";
import {
  DOUBLE_BITS,
  DOUBLE_MASK,
  doublesFor,
  multiplyDoubles,
  prepareDoubles,
  squareDoubles,
  wipeDoubles,
} from "./doubles";
import { sumFromDoubles, toDoubles, wipeDoublesForm } from "./doublesForm";
import { WINDOW_BITS, WINDOW_ENTRIES, gather, highestWindow, setEntry, windowAt } from "./window";

/** Below, as many bits are faster on 29-bit limbs. */
const LEAST_BITS: u32 = 512;

// Numbers of doubles: N'; R^2 / R29 modulo N; 1; the result; the other factor.
const modulusInDoubles: usize = memory.data(352, 16);
const toForm: usize = memory.data(352, 16);
const one: usize = memory.data(352, 16);
const result: usize = memory.data(352, 16);
const factor: usize = memory.data(352, 16);
/** Numbers of 29-bit limbs, of four more than the modulus. */
const number: usize = memory.data(320, 16);
const scale: usize = memory.data(32, 16);

/** Whether powers modulo N are taken here. */
export function powersOnDoubles(modulus: usize): bool {
  return modulusBits(modulus) >= LEAST_BITS;
}

/** Makes N', what takes a number to the form with 51-bit limbs, and 1. @returns how many limbs these have. */
function prepare(modulus: usize): u32 {
  const limbs29 = modulusLimbs(modulus);
  const limbs = doublesFor(modulusBits(modulus), limbs29);
  // k = -1 / N modulo 2^51, so that k N is -1.
  const k = modulusInverse(modulus) & DOUBLE_MASK;
  setWord(scale, (k as u32) & LIMB_MASK, 4);
  store<u32>(scale, (k >> LIMB_BITS) as u32, 4);
  multiply(number, modulusValue(modulus), limbs29, scale, 4);
  toDoubles(modulusInDoubles, limbs, number, limbs29 + 4);
  prepareDoubles(modulusInDoubles, limbs);
  // R29^2 2^x / R29 = R^2 / R29 for R^2 = R29^2 2^x; x is not negative (doublesFor) and below 2^9.
  const x = 2 * (DOUBLE_BITS * limbs - LIMB_BITS * limbs29);
  setZero(number, limbs29);
  store<u32>(number + ((x / LIMB_BITS) << 2), 1 << (x % LIMB_BITS));
  montMultiply(number, modulusSquare(modulus), number, modulus);
  tighten(number, limbs29);
  toDoubles(toForm, limbs, number, limbs29);
  memory.fill(one, 0, 352);
  store<f64>(one, 1);
  return limbs;
}

/** r = 29-bit a, in Montgomery form there and here: a R29 (R^2 / R29) / R. Below 16 N, a is far within its bound here. */
function enter(r: usize, a: usize, modulus: usize, limbs: u32): void {
  const limbs29 = modulusLimbs(modulus);
  copyNumber(number, a, limbs29);
  tighten(number, limbs29);
  toDoubles(r, limbs, number, limbs29);
  multiplyDoubles(r, r, toForm, limbs);
}

/** r = R29 modulo N: 1 in Montgomery form. */
function setOne(r: usize, modulus: usize): void {
  setWord(r, 1, modulusLimbs(modulus));
  montMultiply(r, r, modulusSquare(modulus), modulus);
}

/** r = `result` in Montgomery form with 29-bit limbs, tight and below 2 N. */
function leave(r: usize, modulus: usize, limbs: u32): void {
  const limbs29 = modulusLimbs(modulus);
  multiplyDoubles(result, result, one, limbs);
  // The magnitude is below N' < 2^(bits + 51): N' more is positive, and needs fewer than 4 limbs more than N.
  sumFromDoubles(number, limbs29 + 4, result, modulusInDoubles, limbs);
  reduceWide(r, number, limbs29 + 4, modulus);
  // Below 4 N.
  reduceFully(r, modulus);
  reduceFully(r, modulus);
}

/** montPower on doubles. */
export function powerOnDoubles(r: usize, base: usize, exponent: usize, bits: u32, modulus: usize): void {
  const limbs = prepare(modulus);
  const size: usize = limbs << 3;
  enter(factor, base, modulus, limbs);
  setOne(r, modulus);
  enter(result, r, modulus, limbs);
  setEntry(0, result, size);
  setEntry(1, factor, size);
  multiplyDoubles(result, factor, result, limbs);
  for (let entry: usize = 2; entry < WINDOW_ENTRIES; entry++) {
    multiplyDoubles(result, result, factor, limbs);
    setEntry(entry, result, size);
  }
  let position = highestWindow(bits);
  gather(result, windowAt(exponent, position, bits), size);
  while (position != 0) {
    position -= WINDOW_BITS;
    for (let i: u32 = 0; i < WINDOW_BITS; i++) squareDoubles(result, result, limbs, 0);
    gather(factor, windowAt(exponent, position, bits), size);
    multiplyDoubles(result, result, factor, limbs);
  }
  leave(r, modulus, limbs);
}

/** montPowerOfTwo on doubles. */
export function powerOfTwoOnDoubles(r: usize, exponent: usize, bits: u32, modulus: usize): void {
  const limbs = prepare(modulus);
  setOne(r, modulus);
  enter(result, r, modulus, limbs);
  for (let i = bits; i > 0; i--) squareDoubles(result, result, limbs, bitAt(exponent, i - 1));
  leave(r, modulus, limbs);
}

/** Wipes what powers leave in static memory, but for the table. */
export function wipePowerOnDoubles(): void {
  memory.fill(modulusInDoubles, 0, 352);
  memory.fill(toForm, 0, 352);
  memory.fill(result, 0, 352);
  memory.fill(factor, 0, 352);
  memory.fill(number, 0, 320);
  memory.fill(scale, 0, 32);
  wipeDoubles();
  wipeDoublesForm();
}
