/** SM3 (GB/T 32905, ISO/IEC 10118-3), which WebCrypto does not have. */

const BLOCK = 64;
const INITIAL = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const;
const EARLY_CONSTANT = 0x79cc4519;
const LATE_CONSTANT = 0x7a879d8a;

const rotate = (word: number, by: number): number => (word << (by % 32)) | (word >>> ((32 - by) % 32));
const mixShort = (word: number): number => word ^ rotate(word, 9) ^ rotate(word, 17);
const mixLong = (word: number): number => word ^ rotate(word, 15) ^ rotate(word, 23);

/** The 68 words of a block's expansion. */
function expand(words: DataView, at: number): number[] {
  const w = Array.from({ length: 16 }, (_, i) => words.getInt32(at + 4 * i));
  const of = (i: number): number => w[i] ?? 0;
  for (let i = 16; i < 68; i++)
    w.push(mixLong(of(i - 16) ^ of(i - 9) ^ rotate(of(i - 3), 15)) ^ rotate(of(i - 13), 7) ^ of(i - 6));
  return w;
}

/** 32 octets. */
export function sm3(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array((Math.floor((data.length + 8) / BLOCK) + 1) * BLOCK);
  padded.set(data);
  padded[data.length] = 0x80;
  const words = new DataView(padded.buffer);
  words.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  let state: readonly number[] = INITIAL;
  for (let block = 0; block < padded.length; block += BLOCK) {
    const w = expand(words, block);
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let j = 0; j < 64; j++) {
      const isEarly = j < 16;
      const turned = rotate(a, 12);
      const ss1 = rotate(turned + e + rotate(isEarly ? EARLY_CONSTANT : LATE_CONSTANT, j), 7);
      const majority = isEarly ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const choice = isEarly ? e ^ f ^ g : (e & f) | (~e & g);
      const word = w[j] ?? 0;
      const tt1 = (majority + d + (ss1 ^ turned) + (word ^ (w[j + 4] ?? 0))) | 0;
      const tt2 = (choice + h + ss1 + word) | 0;
      [d, c, b, a] = [c, rotate(b, 9), a, tt1];
      [h, g, f, e] = [g, rotate(f, 19), e, mixShort(tt2)];
    }
    const mixed = [a, b, c, d, e, f, g, h];
    state = state.map((word, i) => word ^ (mixed[i] ?? 0));
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [i, word] of state.entries()) digest.setInt32(4 * i, word);
  return new Uint8Array(digest.buffer);
}
