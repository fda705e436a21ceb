import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hex, noise } from "../testkit/crypto/bytes.ts";
import { DRBG_CASES, DRBG_PREDICTION_RESISTANCE } from "../testkit/crypto/drbgVectors.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;
const { DRBG_CONTEXT_SIZE, DRBG_MAX_REQUEST_SIZE, DRBG_MIN_ENTROPY_SIZE } = kernels.constants;
const NONE: Buffer = Buffer.alloc(0);

/** The kernel's generator. */
class Drbg {
  readonly context = kernels.take(DRBG_CONTEXT_SIZE);

  constructor(entropy: Buffer, nonce = NONE, personalization = NONE) {
    const operands = [entropy, nonce, personalization].flatMap((bytes) => [kernels.put(bytes), bytes.length]);
    expect(call.drbgInstantiate(this.context, ...(operands as [number, number, number, number, number, number]))).toBe(
      1,
    );
  }

  reseed(entropy: Buffer, additional = NONE): void {
    const [from, more] = [kernels.put(entropy), kernels.put(additional)];
    expect(call.drbgReseed(this.context, from, entropy.length, more, additional.length)).toBe(1);
  }

  generate(size: number, additional = NONE): Buffer {
    const out = kernels.take(size);
    expect(call.drbgGenerate(this.context, out, size, kernels.put(additional), additional.length)).toBe(1);
    return kernels.get(out, size);
  }

  /** Key || V. */
  get state(): string {
    return kernels.get(this.context, 48).toString("hex");
  }
}

/** CTR_DRBG written from SP 800-90A rev 1 on node:crypto's AES-256, as directly as it can be. */
class Reference {
  #key: Buffer = Buffer.alloc(32);
  #v = 0n;

  constructor(entropy: Buffer, nonce = NONE, personalization = NONE) {
    this.#update(derive(Buffer.concat([entropy, nonce, personalization])));
  }

  reseed(entropy: Buffer, additional = NONE): void {
    this.#update(derive(Buffer.concat([entropy, additional])));
  }

  generate(size: number, additional = NONE): Buffer {
    const provided = additional.length > 0 ? derive(additional) : Buffer.alloc(48);
    if (additional.length > 0) this.#update(provided);
    const out = this.#blocks(Math.ceil(size / 16)).subarray(0, size);
    this.#update(provided);
    return out;
  }

  #update(provided: Buffer): void {
    const next = xor(this.#blocks(3), provided);
    this.#key = next.subarray(0, 32);
    this.#v = BigInt(`0x${next.subarray(32).toString("hex")}`);
  }

  #blocks(count: number): Buffer {
    const blocks: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      this.#v = BigInt.asUintN(128, this.#v + 1n);
      blocks.push(aes(this.#key, hex(this.#v.toString(16).padStart(32, "0"))));
    }
    return Buffer.concat(blocks);
  }
}

function aes(key: Buffer, block: Buffer): Buffer {
  return createCipheriv("aes-256-ecb", key, null).setAutoPadding(false).update(block);
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}

/** Block_Cipher_df (10.3.2) for 48 bytes. */
function derive(input: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(input.length, 0);
  head.writeUInt32BE(48, 4);
  const unpadded = Buffer.concat([head, input, Buffer.from([0x80])]);
  const s = Buffer.concat([unpadded, Buffer.alloc((16 - (unpadded.length % 16)) % 16)]);
  const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const temporary = Buffer.concat(
    [0, 1, 2].map((i) => {
      const iv = Buffer.alloc(16);
      iv.writeUInt32BE(i);
      const message = Buffer.concat([iv, s]);
      let chain: Buffer = Buffer.alloc(16);
      for (let at = 0; at < message.length; at += 16) chain = aes(key, xor(chain, message.subarray(at, at + 16)));
      return chain;
    }),
  );
  const blocks: Buffer[] = [];
  let x: Buffer = temporary.subarray(32);
  for (let i = 0; i < 3; i++) {
    x = aes(temporary.subarray(0, 32), x);
    blocks.push(x);
  }
  return Buffer.concat(blocks);
}

beforeEach(() => kernels.reset());

describe("CTR_DRBG", () => {
  it.each(DRBG_CASES)("agrees with CAVP, $section", (vector) => {
    const states: string[] = [];
    const drbg = new Drbg(hex(vector.entropy), hex(vector.nonce), hex(vector.personalization));
    states.push(drbg.state);
    if (vector.reseed !== "") {
      drbg.reseed(hex(vector.reseed), hex(vector.reseedAdditional));
      states.push(drbg.state);
    }
    drbg.generate(64, hex(vector.additional[0]));
    states.push(drbg.state);
    expect(drbg.generate(64, hex(vector.additional[1])).toString("hex")).toBe(vector.returned);
    states.push(drbg.state);
    if (vector.states) expect(states).toEqual(vector.states);
  });

  it("agrees with CAVP with prediction resistance: a reseed with the additional input before each generate", () => {
    const vector = DRBG_PREDICTION_RESISTANCE;
    const drbg = new Drbg(hex(vector.entropy), hex(vector.nonce), hex(vector.personalization));
    const outputs = vector.reseeds.map(({ entropy, additional }) => {
      drbg.reseed(hex(entropy), hex(additional));
      return drbg.generate(64).toString("hex");
    });
    expect(outputs[1]).toBe(vector.returned);
  });

  it("agrees with SP 800-90A over node:crypto's AES for inputs and requests of any size", () => {
    const bytes = (least: number) =>
      fc.uint8Array({ minLength: least, maxLength: 150 }).map((array) => Buffer.from(array));
    const operation = fc.oneof(
      fc.record({ reseed: bytes(DRBG_MIN_ENTROPY_SIZE), additional: bytes(0) }),
      fc.record({ generate: fc.nat(100), additional: bytes(0) }),
    );
    fc.assert(
      fc.property(
        fc.tuple(bytes(DRBG_MIN_ENTROPY_SIZE), bytes(0), bytes(0)),
        fc.array(operation, { minLength: 1, maxLength: 6 }),
        (inputs, operations) => {
          kernels.reset();
          const drbg = new Drbg(...inputs);
          const reference = new Reference(...inputs);
          for (const step of operations) {
            if ("reseed" in step) {
              drbg.reseed(step.reseed, step.additional);
              reference.reseed(step.reseed, step.additional);
            } else {
              expect(drbg.generate(step.generate, step.additional)).toEqual(
                reference.generate(step.generate, step.additional),
              );
            }
          }
        },
      ),
    );
  });

  it("takes entropy, nonce and personalization as one string, and each may be left out", () => {
    const seed = noise(80);
    const whole = new Drbg(seed).generate(40);
    expect(new Drbg(seed.subarray(0, 32), seed.subarray(32, 48), seed.subarray(48)).generate(40)).toEqual(whole);
    const context = kernels.take(DRBG_CONTEXT_SIZE);
    const out = kernels.take(40);
    expect(call.drbgInstantiate(context, kernels.put(seed), seed.length)).toBe(1);
    expect(call.drbgGenerate(context, out, 40)).toBe(1);
    expect(kernels.get(out, 40)).toEqual(whole);
    expect(call.drbgReseed(context, kernels.put(noise(32)), 32)).toBe(1);
    const reference = new Reference(seed);
    reference.generate(40);
    reference.reseed(noise(32));
    expect(call.drbgGenerate(context, out, 40)).toBe(1);
    expect(kernels.get(out, 40)).toEqual(reference.generate(40));
  });

  it("carries through V: 64 bits, 128 bits", () => {
    for (const v of ["0000000000000000ffffffffffffffff", "fffffffffffffffffffffffffffffffe", "ff".repeat(16)]) {
      kernels.reset();
      const drbg = new Drbg(noise(32));
      const key = kernels.get(drbg.context, 32);
      kernels.set(drbg.context + 32, hex(v));
      const expected = [1n, 2n, 3n].map((i) => {
        const counter = BigInt.asUintN(128, BigInt(`0x${v}`) + i);
        return aes(key, hex(counter.toString(16).padStart(32, "0")));
      });
      expect(drbg.generate(48)).toEqual(Buffer.concat(expected));
    }
  });

  it("keeps instances apart, and a copied context goes on by itself", () => {
    const seeds = [noise(32), noise(32, 2), noise(64, 3)];
    const alone = seeds.map((seed) => {
      const drbg = new Reference(seed);
      return [drbg.generate(33), drbg.generate(16), drbg.generate(70)];
    });
    const drbgs = seeds.map((seed) => new Drbg(seed));
    const first = drbgs.map((drbg) => drbg.generate(33));
    const second = drbgs.map((drbg) => drbg.generate(16));
    const copy = kernels.put(kernels.get(drbgs[1]!.context, DRBG_CONTEXT_SIZE));
    const third = drbgs.map((drbg) => drbg.generate(70));
    expect(first.map((_, i) => [first[i], second[i], third[i]])).toEqual(alone);
    const out = kernels.take(70);
    expect(call.drbgGenerate(copy, out, 70)).toBe(1);
    expect(kernels.get(out, 70)).toEqual(alone[1]![2]);
  });

  it("refuses less entropy than the security strength", () => {
    const entropy = kernels.put(noise(64));
    for (let size = 0; size < DRBG_MIN_ENTROPY_SIZE; size++) {
      const context = kernels.put(noise(DRBG_CONTEXT_SIZE));
      expect(call.drbgInstantiate(context, entropy, size, entropy, 32, entropy, 32)).toBe(0);
      expect(kernels.get(context, DRBG_CONTEXT_SIZE)).toEqual(Buffer.alloc(DRBG_CONTEXT_SIZE));
      const drbg = new Drbg(noise(32));
      const before = kernels.get(drbg.context, DRBG_CONTEXT_SIZE);
      expect(call.drbgReseed(drbg.context, entropy, size, entropy, 64)).toBe(0);
      expect(kernels.get(drbg.context, DRBG_CONTEXT_SIZE)).toEqual(before);
    }
  });

  it("generates and reseeds only when instantiated", () => {
    const context = kernels.take(DRBG_CONTEXT_SIZE);
    const out = kernels.put(noise(32));
    expect(call.drbgNeedsReseed(context)).toBe(1);
    expect(call.drbgGenerate(context, out, 32)).toBe(0);
    expect(call.drbgReseed(context, out, 32)).toBe(0);
    expect(kernels.get(out, 32)).toEqual(noise(32));
    expect(kernels.get(context, DRBG_CONTEXT_SIZE)).toEqual(Buffer.alloc(DRBG_CONTEXT_SIZE));
  });

  it("generates up to 2^16 bytes a request, and refuses more", () => {
    const drbg = new Drbg(noise(32));
    const before = kernels.get(drbg.context, DRBG_CONTEXT_SIZE);
    const out = kernels.take(DRBG_MAX_REQUEST_SIZE + 1);
    expect(call.drbgGenerate(drbg.context, out, DRBG_MAX_REQUEST_SIZE + 1)).toBe(0);
    expect(kernels.get(drbg.context, DRBG_CONTEXT_SIZE)).toEqual(before);
    expect(call.drbgGenerate(drbg.context, out, DRBG_MAX_REQUEST_SIZE)).toBe(1);
    expect(kernels.get(out, DRBG_MAX_REQUEST_SIZE)).toEqual(new Reference(noise(32)).generate(DRBG_MAX_REQUEST_SIZE));
    expect(kernels.get(out + DRBG_MAX_REQUEST_SIZE, 1)).toEqual(Buffer.alloc(1));
  });

  it("asks for a reseed after 2^48 requests", () => {
    const drbg = new Drbg(noise(32));
    const counter = Buffer.alloc(8);
    const readCounter = () => kernels.get(drbg.context + 48, 8).readBigUInt64LE();
    expect(readCounter()).toBe(1n);
    drbg.generate(1);
    expect(readCounter()).toBe(2n);
    counter.writeBigUInt64LE(2n ** 48n);
    kernels.set(drbg.context + 48, counter);
    expect(call.drbgNeedsReseed(drbg.context)).toBe(0);
    drbg.generate(16);
    expect(call.drbgNeedsReseed(drbg.context)).toBe(1);
    const out = kernels.put(noise(16));
    expect(call.drbgGenerate(drbg.context, out, 16)).toBe(0);
    expect(kernels.get(out, 16)).toEqual(noise(16));
    drbg.reseed(noise(32, 2));
    expect(readCounter()).toBe(1n);
    drbg.generate(16);
  });

  it("changes its state with every request, also one of no bytes (backtracking resistance)", () => {
    const drbg = new Drbg(noise(32));
    const states = new Set([drbg.state]);
    for (const size of [0, 1, 16, 0]) {
      drbg.generate(size);
      states.add(drbg.state);
    }
    expect(states.size).toBe(5);
  });

  it("leaves neither output nor state behind in scratch memory", () => {
    const drbg = new Drbg(noise(32, 5), noise(16, 6), noise(20, 7));
    const old = hex(drbg.state);
    const output = drbg.generate(40, noise(24, 8));
    const now = hex(drbg.state);
    kernels.reset();
    for (const secret of [old, output, now]) {
      for (let at = 0; at + 8 <= secret.length; at += 8) expect(kernels.find(secret.subarray(at, at + 8))).toEqual([]);
    }
  });
});
