// Camellia (RFC 3713; ISO/IEC 18033-3:2010, 5.4): key expansion and one block, for keys of 128, 192 and 256 bits.
//
// Not constant-time in addresses: the S-boxes are lookup tables. S2, S3 and S4 are made of S1 when the module starts.
// The P-function needs none: byte i of its input goes into the output bytes that a mask marks, so multiplying by the
// mask puts it there, and no two products ever carry into each other.
import { loadBigEndian64, storeBigEndian64, wipe } from "./bytes";

/** Bytes of the subkeys, at most. */
export const CAMELLIA_SCHEDULE_SIZE: u32 = 272;

/** SBOX1 (2.4.4). */
// prettier-ignore
const s1: usize = memory.data<u8>([
  0x70, 0x82, 0x2c, 0xec, 0xb3, 0x27, 0xc0, 0xe5, 0xe4, 0x85, 0x57, 0x35, 0xea, 0x0c, 0xae, 0x41,
  0x23, 0xef, 0x6b, 0x93, 0x45, 0x19, 0xa5, 0x21, 0xed, 0x0e, 0x4f, 0x4e, 0x1d, 0x65, 0x92, 0xbd,
  0x86, 0xb8, 0xaf, 0x8f, 0x7c, 0xeb, 0x1f, 0xce, 0x3e, 0x30, 0xdc, 0x5f, 0x5e, 0xc5, 0x0b, 0x1a,
  0xa6, 0xe1, 0x39, 0xca, 0xd5, 0x47, 0x5d, 0x3d, 0xd9, 0x01, 0x5a, 0xd6, 0x51, 0x56, 0x6c, 0x4d,
  0x8b, 0x0d, 0x9a, 0x66, 0xfb, 0xcc, 0xb0, 0x2d, 0x74, 0x12, 0x2b, 0x20, 0xf0, 0xb1, 0x84, 0x99,
  0xdf, 0x4c, 0xcb, 0xc2, 0x34, 0x7e, 0x76, 0x05, 0x6d, 0xb7, 0xa9, 0x31, 0xd1, 0x17, 0x04, 0xd7,
  0x14, 0x58, 0x3a, 0x61, 0xde, 0x1b, 0x11, 0x1c, 0x32, 0x0f, 0x9c, 0x16, 0x53, 0x18, 0xf2, 0x22,
  0xfe, 0x44, 0xcf, 0xb2, 0xc3, 0xb5, 0x7a, 0x91, 0x24, 0x08, 0xe8, 0xa8, 0x60, 0xfc, 0x69, 0x50,
  0xaa, 0xd0, 0xa0, 0x7d, 0xa1, 0x89, 0x62, 0x97, 0x54, 0x5b, 0x1e, 0x95, 0xe0, 0xff, 0x64, 0xd2,
  0x10, 0xc4, 0x00, 0x48, 0xa3, 0xf7, 0x75, 0xdb, 0x8a, 0x03, 0xe6, 0xda, 0x09, 0x3f, 0xdd, 0x94,
  0x87, 0x5c, 0x83, 0x02, 0xcd, 0x4a, 0x90, 0x33, 0x73, 0x67, 0xf6, 0xf3, 0x9d, 0x7f, 0xbf, 0xe2,
  0x52, 0x9b, 0xd8, 0x26, 0xc8, 0x37, 0xc6, 0x3b, 0x81, 0x96, 0x6f, 0x4b, 0x13, 0xbe, 0x63, 0x2e,
  0xe9, 0x79, 0xa7, 0x8c, 0x9f, 0x6e, 0xbc, 0x8e, 0x29, 0xf5, 0xf9, 0xb6, 0x2f, 0xfd, 0xb4, 0x59,
  0x78, 0x98, 0x06, 0x6a, 0xe7, 0x46, 0x71, 0xba, 0xd4, 0x25, 0xab, 0x42, 0x88, 0xa2, 0x8d, 0xfa,
  0x72, 0x07, 0xb9, 0x55, 0xf8, 0xee, 0xac, 0x0a, 0x36, 0x49, 0x2a, 0x68, 0x3c, 0x38, 0xf1, 0xa4,
  0x40, 0x28, 0xd3, 0x7b, 0xbb, 0xc9, 0x43, 0xc1, 0x15, 0xe3, 0xad, 0xf4, 0x77, 0xc7, 0x80, 0x9e,
]);
const s2: usize = memory.data(256, 64);
const s3: usize = memory.data(256, 64);
const s4: usize = memory.data(256, 64);

function makeBoxes(): void {
  for (let i: u32 = 0; i < 256; i++) {
    const s: u32 = load<u8>(s1 + i);
    store<u8>(s2 + i, ((s << 1) | (s >>> 7)) as u8);
    store<u8>(s3 + i, ((s << 7) | (s >>> 1)) as u8);
    store<u8>(s4 + i, load<u8>(s1 + (((i << 1) | (i >>> 7)) & 0xff)));
  }
}

makeBoxes();

/** The F-function (2.4.1): S-boxes, then the P-function, on x ^ k. */
@inline
function f(x: u64, k: u64): u64 {
  x ^= k;
  return (
    ((load<u8>(s1 + (x >>> 56) as usize) as u64) * 0x0101010001000001) ^
    ((load<u8>(s2 + ((x >>> 48) & 0xff) as usize) as u64) * 0x0001010101010000) ^
    ((load<u8>(s3 + ((x >>> 40) & 0xff) as usize) as u64) * 0x0100010100010100) ^
    ((load<u8>(s4 + ((x >>> 32) & 0xff) as usize) as u64) * 0x0101000100000101) ^
    ((load<u8>(s2 + ((x >>> 24) & 0xff) as usize) as u64) * 0x0001010100010101) ^
    ((load<u8>(s3 + ((x >>> 16) & 0xff) as usize) as u64) * 0x0100010101000101) ^
    ((load<u8>(s4 + ((x >>> 8) & 0xff) as usize) as u64) * 0x0101000101010001) ^
    ((load<u8>(s1 + (x & 0xff) as usize) as u64) * 0x0101010001010100)
  );
}

/** The FL-function (2.4.2). */
@inline
function fl(x: u64, k: u64): u64 {
  let high = (x >>> 32) as u32;
  const low = (x as u32) ^ rotl<u32>(high & ((k >>> 32) as u32), 1);
  high ^= low | (k as u32);
  return ((high as u64) << 32) | (low as u64);
}

/** The FLINV-function (2.4.3). */
@inline
function flInverse(y: u64, k: u64): u64 {
  const high = ((y >>> 32) as u32) ^ ((y as u32) | (k as u32));
  const low = (y as u32) ^ rotl<u32>(high & ((k >>> 32) as u32), 1);
  return ((high as u64) << 32) | (low as u64);
}

/** Groups of six rounds for a key of `keyBits`; 0 when Camellia has no such key size. */
export function camelliaGroups(keyBits: u32): u32 {
  return keyBits == 128 ? 3 : keyBits == 192 || keyBits == 256 ? 4 : 0;
}

/** Number of subkeys: two at either end, six for a group of rounds, two between groups. */
@inline
function subkeys(groups: u32): u32 {
  return 8 * groups + 2;
}

/** KL, KR, KA and KB while a key is expanded, two native words each, the high one first. */
const keys: usize = memory.data(64, 16);
const KL: usize = keys;
const KR: usize = keys + 16;
const KA: usize = keys + 32;
const KB: usize = keys + 48;

/** The high half of a key rotated left by `by` bits, 0 to 127; the low half is the high one of `by` + 64. */
function rotatedHigh(key: usize, by: u32): u64 {
  let high = load<u64>(key);
  let low = load<u64>(key, 8);
  if (by >= 64) {
    const swap = high;
    high = low;
    low = swap;
    by -= 64;
  }
  return by == 0 ? high : (high << by) | (low >>> (64 - by));
}

let next: usize = 0;

/** The next subkey. */
function single(key: usize, by: u32): void {
  store<u64>(next, rotatedHigh(key, by));
  next += 8;
}

/** The next two subkeys: both halves of a key rotated left by `by` bits. */
function pair(key: usize, by: u32): void {
  single(key, by);
  single(key, (by + 64) & 127);
}

/** KA and KB from KL and KR (2.2). */
function mixKeys(): void {
  let d1 = load<u64>(KL) ^ load<u64>(KR);
  let d2 = load<u64>(KL, 8) ^ load<u64>(KR, 8);
  d2 ^= f(d1, 0xa09e667f3bcc908b);
  d1 ^= f(d2, 0xb67ae8584caa73b2);
  d1 ^= load<u64>(KL);
  d2 ^= load<u64>(KL, 8);
  d2 ^= f(d1, 0xc6ef372fe94f82be);
  d1 ^= f(d2, 0x54ff53a5f1d36f1c);
  store<u64>(KA, d1);
  store<u64>(KA, d2, 8);
  d1 ^= load<u64>(KR);
  d2 ^= load<u64>(KR, 8);
  d2 ^= f(d1, 0x10e527fade682d1d);
  d1 ^= f(d2, 0xb05688c2b3e6c1fd);
  store<u64>(KB, d1);
  store<u64>(KB, d2, 8);
}

/** Key schedule (2.2): at most CAMELLIA_SCHEDULE_SIZE bytes of subkeys in the order of use, but kw4 before kw3. */
export function camelliaExpandKey(schedule: usize, key: usize, keyBits: u32): void {
  store<u64>(KL, loadBigEndian64(key));
  store<u64>(KL, loadBigEndian64(key + 8), 8);
  if (keyBits != 128) {
    const high = loadBigEndian64(key + 16);
    store<u64>(KR, high);
    store<u64>(KR, keyBits == 192 ? ~high : loadBigEndian64(key + 24), 8);
  }
  mixKeys();
  next = schedule;
  if (keyBits == 128) {
    pair(KL, 0);
    pair(KA, 0);
    pair(KL, 15);
    pair(KA, 15);
    pair(KA, 30);
    pair(KL, 45);
    single(KA, 45);
    single(KL, 60 + 64);
    pair(KA, 60);
    pair(KL, 77);
    pair(KL, 94);
    pair(KA, 94);
    pair(KL, 111);
    last(KA);
  } else {
    pair(KL, 0);
    pair(KB, 0);
    pair(KR, 15);
    pair(KA, 15);
    pair(KR, 30);
    pair(KB, 30);
    pair(KL, 45);
    pair(KA, 45);
    pair(KL, 60);
    pair(KR, 60);
    pair(KB, 60);
    pair(KL, 77);
    pair(KA, 77);
    pair(KR, 94);
    pair(KA, 94);
    pair(KL, 111);
    last(KB);
  }
  wipe(keys, 64);
}

/** kw4 and kw3: in this order, decryption is encryption with all the subkeys reversed. */
function last(key: usize): void {
  single(key, 111 - 64);
  single(key, 111);
}

/** Encryption (2.3) with the subkeys from `k` on; `step` is 8, or -8 from the last one backwards for decryption. */
@inline
function crypt(k: usize, step: isize, groups: u32, input: usize, output: usize): void {
  let d1 = loadBigEndian64(input) ^ load<u64>(k);
  let d2 = loadBigEndian64(input + 8) ^ load<u64>(k + step);
  k += 2 * step;
  while (true) {
    d2 ^= f(d1, load<u64>(k));
    d1 ^= f(d2, load<u64>(k + step));
    d2 ^= f(d1, load<u64>(k + 2 * step));
    d1 ^= f(d2, load<u64>(k + 3 * step));
    d2 ^= f(d1, load<u64>(k + 4 * step));
    d1 ^= f(d2, load<u64>(k + 5 * step));
    k += 6 * step;
    if (--groups == 0) break;
    d1 = fl(d1, load<u64>(k));
    d2 = flInverse(d2, load<u64>(k + step));
    k += 2 * step;
  }
  storeBigEndian64(output, d2 ^ load<u64>(k + step));
  storeBigEndian64(output + 8, d1 ^ load<u64>(k));
}

/** Encrypts one block of 16 bytes; `output` may be `input`. */
export function camelliaEncryptBlock(schedule: usize, groups: u32, input: usize, output: usize): void {
  crypt(schedule, 8, groups, input, output);
}

/** Decrypts one block of 16 bytes; `output` may be `input`. */
export function camelliaDecryptBlock(schedule: usize, groups: u32, input: usize, output: usize): void {
  crypt(schedule + 8 * (subkeys(groups) - 1), -8, groups, input, output);
}
