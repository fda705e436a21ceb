import { beforeEach, describe, expect, it } from "vitest";
import { loadTracedNumbers } from "../../testkit/crypto/bignum/numbers.ts";
import { instrument, Trace } from "../../testkit/crypto/bignum/trace.ts";
import { describeTraces } from "../../testkit/crypto/bignum/traces.ts";

const { numbers, instrumented } = await loadTracedNumbers();
const { operations: call } = numbers;
const trace = new Trace(instrumented, call.memory);

beforeEach(() => numbers.reset());

describe("the instrument", () => {
  it("keeps results and sees branches, addresses, sizes and divisions", () => {
    const seen = new Set(instrumented.places.map(({ kind }) => kind));
    expect([...seen].sort()).toEqual(["address", "branch", "division", "select", "size"]);
    const message = numbers.put(Buffer.from("abc"));
    const digest = numbers.take(32);
    call.hash(0x000b, message, 3, digest);
    expect(numbers.get(digest, 4).toString("hex")).toBe("ba7816bf");
  });

  it("sees an address that depends on a secret: SM4 looks up its tables", () => {
    const traceOf = (key: Buffer) => {
      numbers.reset();
      const [context, at] = [numbers.take(numbers.constants.CIPHER_CONTEXT_SIZE), numbers.put(key)];
      return trace.of(() => call.cipherInit(context, 0x0013, at, 128));
    };
    const [a, b] = [traceOf(Buffer.alloc(16, 1)), traceOf(Buffer.alloc(16, 2))];
    expect(trace.differences(a, b)[0]).toMatch(/^address in function \d+ at \d+$/);
    expect(trace.differences(a, traceOf(Buffer.alloc(16, 1)))).toEqual([]);
  });

  it("sees a branch that depends on a secret: bitLength is for public numbers", () => {
    const [a, b] = [numbers.putNumber(5n, 8), numbers.putNumber(1n << 100n, 8)];
    const short = trace.of(() => call.bitLength(a, 8));
    expect(
      trace
        .differences(
          short,
          trace.of(() => call.bitLength(b, 8)),
        )
        .join(),
    ).toContain("branch");
  });

  it("refuses a module with instructions that it does not know", () => {
    const module = new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 4, 1, 0x60, 0, 0],
      ...[3, 2, 1, 0],
      ...[5, 3, 1, 0, 1],
      ...[10, 6, 1, 4, 0, 0xfe, 3, 0x0b],
    ]);
    expect(() => instrument(module)).toThrow("instruction 254 is not known here");
  });
});

// A few secrets; trace.integration.test.ts takes a thousand.
describeTraces([256, 1024], 30);
