// SM3 (GB/T 32905-2016; ISO/IEC 10118-3:2018, hash function 17): initial value and compression of whole blocks.
// Sixteen rounds are written out, once for each of the two pairs of boolean functions; the expanded message lives in
// sixteen locals (round j needs W(j) and W(j+4)), so that no part of it stays behind in memory.
import { loadBigEndian32 } from "./bytes";

/** T(j) <<< j (5.3.3). */
// prettier-ignore
const T: usize = memory.data<u32>([
  0x79cc4519, 0xf3988a32, 0xe7311465, 0xce6228cb, 0x9cc45197, 0x3988a32f, 0x7311465e, 0xe6228cbc,
  0xcc451979, 0x988a32f3, 0x311465e7, 0x6228cbce, 0xc451979c, 0x88a32f39, 0x11465e73, 0x228cbce6,
  0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
  0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5,
  0x7a879d8a, 0xf50f3b14, 0xea1e7629, 0xd43cec53, 0xa879d8a7, 0x50f3b14f, 0xa1e7629e, 0x43cec53d,
  0x879d8a7a, 0x0f3b14f5, 0x1e7629ea, 0x3cec53d4, 0x79d8a7a8, 0xf3b14f50, 0xe7629ea1, 0xcec53d43,
  0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
  0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5,
]);
const T_END: usize = T + 256;

@inline
function parity(x: u32, y: u32, z: u32): u32 {
  return x ^ y ^ z;
}
@inline
function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | ((x | y) & z);
}
@inline
function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}
@inline
function p0(x: u32): u32 {
  return x ^ rotl<u32>(x, 9) ^ rotl<u32>(x, 17);
}
@inline
function p1(x: u32): u32 {
  return x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23);
}
/** SS1 of a round; `a12` is a <<< 12. */
@inline
function ss1(a12: u32, e: u32, t: u32): u32 {
  return rotl<u32>(a12 + e + t, 7);
}
/** The next word of the expanded message in place of the one sixteen before it (5.3.2). */
@inline
function expand(w16: u32, w9: u32, w3: u32, w13: u32, w6: u32): u32 {
  return p1(w16 ^ w9 ^ rotl<u32>(w3, 15)) ^ rotl<u32>(w13, 7) ^ w6;
}

/** Sets the chaining value (eight native 32-bit words) to IV. */
export function sm3Init(state: usize): void {
  store<u32>(state, 0x7380166f, 0);
  store<u32>(state, 0x4914b2b9, 4);
  store<u32>(state, 0x172442d7, 8);
  store<u32>(state, 0xda8a0600, 12);
  store<u32>(state, 0xa96f30bc, 16);
  store<u32>(state, 0x163138aa, 20);
  store<u32>(state, 0xe38dee4d, 24);
  store<u32>(state, 0xb0fb0e4e, 28);
}

/** Compresses `blocks` blocks of 64 bytes into the chaining value. */
export function sm3Compress(state: usize, data: usize, blocks: u32): void {
  let h0 = load<u32>(state, 0);
  let h1 = load<u32>(state, 4);
  let h2 = load<u32>(state, 8);
  let h3 = load<u32>(state, 12);
  let h4 = load<u32>(state, 16);
  let h5 = load<u32>(state, 20);
  let h6 = load<u32>(state, 24);
  let h7 = load<u32>(state, 28);
  for (; blocks > 0; blocks--, data += 64) {
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let f = h5;
    let g = h6;
    let h = h7;
    let x: u32;
    let y: u32;
    let w0 = loadBigEndian32(data + 0);
    let w1 = loadBigEndian32(data + 4);
    let w2 = loadBigEndian32(data + 8);
    let w3 = loadBigEndian32(data + 12);
    let w4 = loadBigEndian32(data + 16);
    let w5 = loadBigEndian32(data + 20);
    let w6 = loadBigEndian32(data + 24);
    let w7 = loadBigEndian32(data + 28);
    let w8 = loadBigEndian32(data + 32);
    let w9 = loadBigEndian32(data + 36);
    let w10 = loadBigEndian32(data + 40);
    let w11 = loadBigEndian32(data + 44);
    let w12 = loadBigEndian32(data + 48);
    let w13 = loadBigEndian32(data + 52);
    let w14 = loadBigEndian32(data + 56);
    let w15 = loadBigEndian32(data + 60);
    x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(T, 0)); d += parity(a, b, c) + (y ^ x) + (w0 ^ w4); h = p0(h + parity(e, f, g) + y + w0); 
    b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w0 = expand(w0, w7, w13, w3, w10);
    x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(T, 4)); c += parity(d, a, b) + (y ^ x) + (w1 ^ w5); g = p0(g + parity(h, e, f) + y + w1); 
    a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w1 = expand(w1, w8, w14, w4, w11);
    x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(T, 8)); b += parity(c, d, a) + (y ^ x) + (w2 ^ w6); f = p0(f + parity(g, h, e) + y + w2); 
    d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w2 = expand(w2, w9, w15, w5, w12);
    x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(T, 12)); a += parity(b, c, d) + (y ^ x) + (w3 ^ w7); e = p0(e + parity(f, g, h) + y + w3); 
    c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w3 = expand(w3, w10, w0, w6, w13);
    x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(T, 16)); d += parity(a, b, c) + (y ^ x) + (w4 ^ w8); h = p0(h + parity(e, f, g) + y + w4); 
    b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w4 = expand(w4, w11, w1, w7, w14);
    x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(T, 20)); c += parity(d, a, b) + (y ^ x) + (w5 ^ w9); g = p0(g + parity(h, e, f) + y + w5); 
    a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w5 = expand(w5, w12, w2, w8, w15);
    x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(T, 24)); b += parity(c, d, a) + (y ^ x) + (w6 ^ w10); f = p0(f + parity(g, h, e) + y + w6); 
    d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w6 = expand(w6, w13, w3, w9, w0);
    x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(T, 28)); a += parity(b, c, d) + (y ^ x) + (w7 ^ w11); e = p0(e + parity(f, g, h) + y + w7); 
    c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w7 = expand(w7, w14, w4, w10, w1);
    x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(T, 32)); d += parity(a, b, c) + (y ^ x) + (w8 ^ w12); h = p0(h + parity(e, f, g) + y + w8); 
    b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w8 = expand(w8, w15, w5, w11, w2);
    x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(T, 36)); c += parity(d, a, b) + (y ^ x) + (w9 ^ w13); g = p0(g + parity(h, e, f) + y + w9); 
    a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w9 = expand(w9, w0, w6, w12, w3);
    x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(T, 40)); b += parity(c, d, a) + (y ^ x) + (w10 ^ w14); f = p0(f + parity(g, h, e) + y + w10); 
    d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w10 = expand(w10, w1, w7, w13, w4);
    x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(T, 44)); a += parity(b, c, d) + (y ^ x) + (w11 ^ w15); e = p0(e + parity(f, g, h) + y + w11); 
    c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w11 = expand(w11, w2, w8, w14, w5);
    x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(T, 48)); d += parity(a, b, c) + (y ^ x) + (w12 ^ w0); h = p0(h + parity(e, f, g) + y + w12); 
    b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w12 = expand(w12, w3, w9, w15, w6);
    x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(T, 52)); c += parity(d, a, b) + (y ^ x) + (w13 ^ w1); g = p0(g + parity(h, e, f) + y + w13); 
    a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w13 = expand(w13, w4, w10, w0, w7);
    x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(T, 56)); b += parity(c, d, a) + (y ^ x) + (w14 ^ w2); f = p0(f + parity(g, h, e) + y + w14); 
    d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w14 = expand(w14, w5, w11, w1, w8);
    x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(T, 60)); a += parity(b, c, d) + (y ^ x) + (w15 ^ w3); e = p0(e + parity(f, g, h) + y + w15); 
    c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w15 = expand(w15, w6, w12, w2, w9);
    // The last twelve words that this expands are not used: cheaper than writing four more groups out.
    for (let t = T + 64; t < T_END; t += 64) {
      x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(t, 0)); d += majority(a, b, c) + (y ^ x) + (w0 ^ w4); h = p0(h + choose(e, f, g) + y + w0); 
      b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w0 = expand(w0, w7, w13, w3, w10);
      x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(t, 4)); c += majority(d, a, b) + (y ^ x) + (w1 ^ w5); g = p0(g + choose(h, e, f) + y + w1); 
      a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w1 = expand(w1, w8, w14, w4, w11);
      x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(t, 8)); b += majority(c, d, a) + (y ^ x) + (w2 ^ w6); f = p0(f + choose(g, h, e) + y + w2); 
      d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w2 = expand(w2, w9, w15, w5, w12);
      x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(t, 12)); a += majority(b, c, d) + (y ^ x) + (w3 ^ w7); e = p0(e + choose(f, g, h) + y + w3); 
      c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w3 = expand(w3, w10, w0, w6, w13);
      x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(t, 16)); d += majority(a, b, c) + (y ^ x) + (w4 ^ w8); h = p0(h + choose(e, f, g) + y + w4); 
      b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w4 = expand(w4, w11, w1, w7, w14);
      x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(t, 20)); c += majority(d, a, b) + (y ^ x) + (w5 ^ w9); g = p0(g + choose(h, e, f) + y + w5); 
      a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w5 = expand(w5, w12, w2, w8, w15);
      x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(t, 24)); b += majority(c, d, a) + (y ^ x) + (w6 ^ w10); f = p0(f + choose(g, h, e) + y + w6); 
      d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w6 = expand(w6, w13, w3, w9, w0);
      x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(t, 28)); a += majority(b, c, d) + (y ^ x) + (w7 ^ w11); e = p0(e + choose(f, g, h) + y + w7); 
      c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w7 = expand(w7, w14, w4, w10, w1);
      x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(t, 32)); d += majority(a, b, c) + (y ^ x) + (w8 ^ w12); h = p0(h + choose(e, f, g) + y + w8); 
      b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w8 = expand(w8, w15, w5, w11, w2);
      x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(t, 36)); c += majority(d, a, b) + (y ^ x) + (w9 ^ w13); g = p0(g + choose(h, e, f) + y + w9); 
      a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w9 = expand(w9, w0, w6, w12, w3);
      x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(t, 40)); b += majority(c, d, a) + (y ^ x) + (w10 ^ w14); f = p0(f + choose(g, h, e) + y + w10); 
      d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w10 = expand(w10, w1, w7, w13, w4);
      x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(t, 44)); a += majority(b, c, d) + (y ^ x) + (w11 ^ w15); e = p0(e + choose(f, g, h) + y + w11); 
      c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w11 = expand(w11, w2, w8, w14, w5);
      x = rotl<u32>(a, 12); y = ss1(x, e, load<u32>(t, 48)); d += majority(a, b, c) + (y ^ x) + (w12 ^ w0); h = p0(h + choose(e, f, g) + y + w12); 
      b = rotl<u32>(b, 9); f = rotl<u32>(f, 19); w12 = expand(w12, w3, w9, w15, w6);
      x = rotl<u32>(d, 12); y = ss1(x, h, load<u32>(t, 52)); c += majority(d, a, b) + (y ^ x) + (w13 ^ w1); g = p0(g + choose(h, e, f) + y + w13); 
      a = rotl<u32>(a, 9); e = rotl<u32>(e, 19); w13 = expand(w13, w4, w10, w0, w7);
      x = rotl<u32>(c, 12); y = ss1(x, g, load<u32>(t, 56)); b += majority(c, d, a) + (y ^ x) + (w14 ^ w2); f = p0(f + choose(g, h, e) + y + w14); 
      d = rotl<u32>(d, 9); h = rotl<u32>(h, 19); w14 = expand(w14, w5, w11, w1, w8);
      x = rotl<u32>(b, 12); y = ss1(x, f, load<u32>(t, 60)); a += majority(b, c, d) + (y ^ x) + (w15 ^ w3); e = p0(e + choose(f, g, h) + y + w15); 
      c = rotl<u32>(c, 9); g = rotl<u32>(g, 19); w15 = expand(w15, w6, w12, w2, w9);
    }
    h0 ^= a;
    h1 ^= b;
    h2 ^= c;
    h3 ^= d;
    h4 ^= e;
    h5 ^= f;
    h6 ^= g;
    h7 ^= h;
  }
  store<u32>(state, h0, 0);
  store<u32>(state, h1, 4);
  store<u32>(state, h2, 8);
  store<u32>(state, h3, 12);
  store<u32>(state, h4, 16);
  store<u32>(state, h5, 20);
  store<u32>(state, h6, 24);
  store<u32>(state, h7, 28);
}
