// The columns of Montgomery multiplication (montgomery.ts): 64-bit sums of products of 29-bit limbs, two to a vector.
// Bounds are counted in units of 2^58, of which a column holds 64.

export const COLUMN_MASK: u64 = 0x1fffffff;

/** 2 * MAX_LIMBS columns, and 8 above them that stay zero. */
export const columns: usize = memory.data(2368, 16);

/**
 * One round of carries in `count` columns (a multiple of 2) from `t` on, from the top down, so that each load sees the
 * old neighbour. Columns below 2^64 become at most 2^29 - 1 + 2^35; the carry of the last is added to the one above it.
 */
export function carryColumns(t: usize, count: u32): void {
  const mask = i64x2.splat(COLUMN_MASK);
  const top = t + (count << 3);
  store<u64>(top, load<u64>(top) + (load<u64>(top - 8) >> 29));
  for (let p = top - 16; p > t; p -= 16) {
    v128.store(p, i64x2.add(v128.and(v128.load(p), mask), i64x2.shr_u(v128.load(p - 8), 29)));
  }
  const first = load<u64>(t);
  store<u64>(t, first & COLUMN_MASK);
  store<u64>(t, (load<u64>(t, 8) & COLUMN_MASK) + (first >> 29), 8);
}

/**
 * Two rounds of carries in `limbs` columns from `t` on, and their low halves as limbs of r: loose (2^29 - 1 + 2^6).
 * The value of the columns must be below 2^(29 limbs), so nothing is carried out at the top: columns are not negative.
 * A column is below 2^64; after one round at most 2^29 - 1 + 2^35 - 1, after two at most 2^29 - 1 + 2^6.
 */
export function columnsToLimbs(r: usize, t: usize, limbs: u32): void {
  const mask = i64x2.splat(COLUMN_MASK);
  let before = i64x2.splat(0);
  let beforeOnce = i64x2.splat(0);
  for (let p = t, end = t + (limbs << 3); p < end; p += 32, r += 16) {
    const t0 = v128.load(p);
    const t1 = v128.load(p, 16);
    const x0 = i64x2.add(v128.and(t0, mask), i64x2.shr_u(v128.shuffle<u64>(before, t0, 1, 2), 29));
    const x1 = i64x2.add(v128.and(t1, mask), i64x2.shr_u(v128.shuffle<u64>(t0, t1, 1, 2), 29));
    const y0 = i64x2.add(v128.and(x0, mask), i64x2.shr_u(v128.shuffle<u64>(beforeOnce, x0, 1, 2), 29));
    const y1 = i64x2.add(v128.and(x1, mask), i64x2.shr_u(v128.shuffle<u64>(x0, x1, 1, 2), 29));
    v128.store(r, v128.shuffle<u32>(y0, y1, 0, 2, 4, 6));
    before = t1;
    beforeOnce = x1;
  }
}
