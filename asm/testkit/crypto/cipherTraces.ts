/** The trace test of AES, CMAC over it and the DRBG (bignum/trace.ts): keys, data, chaining values and seeds are secrets. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadTracedNumbers } from "./bignum/numbers.ts";
import { Trace } from "./bignum/trace.ts";

const AES = 0x0006;
const { numbers, instrumented } = await loadTracedNumbers();
const { operations: call, constants } = numbers;
const trace = new Trace(instrumented, call.memory);

/** As many bytes as the longest of the messages: more than four blocks together, three, two, one and a part of one. */
const SIZE = 64 + 48 + 7;

/** Secrets of one size, the extreme ones first: counters and V of all ones carry, of zeros don't. */
function* secrets(size: number, count: number): Generator<Buffer> {
  yield Buffer.alloc(size);
  yield Buffer.alloc(size, 0xff);
  for (let i = 2; i < count; i++) yield randomBytes(size);
}

/** `run` gets the addresses of a secret of SIZE bytes, of a block with that secret's end, and of room for the output. */
function expectSameTrace(count: number, run: (secret: number, block: number, output: number) => void): void {
  let first: BigUint64Array | undefined;
  for (const secret of secrets(SIZE + 16, count)) {
    numbers.reset();
    const [at, block] = [numbers.put(secret.subarray(0, SIZE)), numbers.put(secret.subarray(SIZE))];
    const output = numbers.take(256);
    const now = trace.of(() => run(at, block, output));
    first ??= now;
    const differences = trace.differences(first, now);
    if (differences.length > 0) expect(differences).toEqual([]);
  }
  expect(first?.some((hash) => hash !== 0n)).toBe(true);
}

/** Tests of every key size and mode, with `count` secrets each. */
export function describeCipherTraces(count: number): void {
  describe.each([128, 192, 256])("AES-%i: branches and addresses don't depend on", (bits) => {
    it.each(["cfbEncrypt", "cfbDecrypt", "ofbCrypt", "ctrCrypt"] as const)("key, iv and data: %s", (mode) => {
      expectSameTrace(count, (secret, block, output) => {
        const at = numbers.take(constants.CIPHER_CONTEXT_SIZE);
        call.cipherInit(at, AES, secret, bits);
        for (const size of [SIZE, 48, 32, 16, 3]) call[mode](at, block, secret, output, size);
      });
    });

    it.each(["cbcEncrypt", "cbcDecrypt"] as const)("key, iv and data: %s", (mode) => {
      expectSameTrace(count, (secret, block, output) => {
        const at = numbers.take(constants.CIPHER_CONTEXT_SIZE);
        call.cipherInit(at, AES, secret, bits);
        for (const size of [112, 48, 32, 16]) expect(call[mode](at, block, secret, output, size)).toBe(1);
      });
    });

    it.each(["ecbEncrypt", "ecbDecrypt"] as const)("key and data: %s", (mode) => {
      expectSameTrace(count, (secret, _block, output) => {
        const at = numbers.take(constants.CIPHER_CONTEXT_SIZE);
        call.cipherInit(at, AES, secret, bits);
        for (const size of [112, 48, 32, 16]) expect(call[mode](at, secret, output, size)).toBe(1);
      });
    });

    it("key and message of a CMAC", () => {
      expectSameTrace(count, (secret, block, output) => {
        const at = numbers.take(constants.CMAC_CONTEXT_SIZE);
        for (const size of [0, 5, 16, SIZE]) {
          call.cmacInit(at, AES, secret, bits);
          call.cmacUpdate(at, secret, size);
          call.cmacUpdate(at, block, 16);
          expect(call.cmacFinal(at, output)).toBe(16);
        }
      });
    });
  });

  it("branches and addresses don't depend on entropy, state and additional input of the DRBG", () => {
    expectSameTrace(count, (secret, block, output) => {
      const at = numbers.take(constants.DRBG_CONTEXT_SIZE);
      call.drbgInstantiate(at, secret, 48, block, 16, secret, SIZE);
      for (const size of [0, 7, 16, 32, 100, 200]) expect(call.drbgGenerate(at, output, size)).toBe(1);
      expect(call.drbgGenerate(at, output, 40, secret, 50)).toBe(1);
      expect(call.drbgReseed(at, secret, 64, block, 16)).toBe(1);
    });
  });

  it("branches and addresses don't depend on V of the DRBG, whatever it carries", () => {
    expectSameTrace(count, (secret, block, output) => {
      const at = numbers.take(constants.DRBG_CONTEXT_SIZE);
      call.drbgInstantiate(at, secret, 48);
      numbers.set(at + 32, numbers.get(block, 16));
      expect(call.drbgGenerate(at, output, 100)).toBe(1);
    });
  });
}
