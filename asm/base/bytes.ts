// Big-endian access, TPM2B values in wire form, and comparing and wiping bytes: the one place for them.

@inline
export function get16(address: usize): u32 {
  return bswap<u16>(load<u16>(address)) as u32;
}
@inline
export function get32(address: usize): u32 {
  return bswap<u32>(load<u32>(address));
}
@inline
export function get64(address: usize): u64 {
  return bswap<u64>(load<u64>(address));
}
@inline
export function put16(address: usize, value: u32): void {
  store<u16>(address, bswap<u16>(value as u16));
}
@inline
export function put32(address: usize, value: u32): void {
  store<u32>(address, bswap<u32>(value));
}
@inline
export function put64(address: usize, value: u64): void {
  store<u64>(address, bswap<u64>(value));
}

/** Size of the TPM2B at `address`, without its size field. */
@inline
export function sizeOf2B(address: usize): u32 {
  return get16(address);
}
/** Address of the bytes of the TPM2B at `address`. */
@inline
export function bytesOf2B(address: usize): usize {
  return address + 2;
}

export function copy2B(to: usize, from: usize): void {
  memory.copy(to, from, 2 + get16(from));
}

export function set2B(to: usize, bytes: usize, size: u32): void {
  put16(to, size);
  memory.copy(to + 2, bytes, size);
}

/** Overwrites a TPM2B that has room for `capacity` bytes with zeros: an Empty Buffer, and no trace of the old value. */
export function wipe2B(address: usize, capacity: u32): void {
  memory.fill(address, 0, 2 + capacity);
}

/** Takes off trailing zeros, as for every authValue (Part 1, 19.6.4.3). Returns the new size. */
export function removeTrailingZeros(address: usize): u32 {
  let size = get16(address);
  while (size > 0 && load<u8>(address + 1 + size) == 0) size--;
  put16(address, size);
  return size;
}

/** Compares without an early exit: the values may be secret. */
export function equalBytes(a: usize, b: usize, size: u32): bool {
  let difference: u32 = 0;
  for (let i: u32 = 0; i < size; i++) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return difference == 0;
}

export function equal2B(a: usize, b: usize): bool {
  const size = get16(a);
  return size == get16(b) && equalBytes(a + 2, b + 2, size);
}

export function bitIsSet(map: usize, bit: u32): bool {
  return ((load<u8>(map + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}

export function setBit(map: usize, bit: u32, value: bool): void {
  const at = map + (bit >> 3);
  const mask: u32 = 1 << (bit & 7);
  const old: u32 = load<u8>(at);
  store<u8>(at, value ? old | mask : old & ~mask);
}
