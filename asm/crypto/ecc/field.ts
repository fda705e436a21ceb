// The field of the curve in use (curve.ts), in Montgomery form, on numbers of `limbs` limbs of 29 bits with zeros above
// them. P-256 and P-384 have their own multiplication on signed limbs; the others have bignum's, on unsigned ones.
// Time, branches and addresses depend on the curve only.
//
// The two kinds need different care, and the formulas of point.ts keep both:
//
// Signed (P-256, P-384). Sums and differences are taken limb by limb, without carries. A product is tight: limbs in
//   0 .. 2^29 - 1 ("1 unit"), a value in (-p / 2^12, p + p / 2^12). fieldCarry makes 1 unit (limbs in -4 .. 2^29 + 3) of
//   anything that i32 holds. Factors may have 2.2 units together (one times the other) and values up to 32 p.
//
// Unsigned (the others). R > 2^35 p, so operands of a product may be anything below 2^17 p; a product is below 2 p, and
//   everything is loose (limbs.ts). A sum is carried at once. A difference a - b is a + C - b, where C is a multiple of p
//   in limbs of which none is below the limb of b (makeMultiple): 16 p for b < 8 p (fieldSubtract), 256 p for b < 64 p
//   (fieldSubtractWide).
//   Why C's limbs suffice: a loose limb is at most 2^29 + 2^7, and C's are 2^30 - 2 or more below limb L, the highest that
//   a number below 2^(bits of p + 3) (+ 6) reaches; b has nothing above it. In limb L, b has at most 8 p / 2^(29 L) (64 p),
//   C has floor(16 p / 2^(29 L)) - 2 (256 p), which is the larger wherever 8 p / 2^(29 L) >= 3, or 64 p / 2^(29 L) >= 1.
//   The smallest are 3.99 and 4.49 for 8 p (P-521 and BN P-638, L = 18 and 22), 1.99 for 64 p (256 bits, L = 9).
//   Limb L of C is below 2^31, so a + C stays below 2^32.
import { copyNumber, loosen, select, setZero, subtractOnce, tighten, zeroMask } from "../bignum/limbs";
import { invert } from "../bignum/inverse";
import { modulusValue, montMultiply, montSquare } from "../bignum/montgomery";
import {
  FIELD_GENERIC,
  FIELD_P256,
  SLOT,
  fieldKind,
  fieldOne,
  fieldR2,
  largeMultiple,
  limbs,
  modP,
  smallMultiple,
  wipeSlot,
} from "./curve";
import { p256Multiply, p256Square } from "./p256";
import { p384Multiply, p384Square } from "./p384";

const plainOne: usize = memory.data(112, 16);
const canonical: usize = memory.data(112, 16);
const difference: usize = memory.data(112, 16);
const inverse: usize = memory.data(112, 16);

/** r = a b. r may be a or b. */
export function fieldMultiply(r: usize, a: usize, b: usize): void {
  if (fieldKind == FIELD_P256) p256Multiply(r, a, b);
  else if (fieldKind == FIELD_GENERIC) montMultiply(r, a, b, modP);
  else p384Multiply(r, a, b);
}

/** r = a^2. r may be a. */
export function fieldSquare(r: usize, a: usize): void {
  if (fieldKind == FIELD_P256) p256Square(r, a);
  else if (fieldKind == FIELD_GENERIC) montSquare(r, a, modP);
  else p384Square(r, a);
}

/** r = a + b. */
export function fieldAdd(r: usize, a: usize, b: usize): void {
  if (fieldKind == FIELD_P256) {
    v128.store(r, i32x4.add(v128.load(a), v128.load(b)));
    v128.store(r, i32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
    store<i32>(r, load<i32>(a, 32) + load<i32>(b, 32), 32);
    return;
  }
  for (let i: usize = 0, end: usize = limbs << 2; i < end; i += 16) {
    v128.store(r + i, i32x4.add(v128.load(a + i), v128.load(b + i)));
  }
  if (fieldKind == FIELD_GENERIC) loosen(r, limbs);
}

/** r = a - b. Unsigned: b < 8 p, and the result is below a + 16 p. */
export function fieldSubtract(r: usize, a: usize, b: usize): void {
  subtractFrom(r, a, b, smallMultiple);
}

/** r = a - b. Unsigned: b < 64 p, and the result is below a + 256 p. */
export function fieldSubtractWide(r: usize, a: usize, b: usize): void {
  subtractFrom(r, a, b, largeMultiple);
}

@inline
function subtractFrom(r: usize, a: usize, b: usize, multiple: usize): void {
  if (fieldKind == FIELD_P256) {
    v128.store(r, i32x4.sub(v128.load(a), v128.load(b)));
    v128.store(r, i32x4.sub(v128.load(a, 16), v128.load(b, 16)), 16);
    store<i32>(r, load<i32>(a, 32) - load<i32>(b, 32), 32);
    return;
  }
  const end: usize = limbs << 2;
  if (fieldKind == FIELD_GENERIC) {
    for (let i: usize = 0; i < end; i += 16) {
      v128.store(r + i, i32x4.sub(i32x4.add(v128.load(a + i), v128.load(multiple + i)), v128.load(b + i)));
    }
    loosen(r, limbs);
  } else {
    for (let i: usize = 0; i < end; i += 16) v128.store(r + i, i32x4.sub(v128.load(a + i), v128.load(b + i)));
  }
}

/** Signed: makes 1 unit of limbs that i32 holds; the highest limb takes what comes up to it. Unsigned: nothing to do. */
export function fieldCarry(a: usize): void {
  if (fieldKind == FIELD_GENERIC) return;
  const mask = i32x4.splat(0x1fffffff);
  const v0 = v128.load(a), v1 = v128.load(a, 16);
  const c0 = i32x4.shr_s(v0, 29), c1 = i32x4.shr_s(v1, 29);
  v128.store(a, i32x4.add(v128.and(v0, mask), v128.shuffle<i32>(i32x4.splat(0), c0, 3, 4, 5, 6)));
  v128.store(a, i32x4.add(v128.and(v1, mask), v128.shuffle<i32>(c0, c1, 3, 4, 5, 6)), 16);
  if (fieldKind == FIELD_P256) {
    store<i32>(a, load<i32>(a, 32) + i32x4.extract_lane(c1, 3), 32);
    return;
  }
  const v2 = v128.load(a, 32);
  const c2 = i32x4.shr_s(v2, 29);
  v128.store(a, i32x4.add(v128.and(v2, mask), v128.shuffle<i32>(c1, c2, 3, 4, 5, 6)), 32);
  const limb12 = load<i32>(a, 48);
  store<i32>(a, load<i32>(a, 52) + (limb12 >> 29), 52);
  store<i32>(a, (limb12 & 0x1fffffff) + i32x4.extract_lane(c2, 3), 48);
}

/** r = a in the form of the field; a is tight, below 2^(8 size). */
export function toField(r: usize, a: usize): void {
  fieldMultiply(r, a, fieldR2);
}

/** r = the number that a stands for: tight, below p. */
export function fromField(r: usize, a: usize): void {
  store<u32>(plainOne, 1);
  fieldMultiply(r, a, plainOne);
  // (a + m p) / R with |a| < R and m < R: 0 .. p.
  tighten(r, limbs);
  subtractOnce(r, modulusValue(modP), difference, limbs);
}

/** 0xffffffff when a stands for 0, else 0. */
export function fieldZeroMask(a: usize): u32 {
  fromField(canonical, a);
  return zeroMask(canonical, limbs);
}

/**
 * Whether a stands for 0, for public a: mostly decided by the low limb. Signed fields: -6 p < a < 6 p, so a is k p then, with
 * |k| <= 5, and has a low limb of -k, since that of p is all ones. Differences from coordinates of points are that large.
 */
export function fieldIsZeroPublic(a: usize): bool {
  if (fieldKind != FIELD_GENERIC && ((load<i32>(a) + 5) & 0x1fffffff) > 10) return false;
  return fieldZeroMask(a) != 0;
}

/** r = -a, for a of 1 unit; below 2 p. Unsigned: a < 64 p. */
export function fieldNegate(r: usize, a: usize): void {
  setZero(canonical, limbs);
  fieldSubtractWide(r, canonical, a);
  if (fieldKind == FIELD_GENERIC) montMultiply(r, r, fieldOne, modP);
}

/** r = mask is all ones ? a : b. */
@inline
export function fieldSelect(r: usize, a: usize, b: usize, mask: u32): void {
  select(r, a, b, mask, limbs);
}

@inline
export function fieldCopy(r: usize, a: usize): void {
  copyNumber(r, a, limbs);
}

/** r = 1 / a, or 0 for 0. r may be a. a has 1 unit. */
export function fieldInvert(r: usize, a: usize): void {
  fromField(canonical, a);
  const good = invert(inverse, canonical, modP);
  // What comes of 0 makes no sense.
  setZero(canonical, limbs);
  select(canonical, inverse, canonical, good, limbs);
  toField(r, canonical);
}

export function wipeField(): void {
  wipeSlot(plainOne);
  wipeSlot(canonical);
  wipeSlot(difference);
  wipeSlot(inverse);
}
