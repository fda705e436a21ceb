import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers } from "../../testkit/crypto/bignum/numbers.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

const LIMB = 29n;
const MAX = (1n << 64n) - 1n;

const numberIn = (columns: readonly bigint[]) => columns.reduceRight((sum, column) => (sum << LIMB) + column, 0n);

function put(columns: readonly bigint[]): number {
  const bytes = Buffer.alloc(8 * columns.length);
  for (const [i, column] of columns.entries()) bytes.writeBigUInt64LE(column, 8 * i);
  return numbers.put(bytes);
}

const get = (at: number, count: number) => {
  const bytes = numbers.get(at, 8 * count);
  return Array.from({ length: count }, (_, i) => bytes.readBigUInt64LE(8 * i));
};

describe("columns", () => {
  it("full to the last bit are carried without a loss, and become small", () => {
    for (const count of [2, 4, 16, 24, 60]) {
      const before = [...Array<bigint>(count).fill(MAX), 5n, 7n];
      const at = put(before);
      call.carryColumns(at, count);
      const after = get(at, before.length);
      expect(numberIn(after)).toBe(numberIn(before));
      for (const column of after) expect(column < (1n << 29n) + (1n << 35n)).toBe(true);
      expect(after.at(-1)).toBe(7n);
    }
  });

  it("that hold little keep it", () => {
    const before = [1n, 2n, 3n, 4n, 5n, 6n];
    const at = put(before);
    call.carryColumns(at, 4);
    expect(get(at, 6)).toEqual(before);
  });

  it("full to the last bit become loose limbs", () => {
    // Above them enough empty columns for the value to fit.
    for (const limbs of [8, 36, 144]) {
      const columns = [...Array<bigint>(limbs - 4).fill(MAX), 0n, 0n, 0n, 0n];
      const r = numbers.number(limbs);
      call.columnsToLimbs(r, put(columns), limbs);
      expect(numbers.getNumber(r, limbs)).toBe(numberIn(columns));
      for (const limb of numbers.limbsOf(r, limbs)) expect(limb).toBeLessThan(2 ** 29 + 2 ** 6);
    }
  });
});
