// The curve in use: its numbers in the form that field.ts and scalar.ts work with. They are made at the curve's first use
// and kept. Nothing here is secret.
import { storeBigEndian64 } from "../bytes";
import { LIMB_BITS, copyNumber, fromBytes, limbsFor, setZero, subtract, subtractOnce, tighten } from "../bignum/limbs";
import { modulusInit, modulusSquare, modulusValue, montMultiply } from "../bignum/montgomery";
import { P256_ROWS } from "./p256";
import { P384_ROWS } from "./p384";
import { bnP256, bnP638, nistP192, nistP224, nistP256, nistP384, nistP521, sm2P256 } from "./parameters";

// TCG Algorithm Registry, section 6.4.
export const ECC_NIST_P192: u32 = 0x0001;
export const ECC_NIST_P224: u32 = 0x0002;
export const ECC_NIST_P256: u32 = 0x0003;
export const ECC_NIST_P384: u32 = 0x0004;
export const ECC_NIST_P521: u32 = 0x0005;
export const ECC_BN_P256: u32 = 0x0010;
export const ECC_BN_P638: u32 = 0x0011;
export const ECC_SM2_P256: u32 = 0x0020;

/** Bytes of the longest coordinate or scalar: BN P-638. */
export const ECC_MAX_SIZE: u32 = 80;

/** Bytes of a number here: numberSize(24), enough for 638 bits; a curve uses the first `limbs` limbs. */
export const SLOT: usize = 112;
const MODULUS_SLOT: usize = 240;

/** Zeroes a number, guard included. */
@inline
export function wipeSlot(at: usize): void {
  memory.fill(at, 0, SLOT);
}

/** Zeroes a point. */
@inline
export function wipePoint(at: usize): void {
  memory.fill(at, 0, 3 * SLOT);
}

/** Which multiplication the field has. */
export const FIELD_GENERIC: u32 = 0;
export const FIELD_P256: u32 = 1;
export const FIELD_P384: u32 = 2;

const CURVES: u32 = 8;
/** Per curve: moduli p and n; b, G, 1 and R^2 of the field; the two constants of subtraction. */
const RECORD: usize = 2 * MODULUS_SLOT + 7 * SLOT;
const records: usize = memory.data(10112, 16);
const made: usize = memory.data(8, 16);
const bytes: usize = memory.data(80, 16);
const working: usize = memory.data(112, 16);

export let fieldKind: u32;
/** Limbs of a field element and of a scalar, a multiple of 4. */
export let limbs: u32;
/** Bytes of a coordinate; of a scalar too (n is as long as p on all of these curves). */
export let size: u32;
export let fieldBits: u32;
export let orderBits: u32;
/** a = 0; otherwise a = -3. */
export let aIsZero: bool;
/** 0 .. 7. */
export let curveIndex: u32;
export let modP: usize;
export let modN: usize;
export let curveB: usize;
/** x and y of G. */
export let baseX: usize;
export let baseY: usize;
export let fieldOne: usize;
/** What brings a number into the form of the field, by a multiplication. */
export let fieldR2: usize;
/** Multiples of p in limbs that no limb of a subtrahend exceeds: see field.ts. */
export let smallMultiple: usize;
export let largeMultiple: usize;

let words: usize;
let wordsPerNumber: u32;

function describe(index: u32, numbers: usize, perNumber: u32, bits: u32, kind: u32): void {
  curveIndex = index;
  words = numbers;
  wordsPerNumber = perNumber;
  fieldBits = orderBits = bits;
  size = (bits + 7) >>> 3;
  fieldKind = kind;
}

/** The curve of the next operations. @returns false when there is no such curve here. */
export function selectCurve(curve: u32): bool {
  switch (curve) {
    case ECC_NIST_P192:
      describe(0, nistP192, 3, 192, FIELD_GENERIC);
      break;
    case ECC_NIST_P224:
      describe(1, nistP224, 4, 224, FIELD_GENERIC);
      break;
    case ECC_NIST_P256:
      describe(2, nistP256, 4, 256, FIELD_P256);
      break;
    case ECC_NIST_P384:
      describe(3, nistP384, 6, 384, FIELD_P384);
      break;
    case ECC_NIST_P521:
      describe(4, nistP521, 9, 521, FIELD_GENERIC);
      break;
    case ECC_BN_P256:
      describe(5, bnP256, 4, 256, FIELD_GENERIC);
      break;
    case ECC_BN_P638:
      describe(6, bnP638, 10, 638, FIELD_GENERIC);
      break;
    case ECC_SM2_P256:
      describe(7, sm2P256, 4, 256, FIELD_GENERIC);
      break;
    default:
      return false;
  }
  aIsZero = curve == ECC_BN_P256 || curve == ECC_BN_P638;
  // P-224 gets more limbs than it needs: field.ts wants 36 bits to spare.
  limbs = limbsFor(fieldBits + 28);
  const record = records + RECORD * curveIndex;
  modP = record;
  modN = record + MODULUS_SLOT;
  curveB = record + 2 * MODULUS_SLOT;
  baseX = curveB + SLOT;
  baseY = baseX + SLOT;
  fieldOne = baseY + SLOT;
  fieldR2 = fieldOne + SLOT;
  smallMultiple = fieldR2 + SLOT;
  largeMultiple = smallMultiple + SLOT;
  if (load<u8>(made + curveIndex) == 0) {
    makeRecord();
    store<u8>(made + curveIndex, 1);
  }
  return true;
}

/** Writes p (0), b (1), x or y of G (2, 3) or n (4) of the curve in use, `size` bytes. */
export function curveNumber(which: u32, out: usize): void {
  const from = words + ((which * wordsPerNumber) << 3);
  for (let i: u32 = 0; i < wordsPerNumber; i++) storeBigEndian64(bytes + (i << 3), load<u64>(from + (i << 3)));
  memory.copy(out, bytes + (wordsPerNumber << 3) - size, size);
}

function parameter(r: usize, which: u32): void {
  const from = words + ((which * wordsPerNumber) << 3);
  for (let i: u32 = 0; i < wordsPerNumber; i++) storeBigEndian64(bytes + (i << 3), load<u64>(from + (i << 3)));
  fromBytes(r, limbs, bytes, wordsPerNumber << 3);
}

/** r = 2^exponent modulo p. */
function powerOfTwo(r: usize, exponent: u32): void {
  setZero(r, limbs);
  store<u32>(r, 1);
  for (let i: u32 = 0; i < exponent; i++) doubleModulo(r);
}

function doubleModulo(r: usize): void {
  for (let i: usize = 0; i < limbs << 2; i += 4) store<u32>(r + i, load<u32>(r + i) << 1);
  tighten(r, limbs);
  subtractOnce(r, modulusValue(modP), working, limbs);
}

/**
 * r = 2^shift p in limbs of at least 2^30 - 2 below the highest that 2^(shift - 1) p reaches, which keeps the rest, less 2.
 */
function makeMultiple(r: usize, shift: u32, bound: u32): void {
  copyNumber(r, modulusValue(modP), limbs);
  for (let s: u32 = 0; s < shift; s++) {
    for (let i: usize = 0; i < limbs << 2; i += 4) store<u32>(r + i, load<u32>(r + i) << 1);
    tighten(r, limbs);
  }
  // p < 2^fieldBits, so bound p < 2^(fieldBits + log2 bound).
  const top = ((fieldBits + bound - 1) / LIMB_BITS) << 2;
  // What is above `top` is taken into it.
  store<u32>(r + top, load<u32>(r + top) + (load<u32>(r + top, 4) << LIMB_BITS));
  store<u32>(r + top, 0, 4);
  for (let i: u32 = 0; i < top; i += 4) {
    store<u32>(r + i, load<u32>(r + i) + (1 << 30));
    store<u32>(r + i, load<u32>(r + i, 4) - 2, 4);
  }
}

function makeRecord(): void {
  parameter(working, 0);
  modulusInit(modP, working, limbs, fieldBits);
  parameter(working, 4);
  modulusInit(modN, working, limbs, orderBits);
  if (fieldKind == FIELD_GENERIC) {
    copyNumber(fieldR2, modulusSquare(modP), limbs);
    powerOfTwo(fieldOne, LIMB_BITS * limbs);
  } else {
    const rows = fieldKind == FIELD_P256 ? P256_ROWS : P384_ROWS;
    powerOfTwo(fieldR2, 2 * LIMB_BITS * rows);
    powerOfTwo(fieldOne, LIMB_BITS * rows);
  }
  makeMultiple(smallMultiple, 4, 3);
  makeMultiple(largeMultiple, 8, 6);
  makeInForm(curveB, 1);
  makeInForm(baseX, 2);
  makeInForm(baseY, 3);
}

/** r = a parameter in the form of the field, by doublings: the parameter times R. */
function makeInForm(r: usize, which: u32): void {
  parameter(r, which);
  const rows = fieldKind == FIELD_P256 ? P256_ROWS : fieldKind == FIELD_P384 ? P384_ROWS : limbs;
  for (let i: u32 = 0; i < LIMB_BITS * rows; i++) doubleModulo(r);
}
