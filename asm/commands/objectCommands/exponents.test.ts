import { describe, expect, it } from "vitest";
import { testKey } from "../../testkit/crypto/rsa/keys.ts";
import { concat, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG } from "../../testkit/names.ts";
import { loadExternal, NULL_ALGORITHM, OBJECT, publicArea } from "../../testkit/objects.ts";

const VALUE_2 = 0x2c4;
const { n: modulus } = testKey(1024);

/** A public key for TPM2_LoadExternal. */
function key(exponent: number): Uint8Array {
  const parameters = concat(NULL_ALGORITHM, NULL_ALGORITHM, u16(1024), u32(exponent));
  const attributes = OBJECT.userWithAuth | OBJECT.sign;
  return publicArea({ type: ALG.RSA, attributes, parameters, unique: sized(modulus) });
}

describe("the public exponent of an RSA key that is loaded", () => {
  it("is 0 for 65537, or 7 and more", () => {
    for (const exponent of [0, 7, 8, 9, 65537, 0xffffffff]) {
      expect(TestTpm.started().run(loadExternal(key(exponent))).rc).toBe(0);
    }
    for (const exponent of [1, 2, 3, 5, 6]) expect(TestTpm.started().run(loadExternal(key(exponent))).rc).toBe(VALUE_2);
  });
});
