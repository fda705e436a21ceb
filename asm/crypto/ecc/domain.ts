// The domain parameters of a curve, for those who ask for them.
import { aIsZero, curveNumber, selectCurve, size } from "./curve";
import { ECC_CURVE, ECC_SUCCESS } from "./status";

/** Writes p, a, b, the coordinates of G, and n: eccSize(curve) bytes each. The cofactor is 1. */
export function eccDomain(curve: u32, out: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  curveNumber(0, out);
  if (aIsZero) memory.fill(out + size, 0, size);
  else minusThree(out, out + size);
  for (let which: u32 = 1; which <= 4; which++) curveNumber(which, out + (which + 1) * size);
  return ECC_SUCCESS;
}

/** a = p - 3. */
function minusThree(p: usize, a: usize): void {
  let borrow: i32 = 3;
  for (let i: i32 = size - 1; i >= 0; i--) {
    const difference = (load<u8>(p + i) as i32) - borrow;
    store<u8>(a + i, difference as u8);
    borrow = difference < 0 ? 1 : 0;
  }
}
