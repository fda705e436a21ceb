// SHA-512 and SHA-384 (FIPS 180-4, sections 4.1.3, 4.2.3, 5.3.4, 5.3.5, 6.4, 6.5): initial values and compression of
// whole blocks. Sixteen rounds are written out with the message schedule in locals, and done five times: no part of the
// message stays behind in memory. Written out completely it would be a tenth faster and three times as large.
import { loadBigEndian64 } from "./bytes";

// prettier-ignore
const K: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);
const K_END: usize = K + 640;

@inline
function ch(x: u64, y: u64, z: u64): u64 {
  return z ^ (x & (y ^ z));
}
@inline
function sum0(x: u64): u64 {
  return rotr<u64>(x, 28) ^ rotr<u64>(x, 34) ^ rotr<u64>(x, 39);
}
@inline
function sum1(x: u64): u64 {
  return rotr<u64>(x, 14) ^ rotr<u64>(x, 18) ^ rotr<u64>(x, 41);
}
@inline
function sigma0(x: u64): u64 {
  return rotr<u64>(x, 1) ^ rotr<u64>(x, 8) ^ (x >>> 7);
}
@inline
function sigma1(x: u64): u64 {
  return rotr<u64>(x, 19) ^ rotr<u64>(x, 61) ^ (x >>> 6);
}

/** T1 of a round; `sum` is h + K + W. */
@inline
function t1(e: u64, f: u64, g: u64, sum: u64): u64 {
  sum += ch(e, f, g);
  return sum + sum1(e);
}
/** T2 of a round: Maj(a, b, c) is ((a ^ b) & (b ^ c)) ^ b, and a ^ b serves the next round as its b ^ c. */
@inline
function t2(a: u64, b: u64, ab: u64, bc: u64): u64 {
  return sum0(a) + ((ab & bc) ^ b);
}
/** The next word of the message schedule in place of the one sixteen before it. */
@inline
function schedule(w16: u64, w15: u64, w7: u64, w2: u64): u64 {
  return w16 + sigma0(w15) + w7 + sigma1(w2);
}

/** Sets the chaining value (eight native 64-bit words) to H(0) of SHA-512. */
export function sha512Init(state: usize): void {
  store<u64>(state, 0x6a09e667f3bcc908, 0);
  store<u64>(state, 0xbb67ae8584caa73b, 8);
  store<u64>(state, 0x3c6ef372fe94f82b, 16);
  store<u64>(state, 0xa54ff53a5f1d36f1, 24);
  store<u64>(state, 0x510e527fade682d1, 32);
  store<u64>(state, 0x9b05688c2b3e6c1f, 40);
  store<u64>(state, 0x1f83d9abfb41bd6b, 48);
  store<u64>(state, 0x5be0cd19137e2179, 56);
}

/** Sets the chaining value (eight native 64-bit words) to H(0) of SHA-384. */
export function sha384Init(state: usize): void {
  store<u64>(state, 0xcbbb9d5dc1059ed8, 0);
  store<u64>(state, 0x629a292a367cd507, 8);
  store<u64>(state, 0x9159015a3070dd17, 16);
  store<u64>(state, 0x152fecd8f70e5939, 24);
  store<u64>(state, 0x67332667ffc00b31, 32);
  store<u64>(state, 0x8eb44a8768581511, 40);
  store<u64>(state, 0xdb0c2e0d64f98fa7, 48);
  store<u64>(state, 0x47b5481dbefa4fa4, 56);
}

/** Compresses `blocks` blocks of 128 bytes into the chaining value. */
export function sha512Compress(state: usize, data: usize, blocks: u32): void {
  let h0 = load<u64>(state, 0);
  let h1 = load<u64>(state, 8);
  let h2 = load<u64>(state, 16);
  let h3 = load<u64>(state, 24);
  let h4 = load<u64>(state, 32);
  let h5 = load<u64>(state, 40);
  let h6 = load<u64>(state, 48);
  let h7 = load<u64>(state, 56);
  for (; blocks > 0; blocks--, data += 128) {
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let f = h5;
    let g = h6;
    let h = h7;
    let x: u64;
    let y = b ^ c;
    let w0 = loadBigEndian64(data + 0);
    let w1 = loadBigEndian64(data + 8);
    let w2 = loadBigEndian64(data + 16);
    let w3 = loadBigEndian64(data + 24);
    let w4 = loadBigEndian64(data + 32);
    let w5 = loadBigEndian64(data + 40);
    let w6 = loadBigEndian64(data + 48);
    let w7 = loadBigEndian64(data + 56);
    let w8 = loadBigEndian64(data + 64);
    let w9 = loadBigEndian64(data + 72);
    let w10 = loadBigEndian64(data + 80);
    let w11 = loadBigEndian64(data + 88);
    let w12 = loadBigEndian64(data + 96);
    let w13 = loadBigEndian64(data + 104);
    let w14 = loadBigEndian64(data + 112);
    let w15 = loadBigEndian64(data + 120);

    let k = K;
    while (true) {
      h = t1(e, f, g, h + load<u64>(k, 0) + w0); d += h; x = a ^ b; h += t2(a, b, x, y);
      g = t1(d, e, f, g + load<u64>(k, 8) + w1); c += g; y = h ^ a; g += t2(h, a, y, x);
      f = t1(c, d, e, f + load<u64>(k, 16) + w2); b += f; x = g ^ h; f += t2(g, h, x, y);
      e = t1(b, c, d, e + load<u64>(k, 24) + w3); a += e; y = f ^ g; e += t2(f, g, y, x);
      d = t1(a, b, c, d + load<u64>(k, 32) + w4); h += d; x = e ^ f; d += t2(e, f, x, y);
      c = t1(h, a, b, c + load<u64>(k, 40) + w5); g += c; y = d ^ e; c += t2(d, e, y, x);
      b = t1(g, h, a, b + load<u64>(k, 48) + w6); f += b; x = c ^ d; b += t2(c, d, x, y);
      a = t1(f, g, h, a + load<u64>(k, 56) + w7); e += a; y = b ^ c; a += t2(b, c, y, x);
      h = t1(e, f, g, h + load<u64>(k, 64) + w8); d += h; x = a ^ b; h += t2(a, b, x, y);
      g = t1(d, e, f, g + load<u64>(k, 72) + w9); c += g; y = h ^ a; g += t2(h, a, y, x);
      f = t1(c, d, e, f + load<u64>(k, 80) + w10); b += f; x = g ^ h; f += t2(g, h, x, y);
      e = t1(b, c, d, e + load<u64>(k, 88) + w11); a += e; y = f ^ g; e += t2(f, g, y, x);
      d = t1(a, b, c, d + load<u64>(k, 96) + w12); h += d; x = e ^ f; d += t2(e, f, x, y);
      c = t1(h, a, b, c + load<u64>(k, 104) + w13); g += c; y = d ^ e; c += t2(d, e, y, x);
      b = t1(g, h, a, b + load<u64>(k, 112) + w14); f += b; x = c ^ d; b += t2(c, d, x, y);
      a = t1(f, g, h, a + load<u64>(k, 120) + w15); e += a; y = b ^ c; a += t2(b, c, y, x);
      k += 128;
      if (k == K_END) break;
      w0 = schedule(w0, w1, w9, w14);
      w1 = schedule(w1, w2, w10, w15);
      w2 = schedule(w2, w3, w11, w0);
      w3 = schedule(w3, w4, w12, w1);
      w4 = schedule(w4, w5, w13, w2);
      w5 = schedule(w5, w6, w14, w3);
      w6 = schedule(w6, w7, w15, w4);
      w7 = schedule(w7, w8, w0, w5);
      w8 = schedule(w8, w9, w1, w6);
      w9 = schedule(w9, w10, w2, w7);
      w10 = schedule(w10, w11, w3, w8);
      w11 = schedule(w11, w12, w4, w9);
      w12 = schedule(w12, w13, w5, w10);
      w13 = schedule(w13, w14, w6, w11);
      w14 = schedule(w14, w15, w7, w12);
      w15 = schedule(w15, w0, w8, w13);
    }

    h0 += a;
    h1 += b;
    h2 += c;
    h3 += d;
    h4 += e;
    h5 += f;
    h6 += g;
    h7 += h;
  }
  store<u64>(state, h0, 0);
  store<u64>(state, h1, 8);
  store<u64>(state, h2, 16);
  store<u64>(state, h3, 24);
  store<u64>(state, h4, 32);
  store<u64>(state, h5, 40);
  store<u64>(state, h6, 48);
  store<u64>(state, h7, 56);
}
