// Multiplication in the field of NIST P-384 (SP 800-186, 3.2.1.4): p = 2^384 - 2^128 - 2^96 + 2^32 - 1, on fourteen signed
// limbs of 29 bits, Montgomery's reduction with R = 2^406.
//
// -1 / p modulo 2^29 is 1, so the low limb m of what is left is itself the multiple of p to add, and m p is four shifts:
//   m p = m 2^(13*29 + 7) - m 2^(4*29 + 12) - m 2^(3*29 + 9) + m 2^(29 + 3) - m
// where the last term only clears the limb.
//
// Bounds. Limbs are i32: |a_i| <= A 2^29, |b_i| <= B 2^29 with A B <= 2.2; |a|, |b| <= 32 p.
//   Columns: at most 14 A B 2^58 < 2^62.95 of products, shifts below 2^42 and a carry below 2^35: i64 holds them.
//   Values: (a b + m p) / R with 0 <= m < R lies in (-2^-12 p, p + 2^-12 p).
//   Result: limbs 0 .. 12 in 0 .. 2^29 - 1, and the signed rest in limb 13, which has at most 8 bits.

const MASK: i64 = 0x1fffffff;

/** 29 times this is the logarithm of R. */
export const P384_ROWS: u32 = 14;

/** r = a b / R modulo p. r may be a or b. */
export function p384Multiply(r: usize, a: usize, b: usize): void {
  const a0: i64 = load<i32>(a), a1: i64 = load<i32>(a, 4), a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12), a4: i64 = load<i32>(a, 16), a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24), a7: i64 = load<i32>(a, 28), a8: i64 = load<i32>(a, 32);
  const a9: i64 = load<i32>(a, 36), a10: i64 = load<i32>(a, 40), a11: i64 = load<i32>(a, 44);
  const a12: i64 = load<i32>(a, 48), a13: i64 = load<i32>(a, 52);
  const b0: i64 = load<i32>(b), b1: i64 = load<i32>(b, 4), b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12), b4: i64 = load<i32>(b, 16), b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24), b7: i64 = load<i32>(b, 28), b8: i64 = load<i32>(b, 32);
  const b9: i64 = load<i32>(b, 36), b10: i64 = load<i32>(b, 40), b11: i64 = load<i32>(b, 44);
  const b12: i64 = load<i32>(b, 48), b13: i64 = load<i32>(b, 52);
  let c = a0 * b0;
  const m0 = c & MASK;
  c = a0 * b1 + a1 * b0 + (m0 << 3) + (c >> 29);
  const m1 = c & MASK;
  c = a0 * b2 + a1 * b1 + a2 * b0 + (m1 << 3) + (c >> 29);
  const m2 = c & MASK;
  c = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 - (m0 << 9) + (m2 << 3) + (c >> 29);
  const m3 = c & MASK;
  c = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 - (m0 << 12) - (m1 << 9) + (m3 << 3) + (c >> 29);
  const m4 = c & MASK;
  c = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 - (m1 << 12) - (m2 << 9) + (m4 << 3)
      + (c >> 29);
  const m5 = c & MASK;
  c = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 - (m2 << 12) - (m3 << 9) + (m5 << 3)
      + (c >> 29);
  const m6 = c & MASK;
  c = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 - (m3 << 12) - (m4 << 9)
      + (m6 << 3) + (c >> 29);
  const m7 = c & MASK;
  c = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 - (m4 << 12)
      - (m5 << 9) + (m7 << 3) + (c >> 29);
  const m8 = c & MASK;
  c = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0
      - (m5 << 12) - (m6 << 9) + (m8 << 3) + (c >> 29);
  const m9 = c & MASK;
  c = a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1
      + a10 * b0 - (m6 << 12) - (m7 << 9) + (m9 << 3) + (c >> 29);
  const m10 = c & MASK;
  c = a0 * b11 + a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2
      + a10 * b1 + a11 * b0 - (m7 << 12) - (m8 << 9) + (m10 << 3) + (c >> 29);
  const m11 = c & MASK;
  c = a0 * b12 + a1 * b11 + a2 * b10 + a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + a9 * b3
      + a10 * b2 + a11 * b1 + a12 * b0 - (m8 << 12) - (m9 << 9) + (m11 << 3) + (c >> 29);
  const m12 = c & MASK;
  c = a0 * b13 + a1 * b12 + a2 * b11 + a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4
      + a10 * b3 + a11 * b2 + a12 * b1 + a13 * b0 + (m0 << 7) - (m9 << 12) - (m10 << 9) + (m12 << 3)
      + (c >> 29);
  const m13 = c & MASK;
  c = a1 * b13 + a2 * b12 + a3 * b11 + a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5 + a10 * b4
      + a11 * b3 + a12 * b2 + a13 * b1 + (m1 << 7) - (m10 << 12) - (m11 << 9) + (m13 << 3) + (c >> 29);
  store<i32>(r, (c & MASK) as i32);
  c = a2 * b13 + a3 * b12 + a4 * b11 + a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5 + a11 * b4
      + a12 * b3 + a13 * b2 + (m2 << 7) - (m11 << 12) - (m12 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 4);
  c = a3 * b13 + a4 * b12 + a5 * b11 + a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6 + a11 * b5 + a12 * b4
      + a13 * b3 + (m3 << 7) - (m12 << 12) - (m13 << 9) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 8);
  c = a4 * b13 + a5 * b12 + a6 * b11 + a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7 + a11 * b6 + a12 * b5 + a13 * b4
      + (m4 << 7) - (m13 << 12) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 12);
  c = a5 * b13 + a6 * b12 + a7 * b11 + a8 * b10 + a9 * b9 + a10 * b8 + a11 * b7 + a12 * b6 + a13 * b5
      + (m5 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 16);
  c = a6 * b13 + a7 * b12 + a8 * b11 + a9 * b10 + a10 * b9 + a11 * b8 + a12 * b7 + a13 * b6 + (m6 << 7)
      + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 20);
  c = a7 * b13 + a8 * b12 + a9 * b11 + a10 * b10 + a11 * b9 + a12 * b8 + a13 * b7 + (m7 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 24);
  c = a8 * b13 + a9 * b12 + a10 * b11 + a11 * b10 + a12 * b9 + a13 * b8 + (m8 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 28);
  c = a9 * b13 + a10 * b12 + a11 * b11 + a12 * b10 + a13 * b9 + (m9 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 32);
  c = a10 * b13 + a11 * b12 + a12 * b11 + a13 * b10 + (m10 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 36);
  c = a11 * b13 + a12 * b12 + a13 * b11 + (m11 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 40);
  c = a12 * b13 + a13 * b12 + (m12 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 44);
  c = a13 * b13 + (m13 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 48);
  store<i32>(r, (c >> 29) as i32, 52);
}

/** r = a^2 / R modulo p. r may be a. */
export function p384Square(r: usize, a: usize): void {
  const a0: i64 = load<i32>(a), a1: i64 = load<i32>(a, 4), a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12), a4: i64 = load<i32>(a, 16), a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24), a7: i64 = load<i32>(a, 28), a8: i64 = load<i32>(a, 32);
  const a9: i64 = load<i32>(a, 36), a10: i64 = load<i32>(a, 40), a11: i64 = load<i32>(a, 44);
  const a12: i64 = load<i32>(a, 48), a13: i64 = load<i32>(a, 52);
  const d0 = a0 << 1, d1 = a1 << 1, d2 = a2 << 1, d3 = a3 << 1, d4 = a4 << 1, d5 = a5 << 1;
  const d6 = a6 << 1, d7 = a7 << 1, d8 = a8 << 1, d9 = a9 << 1, d10 = a10 << 1, d11 = a11 << 1;
  const d12 = a12 << 1;
  let c = a0 * a0;
  const m0 = c & MASK;
  c = d0 * a1 + (m0 << 3) + (c >> 29);
  const m1 = c & MASK;
  c = d0 * a2 + a1 * a1 + (m1 << 3) + (c >> 29);
  const m2 = c & MASK;
  c = d0 * a3 + d1 * a2 - (m0 << 9) + (m2 << 3) + (c >> 29);
  const m3 = c & MASK;
  c = d0 * a4 + d1 * a3 + a2 * a2 - (m0 << 12) - (m1 << 9) + (m3 << 3) + (c >> 29);
  const m4 = c & MASK;
  c = d0 * a5 + d1 * a4 + d2 * a3 - (m1 << 12) - (m2 << 9) + (m4 << 3) + (c >> 29);
  const m5 = c & MASK;
  c = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 - (m2 << 12) - (m3 << 9) + (m5 << 3) + (c >> 29);
  const m6 = c & MASK;
  c = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 - (m3 << 12) - (m4 << 9) + (m6 << 3) + (c >> 29);
  const m7 = c & MASK;
  c = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 - (m4 << 12) - (m5 << 9) + (m7 << 3) + (c >> 29);
  const m8 = c & MASK;
  c = d0 * a9 + d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 - (m5 << 12) - (m6 << 9) + (m8 << 3) + (c >> 29);
  const m9 = c & MASK;
  c = d0 * a10 + d1 * a9 + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 - (m6 << 12) - (m7 << 9) + (m9 << 3)
      + (c >> 29);
  const m10 = c & MASK;
  c = d0 * a11 + d1 * a10 + d2 * a9 + d3 * a8 + d4 * a7 + d5 * a6 - (m7 << 12) - (m8 << 9) + (m10 << 3)
      + (c >> 29);
  const m11 = c & MASK;
  c = d0 * a12 + d1 * a11 + d2 * a10 + d3 * a9 + d4 * a8 + d5 * a7 + a6 * a6 - (m8 << 12) - (m9 << 9)
      + (m11 << 3) + (c >> 29);
  const m12 = c & MASK;
  c = d0 * a13 + d1 * a12 + d2 * a11 + d3 * a10 + d4 * a9 + d5 * a8 + d6 * a7 + (m0 << 7) - (m9 << 12)
      - (m10 << 9) + (m12 << 3) + (c >> 29);
  const m13 = c & MASK;
  c = d1 * a13 + d2 * a12 + d3 * a11 + d4 * a10 + d5 * a9 + d6 * a8 + a7 * a7 + (m1 << 7) - (m10 << 12)
      - (m11 << 9) + (m13 << 3) + (c >> 29);
  store<i32>(r, (c & MASK) as i32);
  c = d2 * a13 + d3 * a12 + d4 * a11 + d5 * a10 + d6 * a9 + d7 * a8 + (m2 << 7) - (m11 << 12) - (m12 << 9)
      + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 4);
  c = d3 * a13 + d4 * a12 + d5 * a11 + d6 * a10 + d7 * a9 + a8 * a8 + (m3 << 7) - (m12 << 12) - (m13 << 9)
      + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 8);
  c = d4 * a13 + d5 * a12 + d6 * a11 + d7 * a10 + d8 * a9 + (m4 << 7) - (m13 << 12) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 12);
  c = d5 * a13 + d6 * a12 + d7 * a11 + d8 * a10 + a9 * a9 + (m5 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 16);
  c = d6 * a13 + d7 * a12 + d8 * a11 + d9 * a10 + (m6 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 20);
  c = d7 * a13 + d8 * a12 + d9 * a11 + a10 * a10 + (m7 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 24);
  c = d8 * a13 + d9 * a12 + d10 * a11 + (m8 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 28);
  c = d9 * a13 + d10 * a12 + a11 * a11 + (m9 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 32);
  c = d10 * a13 + d11 * a12 + (m10 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 36);
  c = d11 * a13 + a12 * a12 + (m11 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 40);
  c = d12 * a13 + (m12 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 44);
  c = a13 * a13 + (m13 << 7) + (c >> 29);
  store<i32>(r, (c & MASK) as i32, 48);
  store<i32>(r, (c >> 29) as i32, 52);
}
