import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, hex, TestTpm, text, u16 } from "../../testkit/harness.ts";
import { RH, rc } from "../../testkit/names.ts";
import {
  defineSpace,
  NV,
  nvExtend,
  nvIncrement,
  nvPublic,
  nvRead,
  nvReadPublic,
  nvSetBits,
  nvWrite,
  OPEN,
  undefineSpace,
} from "../../testkit/nv.ts";

const INDEX = 0x01c0ffee;
const HASHES: [name: string, algorithm: number][] = [
  ["sha1", 0x0004],
  ["sha256", 0x000b],
  ["sha384", 0x000c],
  ["sha512", 0x000d],
  ["sm3", 0x0012],
  ["sha3-256", 0x0027],
  ["sha3-384", 0x0028],
  ["sha3-512", 0x0029],
];
const read = (tpm: TestTpm, size: number, offset = 0) =>
  hex(tpm.run(nvRead(RH.OWNER, INDEX, size, offset)).parameters.slice(2));

describe("an index of each hash algorithm", () => {
  for (const [name, nameAlg] of HASHES) {
    const hash = (...parts: Uint8Array[]) =>
      createHash(name)
        .update(concat(...parts))
        .digest();
    const size = hash().length;

    it(`${name}: has its Name, and is extended`, () => {
      const tpm = TestTpm.started();
      const info = { handle: INDEX, nameAlg, attributes: OPEN | NV.EXTEND, policy: new Uint8Array(size).fill(7), size };
      expect(tpm.run(defineSpace(info)).rc).toBe(0);
      let value: Uint8Array = new Uint8Array(size);
      for (const data of ["", "one", "x".repeat(1024)]) {
        expect(tpm.run(nvExtend(RH.OWNER, INDEX, text(data))).rc).toBe(0);
        value = hash(value, text(data));
        expect(read(tpm, size)).toBe(hex(value));
      }
      const area = nvPublic({ ...info, attributes: info.attributes | NV.WRITTEN });
      const publicName = concat(u16(2 + size), u16(nameAlg), hash(area));
      expect(hex(tpm.run(nvReadPublic(INDEX)).body)).toBe(hex(concat(u16(area.length), area, publicName)));
      const again = tpm.powerCycle();
      expect(again.startup().rc).toBe(0);
      expect(read(again, size)).toBe(hex(value));
    });
  }

  it("has authValue and authPolicy no longer than a digest", () => {
    const tpm = TestTpm.started();
    for (const [name, nameAlg] of HASHES) {
      const size = createHash(name).digest().length;
      const define = (auth: number, policy: number) => {
        const info = { handle: INDEX, nameAlg, attributes: OPEN, policy: new Uint8Array(policy), size: 1 };
        return tpm.run(defineSpace(info, new Uint8Array(auth).fill(1))).rc;
      };
      if (size < 64) expect(define(size + 1, size)).toBe(rc("TPM_RC_SIZE", { parameter: 1 }));
      expect(define(size, size - 1)).toBe(rc("TPM_RC_SIZE", { parameter: 2 }));
      expect(define(size, size)).toBe(0);
      expect(tpm.run(nvWrite(INDEX, INDEX, [1], 0, new Uint8Array(size).fill(1))).rc).toBe(0);
      expect(tpm.run(undefineSpace(RH.OWNER, INDEX)).rc).toBe(0);
    }
  });
});

describe("data", () => {
  it("of an ordinary index is merged with what is there; a first partial write finds erased memory", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(defineSpace({ handle: INDEX, attributes: OPEN, size: 2048 })).rc).toBe(0);
    expect(tpm.run(nvWrite(RH.OWNER, INDEX, text("abc"), 1020)).rc).toBe(0);
    expect(read(tpm, 9, 1017)).toBe("ffffff616263ffffff");
    expect(tpm.run(nvWrite(RH.OWNER, INDEX, new Uint8Array(1024).fill(1), 1021)).rc).toBe(0);
    expect(read(tpm, 4, 1019)).toBe("ff610101");
    expect(read(tpm, 4, 2044)).toBe("01ffffff");
  });

  it("of a counter goes up by one, from the largest value that any counter had", () => {
    const tpm = TestTpm.started();
    let largest = 0n;
    for (const orderly of [0, NV.ORDERLY, NV.ORDERLY, 0]) {
      expect(tpm.run(defineSpace({ handle: INDEX, attributes: OPEN | NV.COUNTER | orderly, size: 8 })).rc).toBe(0);
      for (let i = 0; i < 300; i++) {
        expect(tpm.run(nvIncrement(RH.OWNER, INDEX)).rc).toBe(0);
        expect(BigInt(`0x${read(tpm, 8)}`)).toBe(++largest);
      }
      expect(tpm.run(undefineSpace(RH.OWNER, INDEX)).rc).toBe(0);
    }
  });

  it("of a bit field only gains bits", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(defineSpace({ handle: INDEX, attributes: OPEN | NV.BITS, size: 8 })).rc).toBe(0);
    let value = 0n;
    for (let bit = 0n; bit < 64n; bit += 3n) {
      expect(tpm.run(nvSetBits(RH.OWNER, INDEX, 1n << bit)).rc).toBe(0);
      value |= 1n << bit;
      expect(BigInt(`0x${read(tpm, 8)}`)).toBe(value);
    }
  });
});
