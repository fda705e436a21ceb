// [u] G + [v] Q for public scalars, as signatures are verified: non-adjacent forms of width 5 (D. Hankerson, A. Menezes,
// S. Vanstone, "Guide to Elliptic Curve Cryptography", 3.3.1 and 3.3.3), one chain of doublings. A curve with a table for
// G (comb.ts) uses that for [u] G, in the last doublings of the same chain. NOT constant time.
import { bitAt } from "../bignum/limbs";
import { SLOT, fieldOne, limbs, orderBits } from "./curve";
import { PASSES, addPassPublic, hasComb } from "./comb";
import { WINDOW_BITS, oddMultiples } from "./multiply";
import { POINT, pointAddPublic, pointBase, pointCopy, pointDouble, pointNegateIf } from "./point";
import { scalarMakeOdd, scalarWindow, scalarZeroMask } from "./scalar";

const WIDTH: u32 = 5;
/** Odd multiples 1, 3 .. 15. */
const ENTRIES: u32 = 8;
const MAX_DIGITS: u32 = 640;

const digitsOfU: usize = memory.data(640, 16);
const digitsOfV: usize = memory.data(640, 16);
const tableOfG: usize = memory.data(2688, 16);
const tableOfQ: usize = memory.data(2688, 16);
const oddScalar: usize = memory.data(112, 16);
const entry: usize = memory.data(336, 16);

/** Digits of tight k, one byte each, odd and below 16 or 0; orderBits + 1 of them. */
function nonAdjacentForm(digits: usize, k: usize): void {
  memory.fill(digits, 0, MAX_DIGITS);
  let carry: u32 = 0;
  for (let i: u32 = 0; i <= orderBits; ) {
    if (bitAt(k, i) == carry) {
      i++;
      continue;
    }
    const value = (scalarWindow(k, i) & 31) + carry;
    carry = value >>> 4;
    store<i8>(digits + i, (value as i32) - ((carry as i32) << 5));
    i += WIDTH;
  }
}

function addDigit(r: usize, table: usize, digit: i32): void {
  if (digit == 0) return;
  pointCopy(entry, table + (((digit < 0 ? -digit : digit) as usize) >>> 1) * POINT);
  if (digit < 0) pointNegateIf(entry, 0xffffffff);
  pointAddPublic(r, r, entry);
}

/** r = [u] G + [v] q, tight u and v below n. r is not q. */
export function doubleMultiply(r: usize, u: usize, v: usize, q: usize): void {
  const withComb = hasComb();
  nonAdjacentForm(digitsOfV, v);
  oddMultiples(tableOfQ, q, ENTRIES);
  if (!withComb) {
    nonAdjacentForm(digitsOfU, u);
    pointBase(entry);
    oddMultiples(tableOfG, entry, ENTRIES);
  }
  // Infinity: Z = 0.
  memory.fill(r, 0, POINT);
  memory.copy(r, fieldOne, limbs << 2);
  memory.copy(r + SLOT, fieldOne, limbs << 2);
  let i: i32 = orderBits;
  const lowest: i32 = withComb ? (PASSES - 1) * WINDOW_BITS : 0;
  while (i > lowest && load<i8>(digitsOfV + i) == 0 && (withComb || load<i8>(digitsOfU + i) == 0)) i--;
  const useComb = withComb && scalarZeroMask(u) == 0;
  const negative = useComb ? scalarMakeOdd(oddScalar, u) : 0;
  for (; i >= 0; i--) {
    pointDouble(r, r);
    addDigit(r, tableOfQ, load<i8>(digitsOfV + i));
    if (!withComb) addDigit(r, tableOfG, load<i8>(digitsOfU + i));
    // The passes of the comb take their places in the same chain.
    else if (useComb && i <= lowest && (i as u32) % WINDOW_BITS == 0) addPassPublic(r, oddScalar, negative, (i as u32) / WINDOW_BITS);
  }
}

/** Nothing here is secret, but guard limbs must be zero when a curve with fewer limbs comes next. */
export function wipeVerify(): void {
  memory.fill(digitsOfU, 0, MAX_DIGITS);
  memory.fill(digitsOfV, 0, MAX_DIGITS);
  memory.fill(tableOfG, 0, 2688);
  memory.fill(tableOfQ, 0, 2688);
  memory.fill(oddScalar, 0, 112);
  memory.fill(entry, 0, 336);
}
