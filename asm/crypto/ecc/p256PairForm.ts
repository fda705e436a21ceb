// Points of NIST P-256 on their way from the form of point.ts (Montgomery's with R = 2^290, limbs of 29 bits) to that of
// p256PairPoint.ts (R = 2^260, two numbers side by side) and back, and tables of them. Constant time.
import { SLOT } from "./curve";
import { PAIR, carry, fuse } from "./p256PairSettle";
import { PAIR_POINT, pairAdd, pairDouble, pairMultiply, wipePairPoints } from "./p256PairPoint";

const Y: usize = SLOT;
const Z: usize = 2 * SLOT;

/** 2^230, which takes 2^290 to 2^260, and 2^290 modulo p, which takes 2^260 to 2^290: a product divides by 2^260. */
const toPairs: usize = memory.data<f64>([0, 0, 0, 0, 0, 0, 0, 0, 4194304, 4194304]);
const fromPairs: usize = memory.data<f64>([
  17179869188, 17179869188, -70368744177664, -70368744177664, -67108864, -67108864, -274877906944, -274877906944, 0, 0,
]);

const pair: usize = memory.data(80, 16);
const columns: usize = memory.data(80, 16);
const twice: usize = memory.data(160, 16);

/** Limb i of a and of b. */
@inline
function limbOf(a: usize, b: usize, i: usize): v128 {
  return f64x2.replace_lane(f64x2.splat(load<i32>(a + (i << 2)) as f64), 1, load<i32>(b + (i << 2)) as f64);
}

/** t rounded to a multiple of 2^52: t is below 2^103 in absolute value. */
@inline
function upper(t: v128): v128 {
  const c1 = f64x2.splat(30423614405477505635920876929024.0);
  return f64x2.sub(f64x2.add(t, c1), c1);
}

/** r = the numbers a and b of nine signed limbs of one unit (field.ts), in the form of pairs; below p and a little. */
export function pairFromField(r: usize, a: usize, b: usize): void {
  const inverse = f64x2.splat(2.220446049250313e-16);
  // Limbs of 29 bits begin at bits 0, 29, 52 + 6, 52 + 35, 104 + 12, 104 + 41, 156 + 18, 156 + 47 and 208 + 24.
  const l1 = f64x2.mul(limbOf(a, b, 1), f64x2.splat(536870912)), h1 = upper(l1);
  const l3 = f64x2.mul(limbOf(a, b, 3), f64x2.splat(34359738368)), h3 = upper(l3);
  const l5 = f64x2.mul(limbOf(a, b, 5), f64x2.splat(2199023255552)), h5 = upper(l5);
  const l7 = f64x2.mul(limbOf(a, b, 7), f64x2.splat(140737488355328)), h7 = upper(l7);
  const l2 = f64x2.mul(limbOf(a, b, 2), f64x2.splat(64)), l4 = f64x2.mul(limbOf(a, b, 4), f64x2.splat(4096));
  const l6 = f64x2.mul(limbOf(a, b, 6), f64x2.splat(262144)), l8 = f64x2.mul(limbOf(a, b, 8), f64x2.splat(16777216));
  carry(
    pair,
    f64x2.add(limbOf(a, b, 0), f64x2.sub(l1, h1)),
    fuse(h1, inverse, f64x2.add(l2, f64x2.sub(l3, h3))),
    fuse(h3, inverse, f64x2.add(l4, f64x2.sub(l5, h5))),
    fuse(h5, inverse, f64x2.add(l6, f64x2.sub(l7, h7))),
    fuse(h7, inverse, l8),
  );
  pairMultiply(r, columns, pair, toPairs);
}

/** r = a point of point.ts. */
export function pointToPairs(r: usize, p: usize): void {
  pairFromField(r, p, p);
  pairFromField(r + PAIR, p + Y, p + Z);
}

/** Limb i of lane 0 (`at`) or lane 1 (`at` + 8) of the numbers in `pair`. */
@inline
function digit(at: usize, i: usize): i64 {
  return load<f64>(at + (i << 4)) as i64;
}

/** r = one number of `pair`, in limbs of 29 bits: 0 .. 2^29 - 1, and the signed rest. */
function limbsOf(r: usize, at: usize): void {
  const mask: i64 = 0x1fffffff, mask52: i64 = 0xfffffffffffff;
  let c = digit(at, 0);
  const d0 = c & mask52;
  c = digit(at, 1) + (c >> 52);
  const d1 = c & mask52;
  c = digit(at, 2) + (c >> 52);
  const d2 = c & mask52;
  c = digit(at, 3) + (c >> 52);
  const d3 = c & mask52;
  const d4 = digit(at, 4) + (c >> 52);
  store<i32>(r, (d0 & mask) as i32);
  store<i32>(r, (((d0 >> 29) | (d1 << 23)) & mask) as i32, 4);
  store<i32>(r, ((d1 >> 6) & mask) as i32, 8);
  store<i32>(r, (((d1 >> 35) | (d2 << 17)) & mask) as i32, 12);
  store<i32>(r, ((d2 >> 12) & mask) as i32, 16);
  store<i32>(r, (((d2 >> 41) | (d3 << 11)) & mask) as i32, 20);
  store<i32>(r, ((d3 >> 18) & mask) as i32, 24);
  store<i32>(r, (((d3 >> 47) | (d4 << 5)) & mask) as i32, 28);
  store<i32>(r, (d4 >> 24) as i32, 32);
}

/** r and s = the two numbers of a pair in the form of the field. */
export function pairToField(r: usize, s: usize, at: usize): void {
  pairMultiply(pair, columns, at, fromPairs);
  limbsOf(r, pair);
  limbsOf(s, pair + 8);
}

/** r = p in the form of point.ts. */
export function pointFromPairs(r: usize, p: usize): void {
  // What is beside X is in Y for a while.
  pairToField(r, r + Y, p);
  pairToField(r + Y, r + Z, p + PAIR);
}

/** Negates the point p when mask is all ones. */
export function pairNegateIf(p: usize, mask: u32): void {
  negateLane(p + PAIR, v128.and(i32x4.splat(mask as i32), i64x2.replace_lane(i64x2.splat(0), 0, i64.MIN_VALUE)));
}

/** Negates the pair (X, Y) as a point when mask is all ones. */
export function affineNegateIf(q: usize, mask: u32): void {
  negateLane(q, v128.and(i32x4.splat(mask as i32), i64x2.replace_lane(i64x2.splat(0), 1, i64.MIN_VALUE)));
}

@inline
function negateLane(at: usize, sign: v128): void {
  v128.store(at, v128.xor(v128.load(at), sign));
  v128.store(at, v128.xor(v128.load(at, 16), sign), 16);
  v128.store(at, v128.xor(v128.load(at, 32), sign), 32);
  v128.store(at, v128.xor(v128.load(at, 48), sign), 48);
  v128.store(at, v128.xor(v128.load(at, 64), sign), 64);
}

/** Odd multiples of p, p first, `entries` of them, PAIR_POINT bytes each. p must not be `to`. */
export function pairOddMultiples(to: usize, p: usize, entries: u32): void {
  memory.copy(to, p, PAIR_POINT);
  pairDouble(twice, p);
  for (let i: usize = 1; i < entries; i++) pairAdd(to + i * PAIR_POINT, to + (i - 1) * PAIR_POINT, twice);
}

/** r = pair `index` of 16 at `from`; all of them are read. */
export function affineGather(r: usize, from: usize, index: u32): void {
  const wanted = i32x4.splat(index as i32), one = i32x4.splat(1);
  let number = i32x4.splat(0);
  let s0 = number, s1 = number, s2 = number, s3 = number, s4 = number;
  for (let end = from + 16 * PAIR; from < end; from += PAIR) {
    const mask = i32x4.eq(number, wanted);
    number = i32x4.add(number, one);
    s0 = v128.or(s0, v128.and(mask, v128.load(from)));
    s1 = v128.or(s1, v128.and(mask, v128.load(from, 16)));
    s2 = v128.or(s2, v128.and(mask, v128.load(from, 32)));
    s3 = v128.or(s3, v128.and(mask, v128.load(from, 48)));
    s4 = v128.or(s4, v128.and(mask, v128.load(from, 64)));
  }
  v128.store(r, s0);
  v128.store(r, s1, 16);
  v128.store(r, s2, 32);
  v128.store(r, s3, 48);
  v128.store(r, s4, 64);
}

/** r = entry `index` of 16 points at `from`; all entries are read. */
export function pairGather(r: usize, from: usize, index: u32): void {
  const wanted = i32x4.splat(index as i32), one = i32x4.splat(1);
  let number = i32x4.splat(0);
  let s0 = number, s1 = number, s2 = number, s3 = number, s4 = number;
  let s5 = number, s6 = number, s7 = number, s8 = number, s9 = number;
  for (let end = from + 16 * PAIR_POINT; from < end; from += PAIR_POINT) {
    const mask = i32x4.eq(number, wanted);
    number = i32x4.add(number, one);
    s0 = v128.or(s0, v128.and(mask, v128.load(from)));
    s1 = v128.or(s1, v128.and(mask, v128.load(from, 16)));
    s2 = v128.or(s2, v128.and(mask, v128.load(from, 32)));
    s3 = v128.or(s3, v128.and(mask, v128.load(from, 48)));
    s4 = v128.or(s4, v128.and(mask, v128.load(from, 64)));
    s5 = v128.or(s5, v128.and(mask, v128.load(from, 80)));
    s6 = v128.or(s6, v128.and(mask, v128.load(from, 96)));
    s7 = v128.or(s7, v128.and(mask, v128.load(from, 112)));
    s8 = v128.or(s8, v128.and(mask, v128.load(from, 128)));
    s9 = v128.or(s9, v128.and(mask, v128.load(from, 144)));
  }
  v128.store(r, s0);
  v128.store(r, s1, 16);
  v128.store(r, s2, 32);
  v128.store(r, s3, 48);
  v128.store(r, s4, 64);
  v128.store(r, s5, 80);
  v128.store(r, s6, 96);
  v128.store(r, s7, 112);
  v128.store(r, s8, 128);
  v128.store(r, s9, 144);
}

/** Wipes the scratch of the files for pairs. */
export function wipePairForm(): void {
  memory.fill(pair, 0, PAIR);
  memory.fill(columns, 0, PAIR);
  memory.fill(twice, 0, PAIR_POINT);
  wipePairPoints();
}
