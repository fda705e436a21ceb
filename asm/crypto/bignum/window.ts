// A table of 32 powers for exponents taken five bits at a time (HAC 14.82), and its constant-time gather: every entry is
// read for every window, under a mask.
import { LIMB_BITS } from "./limbs";

export const WINDOW_BITS: u32 = 5;
export const WINDOW_ENTRIES: usize = 32;
const WINDOW_MASK: u32 = 31;

/** One vector of each of the 32 entries after another: a gather walks through it once. Entries of up to 21 vectors. */
const table: usize = memory.data(10752, 16);
const masks: usize = memory.data(512, 16);

/** Entry `index` = the `size` bytes at a, a multiple of 16 and at most 336. */
export function setEntry(index: usize, a: usize, size: usize): void {
  const entry = table + (index << 4);
  for (let i: usize = 0; i < size; i += 16) v128.store(entry + i * WINDOW_ENTRIES, v128.load(a + i));
}

/** r = entry `index`, `size` bytes; all entries are read. */
export function gather(r: usize, index: u32, size: usize): void {
  const wanted = i32x4.splat(index as i32);
  let number = i32x4.splat(0);
  const step = i32x4.splat(1);
  for (let p = masks; p < masks + WINDOW_ENTRIES * 16; p += 16) {
    v128.store(p, i32x4.eq(number, wanted));
    number = i32x4.add(number, step);
  }
  let from = table;
  for (let i: usize = 0; i < size; i += 16) {
    let even = i32x4.splat(0);
    let odd = even;
    for (let p = masks; p < masks + WINDOW_ENTRIES * 16; p += 64, from += 64) {
      even = v128.or(even, v128.and(v128.load(p), v128.load(from)));
      odd = v128.or(odd, v128.and(v128.load(p, 16), v128.load(from, 16)));
      even = v128.or(even, v128.and(v128.load(p, 32), v128.load(from, 32)));
      odd = v128.or(odd, v128.and(v128.load(p, 48), v128.load(from, 48)));
    }
    v128.store(r + i, v128.or(even, odd));
  }
}

/** Where the highest window of an exponent of `bits` bits begins. */
@inline
export function highestWindow(bits: u32): u32 {
  return ((bits - 1) / WINDOW_BITS) * WINDOW_BITS;
}

/** Five bits of a tight exponent from bit `position` on; those from `bits` on do not count. */
@inline
export function windowAt(exponent: usize, position: u32, bits: u32): u32 {
  const at = exponent + ((position / LIMB_BITS) << 2);
  // The guard limbs make the second load safe.
  const two = (load<u32>(at) as u64) | ((load<u32>(at, 4) as u64) << LIMB_BITS);
  const window = ((two >> (position % LIMB_BITS)) as u32) & WINDOW_MASK;
  const left = bits - position;
  return left < WINDOW_BITS ? window & ((1 << left) - 1) : window;
}

/** Wipes the table: the powers are as secret as their base. */
export function wipeWindow(): void {
  memory.fill(table, 0, 10752);
  memory.fill(masks, 0, 512);
}
