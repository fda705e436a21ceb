import { cmac as nobleCmac } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { cut, hex, noise } from "../testkit/crypto/bytes.ts";
import { CMAC_PLAIN, CMAC_VECTORS } from "../testkit/crypto/cmacVectors.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";
import { nativeMode } from "../testkit/crypto/modes.ts";

const kernels = await loadKernels();
const { call } = kernels;
const { CMAC_CONTEXT_SIZE } = kernels.constants;
const AES = 0x0006;

const CIPHERS = [
  { name: "aes-128", algorithm: AES, keySize: 16, blockSize: 16 },
  { name: "aes-192", algorithm: AES, keySize: 24, blockSize: 16 },
  { name: "aes-256", algorithm: AES, keySize: 32, blockSize: 16 },
  { name: "camellia-128", algorithm: 0x0026, keySize: 16, blockSize: 16 },
  { name: "camellia-192", algorithm: 0x0026, keySize: 24, blockSize: 16 },
  { name: "camellia-256", algorithm: 0x0026, keySize: 32, blockSize: 16 },
  { name: "sm4", algorithm: 0x0013, keySize: 16, blockSize: 16 },
  { name: "des-ede", algorithm: 0x0003, keySize: 16, blockSize: 8 },
  { name: "des-ede3", algorithm: 0x0003, keySize: 24, blockSize: 8 },
] as const;

/** CMAC written from SP 800-38B, 6.1 and 6.2, on node:crypto's CBC: the last block is masked, then all is chained. */
function reference(name: string, blockSize: number, key: Buffer, message: Buffer): Buffer {
  const zeros = Buffer.alloc(blockSize);
  const bits = 8 * blockSize;
  const double = (value: bigint) =>
    BigInt.asUintN(bits, value << 1n) ^ (value >> BigInt(bits - 1) ? (blockSize === 8 ? 0x1bn : 0x87n) : 0n);
  const k1 = double(BigInt(`0x${nativeMode(name, "ecb", "encrypt", key, zeros, zeros).toString("hex")}`));
  const complete = message.length > 0 && message.length % blockSize === 0;
  const padding = Buffer.alloc(complete ? 0 : blockSize - (message.length % blockSize));
  padding.fill(0x80, 0, Math.min(1, padding.length));
  const padded = Buffer.concat([message, padding]);
  const mask = Buffer.from((complete ? k1 : double(k1)).toString(16).padStart(2 * blockSize, "0"), "hex");
  for (let i = 0; i < blockSize; i++) padded[padded.length - blockSize + i]! ^= mask[i]!;
  return nativeMode(name, "cbc", "encrypt", key, zeros, padded).subarray(-blockSize);
}

function start(algorithm: number, key: Uint8Array): number {
  const context = kernels.take(CMAC_CONTEXT_SIZE);
  expect(call.cmacInit(context, algorithm, kernels.put(key), 8 * key.length)).toBe(1);
  return context;
}

function finish(context: number): Buffer {
  const out = kernels.take(16);
  return kernels.get(out, call.cmacFinal(context, out));
}

function mac(algorithm: number, key: Uint8Array, pieces: readonly Uint8Array[]): Buffer {
  const context = start(algorithm, key);
  for (const piece of pieces) call.cmacUpdate(context, kernels.put(piece), piece.length);
  return finish(context);
}

beforeEach(() => kernels.reset());

describe("cmac", () => {
  it.each(CMAC_VECTORS)("agrees with known answers: $name", ({ algorithm, key, macs }) => {
    for (const [size, answer] of macs) {
      const message = hex(CMAC_PLAIN).subarray(0, size);
      expect(mac(algorithm, hex(key), [message]).toString("hex"), `${size} bytes`).toBe(answer);
    }
  });

  it("agrees with noble over AES", () => {
    for (const keySize of [16, 24, 32]) {
      for (let size = 0; size <= 100; size++) {
        kernels.reset();
        const [key, message] = [noise(keySize, size + 1), noise(size, size + 2)];
        expect(mac(AES, key, [message])).toEqual(Buffer.from(nobleCmac(message, key)));
      }
    }
  });

  it("refuses what is no block cipher or no key size, and wipes the context", () => {
    for (const [algorithm, keyBits] of [
      [0x0005, 128],
      [AES, 127],
      [AES, 64],
      [0x0003, 256],
      [0x0013, 256],
      [0x0000, 128],
    ] as const) {
      kernels.reset();
      const context = kernels.put(noise(CMAC_CONTEXT_SIZE));
      const out = kernels.put(noise(16));
      expect(call.cmacInit(context, algorithm, kernels.put(noise(32)), keyBits)).toBe(0);
      expect(kernels.get(context, CMAC_CONTEXT_SIZE)).toEqual(Buffer.alloc(CMAC_CONTEXT_SIZE));
      call.cmacUpdate(context, out, 16);
      expect(call.cmacFinal(context, out)).toBe(0);
      expect(kernels.get(out, 16)).toEqual(noise(16));
    }
  });

  describe.each(CIPHERS)("$name", ({ name, algorithm, keySize, blockSize }) => {
    it("agrees with CMAC over node:crypto's cipher for every size from 0 to 300", () => {
      for (let size = 0; size <= 300; size++) {
        kernels.reset();
        const [key, message] = [noise(keySize, size + 1), noise(size, size + 2)];
        expect(mac(algorithm, key, [message]), `${size} bytes`).toEqual(reference(name, blockSize, key, message));
      }
    });

    it("gives the same MAC for any split of any message, however many pieces are empty", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 10 }), (bytes, places) => {
          kernels.reset();
          const [key, message] = [noise(keySize, 3), Buffer.from(bytes)];
          expect(mac(algorithm, key, cut(message, places))).toEqual(reference(name, blockSize, key, message));
        }),
      );
    });

    it("goes on in a copy of the context taken at any offset", () => {
      const [key, message] = [noise(keySize, 5), noise(3 * blockSize + 3, 6)];
      const expected = reference(name, blockSize, key, message);
      for (let at = 0; at <= message.length; at++) {
        kernels.reset();
        const first = start(algorithm, key);
        call.cmacUpdate(first, kernels.put(message.subarray(0, at)), at);
        const second = kernels.put(kernels.get(first, CMAC_CONTEXT_SIZE));
        call.cmacUpdate(first, kernels.put(noise(20)), 20);
        finish(first);
        call.cmacUpdate(second, kernels.put(message.subarray(at)), message.length - at);
        expect(finish(second), `saved after ${at} bytes`).toEqual(expected);
      }
    });

    it("writes no byte too many, wipes a finished context, and leaves no key behind", () => {
      const guard = Buffer.alloc(8, 0xa5);
      const key = noise(keySize, 8);
      const context = kernels.put(Buffer.concat([Buffer.alloc(CMAC_CONTEXT_SIZE), guard]));
      const at = kernels.put(key);
      const out = kernels.put(Buffer.concat([Buffer.alloc(blockSize), guard]));
      call.cmacInit(context, algorithm, at, 8 * keySize);
      call.cmacUpdate(context, kernels.put(noise(50)), 50);
      expect(call.cmacFinal(context, out)).toBe(blockSize);
      expect(kernels.get(context, CMAC_CONTEXT_SIZE + 8)).toEqual(
        Buffer.concat([Buffer.alloc(CMAC_CONTEXT_SIZE), guard]),
      );
      expect(kernels.get(out + blockSize, 8)).toEqual(guard);
      expect(call.cmacFinal(context, out)).toBe(0);
      call.wipe(at, keySize);
      for (let i = 0; i < keySize; i += 8) expect(kernels.find(key.subarray(i, i + 8))).toEqual([]);
      const k0 = nativeMode(name, "ecb", "encrypt", key, Buffer.alloc(blockSize), Buffer.alloc(blockSize));
      expect(kernels.find(k0)).toEqual([]);
    });
  });
});
