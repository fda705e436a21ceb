// Bytes in memory: wiping, comparing in constant time, big-endian access. The one place of the kernels for them.

/** Overwrites `size` bytes with zeros. WASM stores are never optimised away, so this is all that zeroising takes. */
@inline
export function wipe(at: usize, size: u32): void {
  memory.fill(at, 0, size);
}

/** True when both areas hold the same `size` bytes. Time depends on `size` only, never on the bytes. */
export function constantTimeEqual(a: usize, b: usize, size: u32): bool {
  let difference: u32 = 0;
  for (let i: u32 = 0; i < size; i++) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return difference == 0;
}

@inline
export function loadBigEndian32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

@inline
export function loadBigEndian64(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

@inline
export function storeBigEndian32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

@inline
export function storeBigEndian64(at: usize, value: u64): void {
  store<u64>(at, bswap<u64>(value));
}
