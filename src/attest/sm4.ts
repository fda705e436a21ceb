/** SM4 (GB/T 32907, ISO/IEC 18033-3) in CFB mode, for Endorsement Keys of the SM2 template. WebCrypto does not have it. */

const BLOCK = 16;
const ROUNDS = 32;
/** The system parameters of the key schedule. */
const FK = [0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc] as const;
/** x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1, the field of the substitution. */
const FIELD = 0x1f5;
/** The first row of the affine map's matrix, whose others are turned, and what is added. */
const ROW = 0xa7;
const ADDED = 0xd3;

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? FIELD : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product & 0xff;
}

/** Bit i of the result is the parity of what the matrix's turned row has in common with the octet. */
function affine(octet: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) {
    const row = ((ROW << bit) | (ROW >> (8 - bit))) & 0xff;
    let common = row & octet;
    common ^= common >> 4;
    common ^= common >> 2;
    common ^= common >> 1;
    result |= (common & 1) << bit;
  }
  return result ^ ADDED;
}

/** The affine map, the inverse in the field (x^254, 0 for 0), and the affine map again. */
const SUBSTITUTION = Uint8Array.from({ length: 256 }, (_, octet) => {
  const input = affine(octet);
  let power = 1;
  for (let exponent = 0; exponent < 254; exponent++) power = multiply(power, input);
  return affine(power);
});

function substitute(word: number): number {
  const octet = (shift: number) => (SUBSTITUTION[(word >>> shift) & 0xff] ?? 0) << shift;
  return octet(24) | octet(16) | octet(8) | octet(0);
}

function roundKeys(key: Uint8Array): number[] {
  const words = new DataView(key.buffer, key.byteOffset, BLOCK);
  const k = FK.map((constant, i) => words.getInt32(4 * i) ^ constant);
  const of = (i: number): number => k[i] ?? 0;
  for (let i = 0; i < ROUNDS; i++) {
    let constant = 0;
    for (let j = 0; j < 4; j++) constant = (constant << 8) | (((4 * i + j) * 7) & 0xff);
    const mixed = substitute(of(i + 1) ^ of(i + 2) ^ of(i + 3) ^ constant);
    k.push(of(i) ^ mixed ^ rotate(mixed, 13) ^ rotate(mixed, 23));
  }
  return k.slice(4);
}

function encryptBlock(keys: readonly number[], block: Uint8Array): Uint8Array {
  const words = new DataView(block.buffer, block.byteOffset, BLOCK);
  const x = [0, 1, 2, 3].map((i) => words.getInt32(4 * i));
  const of = (i: number): number => x[i] ?? 0;
  for (const [i, key] of keys.entries()) {
    const mixed = substitute(of(i + 1) ^ of(i + 2) ^ of(i + 3) ^ key);
    x.push(of(i) ^ mixed ^ rotate(mixed, 2) ^ rotate(mixed, 10) ^ rotate(mixed, 18) ^ rotate(mixed, 24));
  }
  const out = new DataView(new ArrayBuffer(BLOCK));
  for (let i = 0; i < 4; i++) out.setInt32(4 * i, of(ROUNDS + 3 - i));
  return new Uint8Array(out.buffer);
}

/** @param key 16 octets; @param iv as many */
export function encryptSm4Cfb(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const keys = roundKeys(key);
  const out = new Uint8Array(data.length);
  let before = iv;
  for (let at = 0; at < data.length; at += BLOCK) {
    const stream = encryptBlock(keys, before);
    for (let i = at; i < Math.min(at + BLOCK, data.length); i++) out[i] = (data[i] ?? 0) ^ (stream[i - at] ?? 0);
    before = out.slice(at, at + BLOCK);
  }
  return out;
}
