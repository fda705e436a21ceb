/** The trace test of keyed hashing (bignum/trace.ts): the keys and secrets are of one size, as sizes show. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadTracedNumbers } from "./bignum/numbers.ts";
import { Trace } from "./bignum/trace.ts";

const HASHES = [0x0004, 0x000b, 0x000c, 0x000d, 0x0012, 0x0027, 0x0028, 0x0029];

const { numbers, instrumented } = await loadTracedNumbers();
const { operations: call } = numbers;
const trace = new Trace(instrumented, call.memory);

/** Secrets of one size, the extreme ones first. */
function* secrets(size: number, count: number): Generator<Buffer> {
  yield Buffer.alloc(size);
  yield Buffer.alloc(size, 0xff);
  for (let i = 2; i < count; i++) yield randomBytes(size);
}

function expectSameTrace(count: number, run: (secret: number, output: number) => void): void {
  let first: BigUint64Array | undefined;
  for (const secret of secrets(40, count)) {
    numbers.reset();
    const [at, output] = [numbers.put(secret), numbers.take(256)];
    const now = trace.of(() => run(at, output));
    first ??= now;
    const differences = trace.differences(first, now);
    if (differences.length > 0) expect(differences).toEqual([]);
  }
  expect(first?.some((hash) => hash !== 0n)).toBe(true);
}

/** Tests of every hash, with `count` secrets each. */
export function describeMacTraces(count: number): void {
  describe.each(HASHES)("hash %i: branches and addresses don't depend on", (algorithm) => {
    it("the key and the message of an HMAC", () => {
      expectSameTrace(count, (secret, output) => {
        const context = numbers.take(numbers.constants.HMAC_CONTEXT_SIZE);
        call.hmacInit(context, algorithm, secret, 40);
        call.hmacUpdate(context, secret, 40);
        call.hmacFinal(context, output);
      });
    });

    it("the secret that KDFa, KDFe and MGF1 work on", () => {
      expectSameTrace(count, (secret, output) => {
        // Whether a label ends in a zero shows: it is public.
        const label = numbers.put(Buffer.from("SECRET"));
        call.kdfa(algorithm, secret, 40, label, 6, secret, 8, secret, 8, 512, output, 0, 0);
        call.kdfe(algorithm, secret, 40, label, 6, secret, 8, secret, 8, 512, output);
        call.mgf1Xor(algorithm, secret, 40, output, 100);
      });
    });
  });

  it("branches and addresses don't depend on what is compared in constant time", () => {
    expectSameTrace(count, (secret, output) => {
      call.constantTimeEqual(secret, output, 40);
    });
  });
}
