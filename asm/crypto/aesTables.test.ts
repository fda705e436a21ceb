/** The tables of AES, computed from their definitions: GF(2^8) of FIPS 197, and GF(2^4) in it. */
import { describe, expect, it } from "vitest";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();

/** Product in the field of AES (FIPS 197, 4.2). */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0) ^ ((b >> bit) & 1 ? a : 0);
  }
  return product;
}

const power = (a: number, n: number): number => (n === 0 ? 1 : times(a, power(a, n - 1)));
const inverse = (a: number) => power(a, 254);
const rotate = (a: number, by: number) => ((a << by) | (a >> (8 - by))) & 0xff;
/** The matrix of the S-box (5.1.1), without its constant. */
const matrix = (a: number) => a ^ rotate(a, 1) ^ rotate(a, 2) ^ rotate(a, 3) ^ rotate(a, 4);

const W = 0x5c;
const Z = 0xa2;
/** Nibble to byte: GF(2^4) in GF(2^8). */
const small = (nibble: number) => [0, 1, 2, 3].reduce((sum, i) => sum ^ ((nibble >> i) & 1 ? power(W, i) : 0), 0);
const nibbleOf = new Map(Array.from({ length: 16 }, (_, nibble) => [small(nibble), nibble]));
const A = inverse(power(W, 3));

/** Byte to tower form, and back. */
const toTower: number[] = [];
const fromTower: number[] = [];
/** What the matrix of the S-box makes a byte of, back to the byte. */
const unmatrix: number[] = [];
for (let i = 0; i < 16; i++) {
  for (let k = 0; k < 16; k++) {
    const byte = times(small(i), Z) ^ times(small(i ^ k), Z ^ 1);
    toTower[byte] = 16 * i + k;
    fromTower[16 * i + k] = byte;
  }
}
for (let byte = 0; byte < 256; byte++) unmatrix[matrix(byte)] = byte;
const toInverse = (byte: number) => toTower[unmatrix[byte]!]!;

const P = times(times(Z ^ 1, A ^ 1) ^ Z, inverse(A));
const Q = times(Z ^ 1 ^ times(Z, A ^ 1), inverse(A));

const table = (entry: (v: number) => number) => Buffer.from(Array.from({ length: 16 }, (_, v) => entry(v)));
const linear = (f: (byte: number) => number) => [table((v) => f(v)), table((v) => f(16 * v))];
const ofInverse = (f: (byte: number) => number) =>
  [P, Q].map((factor) => table((v) => f(times(factor, inverse(small(v))))));
const over = (a: number) => table((v) => (v === 0 ? 0x80 : nibbleOf.get(times(a, inverse(small(v))))!));

/** ShiftRows, `q` times: where byte 4 c + r comes from. */
const shift = (q: number) => Array.from({ length: 16 }, (_, at) => 4 * (((at >> 2) + q * (at & 3)) & 3) + (at & 3));
/** Columns rotated by `by`, between shifts. */
const rotated = (by: number) => {
  const column = shift(0).map((at) => (at & 12) | ((at + by) & 3));
  return [0, 1, 2, 3].map((q) => Buffer.from(shift(4 - q).map((at) => shift(q)[column[at]!]!)));
};

const TABLES: Record<string, Buffer[]> = {
  inverse: [over(1)],
  aOver: [over(A)],
  toTower: linear((byte) => toTower[byte]!),
  fromTower: linear((form) => fromTower[form]!),
  toInverse: linear(toInverse),
  sBox: ofInverse((byte) => toTower[matrix(byte)]!),
  sBox2: ofInverse((byte) => toTower[times(2, matrix(byte))]!),
  sBoxLast: ofInverse(matrix),
  ...Object.fromEntries([9, 13, 11, 14].map((m) => [`unmix${m}`, ofInverse((byte) => toInverse(times(m, byte)))])),
  unmixLast: ofInverse((byte) => byte),
  shift: [0, 1, 2, 3].map((q) => Buffer.from(shift(q))),
  rotate: rotated(1),
  rotateBack: rotated(3),
  roundConstants: [Buffer.from(Array.from({ length: 10 }, (_, i) => toTower[power(2, i)]!))],
};

describe("the tables of AES", () => {
  it("have a field of 16 elements and a tower over it", () => {
    expect(power(W, 4) ^ W ^ 1).toBe(0);
    expect(times(Z, Z) ^ Z ^ power(W, 3)).toBe(0);
    expect(nibbleOf.get(A)).toBe(15);
    expect(Object.keys(toTower)).toHaveLength(256);
    expect(toTower[0x63]).toBe(0xcc);
  });

  it.each(Object.entries(TABLES))("%s is what its definition gives", (_name, tables) => {
    for (const bytes of tables) expect(kernels.find(bytes).length, bytes.toString("hex")).toBeGreaterThan(0);
  });

  it("invert every byte: 1 / x = P / p + Q / q, with 1 / 0 = 0 at the end", () => {
    const [inverses, overs] = [over(1), over(A)];
    const at = (of: Buffer, index: number) => (index < 16 ? of[index]! : 0);
    for (let byte = 0; byte < 256; byte++) {
      const [i, k] = [toTower[byte]! >> 4, toTower[byte]! & 15];
      const j = i ^ k;
      const p = at(inverses, inverses[i]! ^ overs[k]!) ^ j;
      const q = at(inverses, inverses[j]! ^ overs[k]!) ^ i;
      const part = (factor: number, v: number) => (v < 16 ? times(factor, inverse(small(v))) : 0);
      expect(part(P, p) ^ part(Q, q)).toBe(inverse(byte));
    }
  });
});
