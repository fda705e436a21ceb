// SHA-256 (FIPS 180-4, sections 4.1.2, 4.2.2, 5.3.3, 6.2): initial value and compression of whole blocks.
// All sixty-four rounds are written out and the message schedule lives in sixteen locals: no part of the message stays
// behind in memory, and V8 makes it a third faster than a loop of four times sixteen rounds. Rotations are nested
// because that needs fewer copies of registers.
import { loadBigEndian32 } from "./bytes";

@inline
function ch(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}
@inline
function sum0(x: u32): u32 {
  // rotr 2, 13, 22
  return rotr<u32>(rotr<u32>(rotr<u32>(x, 9) ^ x, 11) ^ x, 2);
}
@inline
function sum1(x: u32): u32 {
  // rotr 6, 11, 25
  return rotr<u32>(rotr<u32>(rotr<u32>(x, 14) ^ x, 5) ^ x, 6);
}
@inline
function sigma0(x: u32): u32 {
  return rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >>> 3);
}
@inline
function sigma1(x: u32): u32 {
  return rotr<u32>(x, 17) ^ rotr<u32>(x, 19) ^ (x >>> 10);
}

/** T1 of a round; `sum` is h + K + W. */
@inline
function t1(e: u32, f: u32, g: u32, sum: u32): u32 {
  sum += ch(e, f, g);
  return sum + sum1(e);
}
/** T2 of a round: Maj(a, b, c) is ((a ^ b) & (b ^ c)) ^ b, and a ^ b serves the next round as its b ^ c. */
@inline
function t2(a: u32, b: u32, ab: u32, bc: u32): u32 {
  return sum0(a) + ((ab & bc) ^ b);
}
/** The next word of the message schedule in place of the one sixteen before it. */
@inline
function schedule(w16: u32, w15: u32, w7: u32, w2: u32): u32 {
  return w16 + sigma0(w15) + w7 + sigma1(w2);
}

/** Sets the chaining value (eight native 32-bit words) to H(0). */
export function sha256Init(state: usize): void {
  store<u32>(state, 0x6a09e667, 0);
  store<u32>(state, 0xbb67ae85, 4);
  store<u32>(state, 0x3c6ef372, 8);
  store<u32>(state, 0xa54ff53a, 12);
  store<u32>(state, 0x510e527f, 16);
  store<u32>(state, 0x9b05688c, 20);
  store<u32>(state, 0x1f83d9ab, 24);
  store<u32>(state, 0x5be0cd19, 28);
}

/** Compresses `blocks` blocks of 64 bytes into the chaining value. */
export function sha256Compress(state: usize, data: usize, blocks: u32): void {
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
    let y = b ^ c;
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

    h = t1(e, f, g, h + 0x428a2f98 + w0); d += h; x = a ^ b; h += t2(a, b, x, y);
    g = t1(d, e, f, g + 0x71374491 + w1); c += g; y = h ^ a; g += t2(h, a, y, x);
    f = t1(c, d, e, f + 0xb5c0fbcf + w2); b += f; x = g ^ h; f += t2(g, h, x, y);
    e = t1(b, c, d, e + 0xe9b5dba5 + w3); a += e; y = f ^ g; e += t2(f, g, y, x);
    d = t1(a, b, c, d + 0x3956c25b + w4); h += d; x = e ^ f; d += t2(e, f, x, y);
    c = t1(h, a, b, c + 0x59f111f1 + w5); g += c; y = d ^ e; c += t2(d, e, y, x);
    b = t1(g, h, a, b + 0x923f82a4 + w6); f += b; x = c ^ d; b += t2(c, d, x, y);
    a = t1(f, g, h, a + 0xab1c5ed5 + w7); e += a; y = b ^ c; a += t2(b, c, y, x);
    h = t1(e, f, g, h + 0xd807aa98 + w8); d += h; x = a ^ b; h += t2(a, b, x, y);
    g = t1(d, e, f, g + 0x12835b01 + w9); c += g; y = h ^ a; g += t2(h, a, y, x);
    f = t1(c, d, e, f + 0x243185be + w10); b += f; x = g ^ h; f += t2(g, h, x, y);
    e = t1(b, c, d, e + 0x550c7dc3 + w11); a += e; y = f ^ g; e += t2(f, g, y, x);
    d = t1(a, b, c, d + 0x72be5d74 + w12); h += d; x = e ^ f; d += t2(e, f, x, y);
    c = t1(h, a, b, c + 0x80deb1fe + w13); g += c; y = d ^ e; c += t2(d, e, y, x);
    b = t1(g, h, a, b + 0x9bdc06a7 + w14); f += b; x = c ^ d; b += t2(c, d, x, y);
    a = t1(f, g, h, a + 0xc19bf174 + w15); e += a; y = b ^ c; a += t2(b, c, y, x);
    w0 = schedule(w0, w1, w9, w14);
    h = t1(e, f, g, h + 0xe49b69c1 + w0); d += h; x = a ^ b; h += t2(a, b, x, y);
    w1 = schedule(w1, w2, w10, w15);
    g = t1(d, e, f, g + 0xefbe4786 + w1); c += g; y = h ^ a; g += t2(h, a, y, x);
    w2 = schedule(w2, w3, w11, w0);
    f = t1(c, d, e, f + 0x0fc19dc6 + w2); b += f; x = g ^ h; f += t2(g, h, x, y);
    w3 = schedule(w3, w4, w12, w1);
    e = t1(b, c, d, e + 0x240ca1cc + w3); a += e; y = f ^ g; e += t2(f, g, y, x);
    w4 = schedule(w4, w5, w13, w2);
    d = t1(a, b, c, d + 0x2de92c6f + w4); h += d; x = e ^ f; d += t2(e, f, x, y);
    w5 = schedule(w5, w6, w14, w3);
    c = t1(h, a, b, c + 0x4a7484aa + w5); g += c; y = d ^ e; c += t2(d, e, y, x);
    w6 = schedule(w6, w7, w15, w4);
    b = t1(g, h, a, b + 0x5cb0a9dc + w6); f += b; x = c ^ d; b += t2(c, d, x, y);
    w7 = schedule(w7, w8, w0, w5);
    a = t1(f, g, h, a + 0x76f988da + w7); e += a; y = b ^ c; a += t2(b, c, y, x);
    w8 = schedule(w8, w9, w1, w6);
    h = t1(e, f, g, h + 0x983e5152 + w8); d += h; x = a ^ b; h += t2(a, b, x, y);
    w9 = schedule(w9, w10, w2, w7);
    g = t1(d, e, f, g + 0xa831c66d + w9); c += g; y = h ^ a; g += t2(h, a, y, x);
    w10 = schedule(w10, w11, w3, w8);
    f = t1(c, d, e, f + 0xb00327c8 + w10); b += f; x = g ^ h; f += t2(g, h, x, y);
    w11 = schedule(w11, w12, w4, w9);
    e = t1(b, c, d, e + 0xbf597fc7 + w11); a += e; y = f ^ g; e += t2(f, g, y, x);
    w12 = schedule(w12, w13, w5, w10);
    d = t1(a, b, c, d + 0xc6e00bf3 + w12); h += d; x = e ^ f; d += t2(e, f, x, y);
    w13 = schedule(w13, w14, w6, w11);
    c = t1(h, a, b, c + 0xd5a79147 + w13); g += c; y = d ^ e; c += t2(d, e, y, x);
    w14 = schedule(w14, w15, w7, w12);
    b = t1(g, h, a, b + 0x06ca6351 + w14); f += b; x = c ^ d; b += t2(c, d, x, y);
    w15 = schedule(w15, w0, w8, w13);
    a = t1(f, g, h, a + 0x14292967 + w15); e += a; y = b ^ c; a += t2(b, c, y, x);
    w0 = schedule(w0, w1, w9, w14);
    h = t1(e, f, g, h + 0x27b70a85 + w0); d += h; x = a ^ b; h += t2(a, b, x, y);
    w1 = schedule(w1, w2, w10, w15);
    g = t1(d, e, f, g + 0x2e1b2138 + w1); c += g; y = h ^ a; g += t2(h, a, y, x);
    w2 = schedule(w2, w3, w11, w0);
    f = t1(c, d, e, f + 0x4d2c6dfc + w2); b += f; x = g ^ h; f += t2(g, h, x, y);
    w3 = schedule(w3, w4, w12, w1);
    e = t1(b, c, d, e + 0x53380d13 + w3); a += e; y = f ^ g; e += t2(f, g, y, x);
    w4 = schedule(w4, w5, w13, w2);
    d = t1(a, b, c, d + 0x650a7354 + w4); h += d; x = e ^ f; d += t2(e, f, x, y);
    w5 = schedule(w5, w6, w14, w3);
    c = t1(h, a, b, c + 0x766a0abb + w5); g += c; y = d ^ e; c += t2(d, e, y, x);
    w6 = schedule(w6, w7, w15, w4);
    b = t1(g, h, a, b + 0x81c2c92e + w6); f += b; x = c ^ d; b += t2(c, d, x, y);
    w7 = schedule(w7, w8, w0, w5);
    a = t1(f, g, h, a + 0x92722c85 + w7); e += a; y = b ^ c; a += t2(b, c, y, x);
    w8 = schedule(w8, w9, w1, w6);
    h = t1(e, f, g, h + 0xa2bfe8a1 + w8); d += h; x = a ^ b; h += t2(a, b, x, y);
    w9 = schedule(w9, w10, w2, w7);
    g = t1(d, e, f, g + 0xa81a664b + w9); c += g; y = h ^ a; g += t2(h, a, y, x);
    w10 = schedule(w10, w11, w3, w8);
    f = t1(c, d, e, f + 0xc24b8b70 + w10); b += f; x = g ^ h; f += t2(g, h, x, y);
    w11 = schedule(w11, w12, w4, w9);
    e = t1(b, c, d, e + 0xc76c51a3 + w11); a += e; y = f ^ g; e += t2(f, g, y, x);
    w12 = schedule(w12, w13, w5, w10);
    d = t1(a, b, c, d + 0xd192e819 + w12); h += d; x = e ^ f; d += t2(e, f, x, y);
    w13 = schedule(w13, w14, w6, w11);
    c = t1(h, a, b, c + 0xd6990624 + w13); g += c; y = d ^ e; c += t2(d, e, y, x);
    w14 = schedule(w14, w15, w7, w12);
    b = t1(g, h, a, b + 0xf40e3585 + w14); f += b; x = c ^ d; b += t2(c, d, x, y);
    w15 = schedule(w15, w0, w8, w13);
    a = t1(f, g, h, a + 0x106aa070 + w15); e += a; y = b ^ c; a += t2(b, c, y, x);
    w0 = schedule(w0, w1, w9, w14);
    h = t1(e, f, g, h + 0x19a4c116 + w0); d += h; x = a ^ b; h += t2(a, b, x, y);
    w1 = schedule(w1, w2, w10, w15);
    g = t1(d, e, f, g + 0x1e376c08 + w1); c += g; y = h ^ a; g += t2(h, a, y, x);
    w2 = schedule(w2, w3, w11, w0);
    f = t1(c, d, e, f + 0x2748774c + w2); b += f; x = g ^ h; f += t2(g, h, x, y);
    w3 = schedule(w3, w4, w12, w1);
    e = t1(b, c, d, e + 0x34b0bcb5 + w3); a += e; y = f ^ g; e += t2(f, g, y, x);
    w4 = schedule(w4, w5, w13, w2);
    d = t1(a, b, c, d + 0x391c0cb3 + w4); h += d; x = e ^ f; d += t2(e, f, x, y);
    w5 = schedule(w5, w6, w14, w3);
    c = t1(h, a, b, c + 0x4ed8aa4a + w5); g += c; y = d ^ e; c += t2(d, e, y, x);
    w6 = schedule(w6, w7, w15, w4);
    b = t1(g, h, a, b + 0x5b9cca4f + w6); f += b; x = c ^ d; b += t2(c, d, x, y);
    w7 = schedule(w7, w8, w0, w5);
    a = t1(f, g, h, a + 0x682e6ff3 + w7); e += a; y = b ^ c; a += t2(b, c, y, x);
    w8 = schedule(w8, w9, w1, w6);
    h = t1(e, f, g, h + 0x748f82ee + w8); d += h; x = a ^ b; h += t2(a, b, x, y);
    w9 = schedule(w9, w10, w2, w7);
    g = t1(d, e, f, g + 0x78a5636f + w9); c += g; y = h ^ a; g += t2(h, a, y, x);
    w10 = schedule(w10, w11, w3, w8);
    f = t1(c, d, e, f + 0x84c87814 + w10); b += f; x = g ^ h; f += t2(g, h, x, y);
    w11 = schedule(w11, w12, w4, w9);
    e = t1(b, c, d, e + 0x8cc70208 + w11); a += e; y = f ^ g; e += t2(f, g, y, x);
    w12 = schedule(w12, w13, w5, w10);
    d = t1(a, b, c, d + 0x90befffa + w12); h += d; x = e ^ f; d += t2(e, f, x, y);
    w13 = schedule(w13, w14, w6, w11);
    c = t1(h, a, b, c + 0xa4506ceb + w13); g += c; y = d ^ e; c += t2(d, e, y, x);
    w14 = schedule(w14, w15, w7, w12);
    b = t1(g, h, a, b + 0xbef9a3f7 + w14); f += b; x = c ^ d; b += t2(c, d, x, y);
    w15 = schedule(w15, w0, w8, w13);
    a = t1(f, g, h, a + 0xc67178f2 + w15); e += a; y = b ^ c; a += t2(b, c, y, x);

    h0 += a;
    h1 += b;
    h2 += c;
    h3 += d;
    h4 += e;
    h5 += f;
    h6 += g;
    h7 += h;
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
