import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import { inverse, loadEcc, modulo } from "../../testkit/crypto/ecc/ecc.ts";

const ecc = await loadEcc();
const { operations: call } = ecc;

const [A, B, R, S] = [ecc.slots(), ecc.slots(), ecc.slots(), ecc.slots()];
// Limbs above those of the curve must be zero.
beforeEach(() => {
  for (const slot of [A, B, R, S]) ecc.setNumber(slot, 0n);
  call.wipeField();
});

const LIMB = 1n << 29n;
/** What R is in the forms of p256.ts, p384.ts and bignum. */
const LIMBS: Record<string, number> = {
  "NIST P-192": 8,
  "NIST P-224": 12,
  "NIST P-256": 10,
  "NIST P-384": 14,
  "NIST P-521": 20,
  "BN P-256": 12,
  "BN P-638": 24,
  "SM2 P-256": 12,
};

describe.each(CURVES)("field of $name", ({ id, name, p }) => {
  const limbs = LIMBS[name] as number;
  const montgomery = LIMB ** BigInt(limbs);
  const signed = name === "NIST P-256" || name === "NIST P-384";
  const own = name === "NIST P-256" ? 9 : 14;
  const inverseOfR = inverse(montgomery, p);
  beforeEach(() => call.selectCurve(id));

  const edges = [0n, 1n, 2n, p - 1n, p - 2n, p >> 1n, (1n << 29n) - 1n, (1n << 58n) - 1n, 1n << 96n, (1n << 190n) - 1n];
  const element = fc.oneof(fc.bigInt({ min: 0n, max: p - 1n }), fc.constantFrom(...edges));

  it("products, squares, sums and differences are right modulo p", () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        ecc.setNumber(A, a);
        ecc.setNumber(B, b);
        call.fieldMultiply(R, A, B);
        expect(modulo(ecc.getNumber(R), p)).toBe((a * b * inverseOfR) % p);
        call.fieldSquare(R, A);
        expect(modulo(ecc.getNumber(R), p)).toBe((a * a * inverseOfR) % p);
        call.fieldAdd(R, A, B);
        expect(modulo(ecc.getNumber(R), p)).toBe((a + b) % p);
        call.fieldSubtract(R, A, B);
        expect(modulo(ecc.getNumber(R), p)).toBe(modulo(a - b, p));
        call.fieldSubtractWide(R, A, B);
        expect(modulo(ecc.getNumber(R), p)).toBe(modulo(a - b, p));
      }),
    );
  });

  it("goes into the form and back, and inverts", () => {
    fc.assert(
      fc.property(element, (a) => {
        ecc.setNumber(A, a);
        call.toField(B, A);
        call.fromField(R, B);
        expect(ecc.getNumber(R)).toBe(a);
        expect(call.fieldZeroMask(B)).toBe(a === 0n ? -1 : 0);
        call.fieldInvert(B, B);
        call.fromField(R, B);
        expect(ecc.getNumber(R)).toBe(a === 0n ? 0n : inverse(a, p));
      }),
      { numRuns: 30 },
    );
  });

  it("operands at the bounds of field.ts give products in theirs", () => {
    // Extreme limbs, as many units as two factors may have together, and 0 or +-p as what is called zero.
    const top = signed ? Number((32n * p) >> BigInt(29 * (own - 1))) : 0;
    const cases: [number[], number[]][] = [];
    if (signed) {
      const limit = Math.min(top, 2 ** 29);
      const fill = (low: number, high: number) => Array.from({ length: own }, (_, i) => (i === own - 1 ? high : low));
      const unit = 2 ** 29 + 3;
      for (const [a, b] of [
        [2 * 2 ** 29 + 8, unit],
        [-2 * 2 ** 29, unit],
        [2 * 2 ** 29 + 8, -unit],
        [-(2 ** 29) - 4, -2 * 2 ** 29],
        [-4, 2 * 2 ** 29],
      ] as const) {
        for (const high of [limit, -limit, 0])
          cases.push([fill(a, high), fill(b, limit)], [fill(b, -limit), fill(a, high)]);
      }
      for (const value of [unit, -unit, 1.4 * unit]) cases.push([fill(value | 0, limit), fill(value | 0, limit)]);
    } else {
      // Loose limbs, below 2^17 p.
      const high = Math.floor((p.toString(2).length + 17) / 29);
      const rest = Number(((1n << 17n) * p) >> BigInt(29 * high)) - 1;
      const loose = Array.from({ length: high + 1 }, (_, i) => (i === high ? Math.max(rest, 0) : 2 ** 29 + 2 ** 7));
      cases.push([loose, loose]);
    }
    for (const [a, b] of cases) {
      ecc.setLimbs(A, a);
      ecc.setLimbs(B, b);
      const [x, y] = [ecc.getNumber(A), ecc.getNumber(B)];
      call.fieldMultiply(R, A, B);
      const product = ecc.getNumber(R);
      expect(modulo(product, p)).toBe(modulo(x * y * inverseOfR, p));
      if (signed) expect(product > -p / 4096n - 1n && product < p + p / 4096n + 1n).toBe(true);
      else expect(product >= 0n && product < 2n * p).toBe(true);
      call.fieldSquare(R, A);
      if (a === b || !signed) expect(modulo(ecc.getNumber(R), p)).toBe(modulo(x * x * inverseOfR, p));
    }
  });

  it("differences take every subtrahend up to their bounds", () => {
    const loosen = (value: bigint, below: bigint) => {
      // As high limbs as a loose number can have.
      const digits: number[] = [];
      let rest = value;
      for (let i = 0; i < 28; i++) {
        digits.push(Number(rest & (LIMB - 1n)));
        rest >>= 29n;
      }
      for (let i = 0; i + 1 < 28; i++) {
        if ((digits[i] as number) < 128 && (digits[i + 1] as number) > 0) {
          digits[i] = (digits[i] as number) + 2 ** 29;
          digits[i + 1] = (digits[i + 1] as number) - 1;
        }
      }
      expect(value < below).toBe(true);
      return digits;
    };
    for (const [subtract, bound, adds] of [
      [call.fieldSubtract, 8n, 16n],
      [call.fieldSubtractWide, 64n, 256n],
    ] as const) {
      for (const b of [bound * p - 1n, (bound * p) >> 1n, 0n, (((bound * p) >> 29n) << 29n) - 1n, (LIMB << 29n) + 5n]) {
        for (const a of [0n, p - 1n, (1n << 100n) - 1n]) {
          ecc.setNumber(A, a);
          ecc.setLimbs(B, loosen(b, bound * p));
          if (signed) continue;
          subtract(R, A, B);
          expect(ecc.getNumber(R)).toBe(a + adds * p - b);
          ecc.setNumber(S, 1n);
          call.fieldMultiply(S, R, S);
          expect(modulo(ecc.getNumber(S) * montgomery, p)).toBe(modulo(a - b, p));
        }
      }
    }
    if (!signed) return;
    // Signed: exact differences, then carries that keep the value and leave one unit.
    for (const low of [-(2 ** 31) + 4, 2 ** 31 - 1, -1, 2 ** 29 - 1, 0]) {
      for (const high of [2 ** 28, -(2 ** 28), 0]) {
        ecc.setLimbs(
          R,
          Array.from({ length: own }, (_, i) => (i === own - 1 ? high : low)),
        );
        const before = ecc.getNumber(R);
        call.fieldCarry(R);
        expect(ecc.getNumber(R)).toBe(before);
        const view = new DataView(ecc.call.memory.buffer);
        for (let i = 0; i + 1 < own; i++) {
          const limb = view.getInt32(R + 4 * i, true);
          expect(limb >= -4 && limb <= 2 ** 29 + 3).toBe(true);
        }
      }
    }
  });
});
