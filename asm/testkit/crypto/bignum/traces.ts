/** The trace test of bignum: branches and addresses with many secrets (trace.ts). */
import { beforeEach, describe, expect, it } from "vitest";
import { hardModuli, hardValues, loadTracedNumbers, randomBigInt } from "./numbers.ts";
import { Trace } from "./trace.ts";

const { numbers, instrumented } = await loadTracedNumbers();
const { operations: call } = numbers;
const trace = new Trace(instrumented, call.memory);

/** Runs with many secrets, the hard ones first; every run must leave the trace of the first. */
function expectSameTrace(secrets: Iterable<bigint>, run: (secret: bigint) => void): void {
  let first: BigUint64Array | undefined;
  for (const secret of secrets) {
    const now = trace.of(() => run(secret));
    first ??= now;
    const differences = trace.differences(first, now);
    if (differences.length > 0) expect(differences).toEqual([]);
  }
  expect(first?.some((hash) => hash !== 0n)).toBe(true);
}

function* secretsBelow(limit: bigint, count: number): Generator<bigint> {
  const hard = hardValues(limit, 0);
  yield* hard;
  for (let i = hard.length; i < count; i++) yield randomBigInt(limit.toString(2).length + 8) % limit;
}

/** Tests of every operation, with `count` secrets each. */
export function describeTraces(sizes: readonly number[], count: number): void {
  beforeEach(() => numbers.reset());

  describe.each(sizes)("modulo %i bits, branches and addresses don't depend on", (bits) => {
    const n = hardModuli(bits)[4] as bigint;
    const limbs = call.limbsFor(bits);

    it("the operands of Montgomery multiplication", () => {
      const modulus = numbers.modulus(n, bits);
      const [a, b, r] = [numbers.number(limbs), numbers.putNumber(randomBigInt(bits), limbs), numbers.number(limbs)];
      expectSameTrace(secretsBelow(16n * n, count), (secret) => {
        numbers.setNumber(a, secret, limbs);
        call.montMultiply(r, a, b, modulus);
        call.montMultiply(r, b, a, modulus);
        call.montSquare(r, a, modulus);
        call.fromMontgomery(r, a, modulus);
      });
    });

    it("the base of a power", () => {
      const modulus = numbers.modulus(n, bits);
      const [a, e, r] = [numbers.number(limbs), numbers.putNumber(randomBigInt(bits), limbs), numbers.number(limbs)];
      expectSameTrace(secretsBelow(n, count), (secret) => {
        numbers.setNumber(a, secret, limbs);
        call.montPower(r, a, e, bits, modulus);
      });
    });

    it("the exponent of a power", () => {
      const modulus = numbers.modulus(n, bits);
      const [a, e, r] = [
        numbers.putNumber(randomBigInt(bits) % n, limbs),
        numbers.number(limbs),
        numbers.number(limbs),
      ];
      expectSameTrace(secretsBelow(1n << BigInt(bits), count), (secret) => {
        numbers.setNumber(e, secret, limbs);
        call.montPower(r, a, e, bits, modulus);
        call.montPowerOfTwo(r, e, bits, modulus);
      });
    });

    it("what is inverted", () => {
      const modulus = numbers.modulus(n, bits);
      const [a, r] = [numbers.number(limbs), numbers.number(limbs)];
      expectSameTrace(secretsBelow(n, count), (secret) => {
        numbers.setNumber(a, secret, limbs);
        call.invert(r, a, modulus);
      });
    });

    it("the modulus: making it, inverting and raising modulo it", () => {
      const modulus = numbers.take(call.modulusSize(limbs));
      const [at, a, r] = [numbers.number(limbs), numbers.putNumber(12345n, limbs), numbers.number(limbs)];
      const top = 1n << BigInt(bits - 1);
      expectSameTrace(secretsBelow(top, count), (secret) => {
        numbers.setNumber(at, secret | top | 1n, limbs);
        call.modulusInit(modulus, at, limbs, bits);
        call.invert(r, a, modulus);
        call.montPowerWord(r, a, 65537, modulus);
      });
    });

    it("numbers that are added, compared, multiplied, divided, reduced and turned into bytes", () => {
      const modulus = numbers.modulus(n, bits);
      const [a, b, r] = [numbers.number(limbs), numbers.putNumber(n, limbs), numbers.number(2 * limbs)];
      const [q, bytes] = [numbers.number(2 * limbs), numbers.take(bits / 8)];
      expectSameTrace(secretsBelow(1n << BigInt(bits), count), (secret) => {
        numbers.setNumber(a, secret, limbs);
        call.add(r, a, b, limbs);
        call.subtract(r, a, b, limbs);
        call.lessThan(a, b, limbs);
        call.equalMask(a, b, limbs);
        call.zeroMask(a, limbs);
        call.toBytes(bytes, bits / 8, a, limbs);
        call.fromBytes(r, limbs, bytes, bits / 8);
        call.multiply(r, a, limbs, b, limbs);
        call.divideExactly(q, r, 2 * limbs, b, limbs);
        call.multiplyWord(a, 65537, 1, limbs);
        call.divideExactlyByWord(a, 65537, limbs);
        call.reduceWide(r, a, limbs, modulus);
        call.reduceByWord(a, limbs, 65537);
        call.subtractOnce(a, b, r, limbs);
      });
    });
  });

  describe("modulo a public word, branches and addresses don't depend on", () => {
    it("what is inverted", () => {
      const words = [0, 1, 2, 65536, ...Array.from({ length: count }, () => Math.floor(Math.random() * 65537))];
      expectSameTrace(
        words.map((word) => BigInt(word)),
        (word) => call.invertByWord(Number(word), 65537),
      );
    });
  });
}
