/** SHA-3 (FIPS 202), which WebCrypto does not have. */

const ROUNDS = 24;
const LANES = 25;
const ALL_BITS = 0xffffffffffffffffn;
/** Of SHA-3: two bits that name the function, then the padding's first one. */
const SUFFIX = 0x06;
const LAST_BIT = 0x80;

const rotate = (lane: bigint, by: bigint): bigint => ((lane << by) | (lane >> (64n - by))) & ALL_BITS;

/** rho's offsets, and where pi moves each lane (FIPS 202, 3.2.2 and 3.2.3), by lane x + 5 y. */
const [OFFSETS, MOVES] = (() => {
  const offsets = new Array<bigint>(LANES).fill(0n);
  const moves = new Array<number>(LANES).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < ROUNDS; t++) {
    offsets[x + 5 * y] = BigInt((((t + 1) * (t + 2)) / 2) % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  for (let at = 0; at < LANES; at++) moves[at] = Math.floor(at / 5) + 5 * ((2 * (at % 5) + 3 * Math.floor(at / 5)) % 5);
  return [offsets, moves] as const;
})();

/** iota's constants: bits of a shift register (FIPS 202, 3.2.5). */
const CONSTANTS = (() => {
  let register = 1;
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << (2n ** BigInt(j) - 1n);
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
    return constant;
  });
})();

/** Keccak-f[1600]. */
function permute(state: bigint[]): void {
  const lane = (at: number): bigint => state[at] ?? 0n;
  for (const constant of CONSTANTS) {
    const columns = [0, 1, 2, 3, 4].map((x) => lane(x) ^ lane(x + 5) ^ lane(x + 10) ^ lane(x + 15) ^ lane(x + 20));
    const moved = new Array<bigint>(LANES).fill(0n);
    for (let at = 0; at < LANES; at++) {
      const mixed = lane(at) ^ (columns[(at + 4) % 5] ?? 0n) ^ rotate(columns[((at % 5) + 1) % 5] ?? 0n, 1n);
      moved[MOVES[at] ?? 0] = rotate(mixed, OFFSETS[at] ?? 0n);
    }
    for (let at = 0; at < LANES; at++) {
      const row = at - (at % 5);
      const [next, afterNext] = [moved[row + ((at + 1) % 5)] ?? 0n, moved[row + ((at + 2) % 5)] ?? 0n];
      state[at] = (moved[at] ?? 0n) ^ (~next & ALL_BITS & afterNext);
    }
    state[0] = lane(0) ^ constant;
  }
}

/**
 * SHA3-256, SHA3-384 or SHA3-512.
 * @param size of the digest, octets: 32, 48 or 64
 */
export function sha3(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const rate = 200 - 2 * size;
  const padded = new Uint8Array((Math.floor(data.length / rate) + 1) * rate);
  padded.set(data);
  padded[data.length] = SUFFIX;
  padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) | LAST_BIT;
  const state = new Array<bigint>(LANES).fill(0n);
  const words = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += rate) {
    for (let at = 0; at < rate / 8; at++) state[at] = (state[at] ?? 0n) ^ words.getBigUint64(block + 8 * at, true);
    permute(state);
  }
  const out = new DataView(new ArrayBuffer(8 * LANES));
  for (const [at, lane] of state.entries()) out.setBigUint64(8 * at, lane, true);
  return new Uint8Array(out.buffer, 0, size).slice();
}
