import { describe, expect, it } from "vitest";
import { TestTpm } from "../../testkit/harness.ts";
import { ALG, CURVE } from "../../testkit/names.ts";
import { ecc, fieldsOf, flush, importObject, runCreatePrimary, runLoad, STORAGE } from "../../testkit/objects.ts";
import { duplicateFor, eccKey } from "../../testkit/protection.ts";

/** Of the third parameter, `duplicate`. */
const SIZE_3 = 0x3d5;
const KEY_SIZE_3 = 0x3c7;

describe("the seedValue of an imported parent (Part 1, 27.7)", () => {
  for (const [name, nameAlg, curve, size] of [
    ["SHA-1", ALG.SHA1, CURVE.NIST_P256, 20],
    ["SHA-256", ALG.SHA256, CURVE.NIST_P256, 32],
    ["SHA-384", ALG.SHA384, CURVE.NIST_P384, 48],
  ] as const) {
    it(`is as long as half of the digest of its nameAlg at least, and all of it at most: ${name}`, () => {
      const tpm = TestTpm.started();
      const parent = runCreatePrimary(tpm, ecc(STORAGE));
      const answerTo = (seedSize: number) => {
        const key = eccKey({ nameAlg, curve, seed: new Uint8Array(seedSize).fill(7) });
        const response = tpm.run(importObject(parent.handle, key.area, duplicateFor(null, key.area, key.sensitive)));
        if (response.rc === 0) {
          const { handle } = runLoad(tpm, parent.handle, fieldsOf(response).sized(), key.area);
          expect(tpm.run(flush(handle)).rc).toBe(0);
        }
        return response.rc;
      };
      for (const short of [0, size / 2 - 1]) expect(answerTo(short)).toBe(SIZE_3);
      for (const right of [size / 2, size - 1, size]) expect(answerTo(right)).toBe(0);
      expect(answerTo(size + 1)).toBe(KEY_SIZE_3);
    });
  }
});
