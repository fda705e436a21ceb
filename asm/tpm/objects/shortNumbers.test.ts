import { describe, expect, it } from "vitest";
import { bytesOf, timesBase } from "../../testkit/externalKeys.ts";
import { concat, sized, TestTpm } from "../../testkit/harness.ts";
import { ALG, CURVE, RH } from "../../testkit/names.ts";
import { ecc, loadExternal, OBJECT } from "../../testkit/objects.ts";
import { sensitiveArea } from "../../testkit/protection.ts";

const BINDING = 0xa5;

/** TPM2_LoadExternal of both parts of the key whose scalar is 2. */
function load(scalar: Uint8Array): number {
  const { x, y } = timesBase(CURVE.NIST_P256, 2n);
  const unique = concat(sized(bytesOf(x, 32)), sized(bytesOf(y, 32)));
  const area = ecc(OBJECT.userWithAuth | OBJECT.sign, { unique });
  // The first use of ECC in this power cycle: its self-test has just used the same working memory.
  return TestTpm.started().run(loadExternal(area, RH.NULL, sized(sensitiveArea(ALG.ECC, scalar)))).rc;
}

describe("the scalar of an ECC key", () => {
  it("may come with zeros before it, or without", () => {
    for (const size of [1, 2, 31, 32]) expect(load(bytesOf(2n, size))).toBe(0);
  });

  it("must be the one of the point", () => {
    expect(load(Uint8Array.of(3))).toBe(BINDING);
    expect(load(Uint8Array.of(2, 0))).toBe(BINDING);
  });
});
