import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadNumbers } from "../testkit/crypto/bignum/numbers.ts";
import { CURVES } from "../testkit/crypto/ecc/curves.ts";
import { STATUS as ECC, loadEcc } from "../testkit/crypto/ecc/ecc.ts";
import type { Kernels } from "../testkit/crypto/kernels.ts";
import { testKey } from "../testkit/crypto/rsa/keys.ts";
import { loadKey, STATUS as RSA } from "../testkit/crypto/rsa/rsa.ts";

/**
 * Runs an operation several times with operands of its own each time: what it leaves outside of the caller's memory must
 * not depend on them. The first run does not count: it makes tables.
 */
function expectNothingLeft(kernels: Kernels, run: () => void): void {
  const { call, constants } = kernels;
  const memory = Buffer.from(call.memory.buffer);
  const start = call.arena();
  const scratch = () => Buffer.concat([memory.subarray(0, start), memory.subarray(start + constants.ARENA_SIZE)]);
  let before: Buffer | undefined;
  for (let i = 0; i < 4; i++) {
    kernels.reset();
    run();
    const after = scratch();
    if (i > 0 && before && !before.equals(after)) {
      const at = after.findIndex((byte, k) => byte !== before?.[k]);
      expect(`${at} differs`).toBe("nothing differs");
    }
    before = after;
  }
}

const testKeyNumber = (bits: number) => BigInt(`0x${testKey(bits).n.toString("hex")}`);
const ecc = await loadEcc();
const numbers = await loadNumbers();

describe.each(CURVES)("after an operation on $name nothing of its operands is in static memory:", (curve) => {
  const { operations: call } = ecc;
  const { id, size } = curve;
  const pair = () => {
    const drbg = ecc.drbg(randomBytes(4).readUInt32LE());
    const [d, Q] = [ecc.take(size), ecc.take(2 * size)];
    expect(call.eccGenerateKey(id, drbg, d, Q)).toBe(ECC.SUCCESS);
    return { drbg, d, Q };
  };
  const signature = () => ({ digest: ecc.put(randomBytes(32)), r: ecc.take(size), s: ecc.take(size) });

  it("keys and products", () => {
    expectNothingLeft(ecc, () => {
      const { d, Q } = pair();
      const out = ecc.take(2 * size);
      expect(call.eccPublicPoint(id, d, out)).toBe(ECC.SUCCESS);
      expect(call.eccMultiply(id, d, Q, out)).toBe(ECC.SUCCESS);
      expect(call.eccCheckPoint(id, Q)).toBe(ECC.SUCCESS);
      expect(call.eccCheckScalar(id, d)).toBe(ECC.SUCCESS);
      expect(call.eccReduceToField(id, ecc.put(randomBytes(99)), 99, out)).toBe(ECC.SUCCESS);
    });
  });

  it("signatures", () => {
    expectNothingLeft(ecc, () => {
      const { drbg, d, Q } = pair();
      const { digest, r, s } = signature();
      expect(call.ecdsaSign(id, d, drbg, digest, 32, r, s)).toBe(ECC.SUCCESS);
      expect(call.ecdsaVerify(id, Q, digest, 32, r, s)).toBe(ECC.SUCCESS);
      expect(call.ecschnorrSign(id, d, drbg, 0x000b, digest, 32, r, s)).toBe(ECC.SUCCESS);
      expect(call.ecschnorrVerify(id, Q, 0x000b, digest, 32, r, s)).toBe(ECC.SUCCESS);
      expect(call.sm2Sign(id, d, drbg, digest, 32, r, s)).toBe(ECC.SUCCESS);
      expect(call.sm2Verify(id, Q, digest, 32, r, s)).toBe(ECC.SUCCESS);
      const [nonce, nonceSize] = [ecc.take(size), ecc.take(4)];
      expect(call.ecdaaSign(id, d, d, drbg, 0x000b, digest, 32, nonce, nonceSize, s)).toBe(ECC.SUCCESS);
    });
  });

  it("exchanges", () => {
    expectNothingLeft(ecc, () => {
      const [mine, mineToo, theirs, theirsToo] = [pair(), pair(), pair(), pair()];
      const out = ecc.take(2 * size);
      expect(call.ecmqv(id, mine.d, mineToo.d, theirs.Q, theirsToo.Q, out)).toBe(ECC.SUCCESS);
      expect(call.sm2KeyExchange(id, mine.d, mineToo.d, theirs.Q, theirsToo.Q, out, 0)).toBe(ECC.SUCCESS);
    });
  });
});

describe.each([1024, 2048])("after an operation with RSA-%i nothing of its operands is in static memory:", (bits) => {
  const { operations: call, values } = numbers;
  const { n, p } = testKey(bits);
  const size = n.length;
  const value = () => {
    const bytes = randomBytes(size);
    bytes[0] = 0;
    return numbers.put(bytes);
  };
  const prepare = () => {
    const out = numbers.take(size);
    return { key: loadKey(numbers, n, 65537, p), drbg: numbers.drbg(randomBytes(48)), out, outSize: numbers.take(4) };
  };

  it("raw", () => {
    expectNothingLeft(numbers, () => {
      const { key, drbg, out } = prepare();
      expect(call.rsaPrivate(key, drbg, value(), size, out)).toBe(RSA.success);
      expect(call.rsaPublic(key, value(), size, out)).toBe(RSA.success);
    });
  });

  it("encryption", () => {
    expectNothingLeft(numbers, () => {
      const { key, drbg, out, outSize } = prepare();
      const [ciphertext, message] = [numbers.take(size), numbers.put(randomBytes(40))];
      expect(call.rsaesEncrypt(key, drbg, message, 40, ciphertext)).toBe(RSA.success);
      expect(call.rsaesDecrypt(key, drbg, ciphertext, size, out, size, outSize)).toBe(RSA.success);
      const label = numbers.put(Buffer.from("label\0"));
      expect(call.oaepEncrypt(key, drbg, 0x000b, label, 6, message, 40, ciphertext)).toBe(RSA.success);
      expect(call.oaepDecrypt(key, drbg, 0x000b, label, 6, ciphertext, size, out, size, outSize)).toBe(RSA.success);
    });
  });

  it("loading and generating keys", () => {
    expectNothingLeft(numbers, () => {
      const context = numbers.take(values.RSA_KEYGEN_SIZE);
      const key = numbers.take(values.RSA_KEY_SIZE);
      const drbg = numbers.drbg(randomBytes(48));
      call.rsaKeygenStart(context, 1024, 65537);
      while (call.rsaKeygenStep(context, drbg, key) === RSA.unfinished);
      expect(call.rsaHasPrivateKey(key)).toBe(1);
    });
  });
});

it.each([1024, 2048])(
  "after reducing modulo %i bits nothing is in static memory, of the operands or beside them",
  (bits) => {
    const { operations: call } = numbers;
    const random = (size: number) => BigInt(`0x${randomBytes(size).toString("hex")}`);
    expectNothingLeft(numbers, () => {
      const limbs = call.limbsFor(bits);
      const modulus = numbers.modulus(testKeyNumber(bits), bits);
      const [out, a] = [numbers.number(limbs), numbers.putNumber(random(bits / 4), 2 * limbs)];
      numbers.put(randomBytes(4 * limbs));
      call.reduceWide(out, a, 2 * limbs, modulus);
      call.wipeMontgomery();
    });
  },
);

it("after keyed hashing and encryption nothing of the operands is in static memory", () => {
  const { operations: call, constants } = numbers;
  expectNothingLeft(numbers, () => {
    const [key, data] = [numbers.put(randomBytes(32)), numbers.put(randomBytes(200))];
    const [context, out, iv] = [numbers.take(1024), numbers.take(256), numbers.put(randomBytes(16))];
    for (const algorithm of [0x0004, 0x000b, 0x000d, 0x0012, 0x0027]) {
      call.hmacInit(context, algorithm, key, 32);
      call.hmacUpdate(context, data, 200);
      call.hmacFinal(context, out);
      call.kdfa(algorithm, key, 32, data, 4, data, 8, data, 8, 512, out, 0, 0);
      call.kdfe(algorithm, key, 32, data, 4, data, 8, data, 8, 512, out);
      call.mgf1Xor(algorithm, key, 32, out, 100);
    }
    for (const [algorithm, bits] of [
      [0x0006, 256],
      [0x0026, 192],
      [0x0013, 128],
      [0x0003, 192],
    ] as const) {
      call.cmacInit(context, algorithm, key, bits);
      call.cmacUpdate(context, data, 199);
      call.cmacFinal(context, out);
      expect(call.cipherInit(context, algorithm, key, bits)).toBe(1);
      for (const crypt of [call.cfbEncrypt, call.cfbDecrypt, call.ofbCrypt, call.ctrCrypt]) {
        crypt(context, iv, data, out, 199);
      }
      for (const crypt of [call.cbcEncrypt, call.cbcDecrypt]) expect(crypt(context, iv, data, out, 192)).toBe(1);
      for (const crypt of [call.ecbEncrypt, call.ecbDecrypt]) expect(crypt(context, data, out, 192)).toBe(1);
    }
    const drbg = numbers.take(constants.DRBG_CONTEXT_SIZE);
    expect(call.drbgInstantiate(drbg, key, 32)).toBe(1);
    expect(call.drbgReseed(drbg, data, 48, key, 32)).toBe(1);
    expect(call.drbgGenerate(drbg, out, 100, key, 32)).toBe(1);
  });
});
