// A table of 32 powers for exponents taken five bits at a time (HAC 14.82), and its constant-time gather: every entry is
// read for every window, and chosen by masks.
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
  if (ASC_FEATURE_RELAXED_SIMD) gatherByHalves(r, index, size);
  else gatherByMasks(r, index, size);
}

/** A mask for each entry. Without an instruction that chooses by a mask halves would take 6 % more of a signature. */
@inline
function gatherByMasks(r: usize, index: u32, size: usize): void {
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

/** A mask for each bit of the index, which halves what is left. */
@inline
function gatherByHalves(r: usize, index: u32, size: usize): void {
  const mask0 = maskOf(index, 0), mask1 = maskOf(index, 1), mask2 = maskOf(index, 2), mask3 = maskOf(index, 3);
  const mask4 = maskOf(index, 4);
  for (let i: usize = 0, from = table; i < size; i += 16, from += 16 * WINDOW_ENTRIES) {
    const lower = choose(ofEight(from + 128, mask0, mask1, mask2), ofEight(from, mask0, mask1, mask2), mask3);
    const upper = choose(ofEight(from + 384, mask0, mask1, mask2), ofEight(from + 256, mask0, mask1, mask2), mask3);
    v128.store(r + i, choose(upper, lower, mask4));
  }
}

/** Ones where bit `bit` of the index is set. */
@inline
function maskOf(index: u32, bit: u32): v128 {
  return i32x4.splat(-(((index >> bit) & 1) as i32));
}

/** a where the mask has ones, b where it has zeros: a mask has nothing but ones or nothing but zeros. */
@inline
function choose(a: v128, b: v128, mask: v128): v128 {
  return i8x16.relaxed_laneselect(a, b, mask);
}

/** One of the two vectors at `at`. */
@inline
function ofTwo(at: usize, mask0: v128): v128 {
  return choose(v128.load(at, 16), v128.load(at), mask0);
}

/** One of the eight vectors at `at`. */
@inline
function ofEight(at: usize, mask0: v128, mask1: v128, mask2: v128): v128 {
  const lower = choose(ofTwo(at + 32, mask0), ofTwo(at, mask0), mask1);
  const upper = choose(ofTwo(at + 96, mask0), ofTwo(at + 64, mask0), mask1);
  return choose(upper, lower, mask2);
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
