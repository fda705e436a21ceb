// Multiplication in the field of NIST P-256 (SP 800-186, 3.2.1.3): p = 2^256 - 2^224 + 2^192 + 2^96 - 1, on nine signed
// limbs of 29 bits, Montgomery's reduction with R = 2^290.
//
// -1 / p modulo 2^29 is 1, so the low limb m of what is left is itself the multiple of p to add, and m p is four shifts:
//   m p = m 2^(8*29 + 24) - m 2^(7*29 + 21) + m 2^(6*29 + 18) + m 2^(3*29 + 9) - m
// where the last term only clears the limb. There are ten rows of reduction for nine limbs: R = 2^34 * 2^256.
//
// Bounds. Limbs are i32: |a_i| <= A 2^29, |b_i| <= B 2^29 with A B <= 2.2; |a|, |b| <= 32 p.
//   Columns: at most 9 A B 2^58 < 2^62.4 of products, three shifts below 2^53 and a carry below 2^35: i64 holds them.
//   Values: (a b + m p) / R with 0 <= m < R lies in (-2^-24 p, p + 2^-24 p).
//   Result: limbs 0 .. 7 in 0 .. 2^29 - 1, and the signed rest in limb 8, which has at most 25 bits.

const MASK: i64 = 0x1fffffff;

/** 29 times this is the logarithm of R. */
export const P256_ROWS: u32 = 10;

/** r = a b / R modulo p. r may be a or b. */
export function p256Multiply(r: usize, a: usize, b: usize): void {
  const a0: i64 = load<i32>(a), a1: i64 = load<i32>(a, 4), a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12), a4: i64 = load<i32>(a, 16), a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24), a7: i64 = load<i32>(a, 28), a8: i64 = load<i32>(a, 32);
  const b0: i64 = load<i32>(b), b1: i64 = load<i32>(b, 4), b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12), b4: i64 = load<i32>(b, 16), b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24), b7: i64 = load<i32>(b, 28), b8: i64 = load<i32>(b, 32);
  let c = a0 * b0;
  const m0 = c & MASK;
  c = a0 * b1 + a1 * b0 + (c >> 29);
  const m1 = c & MASK;
  c = a0 * b2 + a1 * b1 + a2 * b0 + (c >> 29);
  const m2 = c & MASK;
  c = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (m0 << 9) + (c >> 29);
  const m3 = c & MASK;
  c = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (m1 << 9) + (c >> 29);
  const m4 = c & MASK;
  c = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (m2 << 9) + (c >> 29);
  const m5 = c & MASK;
  c = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (m0 << 18) + (m3 << 9) + (c >> 29);
  const m6 = c & MASK;
  c = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 - (m0 << 21) + (m1 << 18)
      + (m4 << 9) + (c >> 29);
  const m7 = c & MASK;
  c = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + (m0 << 24)
      - (m1 << 21) + (m2 << 18) + (m5 << 9) + (c >> 29);
  const m8 = c & MASK;
  c = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + (m1 << 24) - (m2 << 21)
      + (m3 << 18) + (m6 << 9) + (c >> 29);
  const m9 = c & MASK;
  c = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (m2 << 24) - (m3 << 21) + (m4 << 18)
      + (m7 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32);
  c = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (m3 << 24) - (m4 << 21) + (m5 << 18)
      + (m8 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 4);
  c = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (m4 << 24) - (m5 << 21) + (m6 << 18) + (m9 << 9)
      + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 8);
  c = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (m5 << 24) - (m6 << 21) + (m7 << 18) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 12);
  c = a6 * b8 + a7 * b7 + a8 * b6 + (m6 << 24) - (m7 << 21) + (m8 << 18) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 16);
  c = a7 * b8 + a8 * b7 + (m7 << 24) - (m8 << 21) + (m9 << 18) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 20);
  c = a8 * b8 + (m8 << 24) - (m9 << 21) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 24);
  c = (m9 << 24) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 28);
  store<i32>(r, (c >> 29) as i32, 32);
}

/** r = a^2 / R modulo p. r may be a. */
export function p256Square(r: usize, a: usize): void {
  const a0: i64 = load<i32>(a), a1: i64 = load<i32>(a, 4), a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12), a4: i64 = load<i32>(a, 16), a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24), a7: i64 = load<i32>(a, 28), a8: i64 = load<i32>(a, 32);
  const d0 = a0 << 1, d1 = a1 << 1, d2 = a2 << 1, d3 = a3 << 1, d4 = a4 << 1, d5 = a5 << 1;
  const d6 = a6 << 1, d7 = a7 << 1;
  let c = a0 * a0;
  const m0 = c & MASK;
  c = d0 * a1 + (c >> 29);
  const m1 = c & MASK;
  c = d0 * a2 + a1 * a1 + (c >> 29);
  const m2 = c & MASK;
  c = d0 * a3 + d1 * a2 + (m0 << 9) + (c >> 29);
  const m3 = c & MASK;
  c = d0 * a4 + d1 * a3 + a2 * a2 + (m1 << 9) + (c >> 29);
  const m4 = c & MASK;
  c = d0 * a5 + d1 * a4 + d2 * a3 + (m2 << 9) + (c >> 29);
  const m5 = c & MASK;
  c = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + (m0 << 18) + (m3 << 9) + (c >> 29);
  const m6 = c & MASK;
  c = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 - (m0 << 21) + (m1 << 18) + (m4 << 9) + (c >> 29);
  const m7 = c & MASK;
  c = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + (m0 << 24) - (m1 << 21) + (m2 << 18) + (m5 << 9)
      + (c >> 29);
  const m8 = c & MASK;
  c = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + (m1 << 24) - (m2 << 21) + (m3 << 18) + (m6 << 9) + (c >> 29);
  const m9 = c & MASK;
  c = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + (m2 << 24) - (m3 << 21) + (m4 << 18) + (m7 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32);
  c = d3 * a8 + d4 * a7 + d5 * a6 + (m3 << 24) - (m4 << 21) + (m5 << 18) + (m8 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 4);
  c = d4 * a8 + d5 * a7 + a6 * a6 + (m4 << 24) - (m5 << 21) + (m6 << 18) + (m9 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 8);
  c = d5 * a8 + d6 * a7 + (m5 << 24) - (m6 << 21) + (m7 << 18) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 12);
  c = d6 * a8 + a7 * a7 + (m6 << 24) - (m7 << 21) + (m8 << 18) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 16);
  c = d7 * a8 + (m7 << 24) - (m8 << 21) + (m9 << 18) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 20);
  c = a8 * a8 + (m8 << 24) - (m9 << 21) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 24);
  c = (m9 << 24) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 28);
  store<i32>(r, (c >> 29) as i32, 32);
}
