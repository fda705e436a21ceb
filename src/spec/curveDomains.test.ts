/**
 * The kernels of asm/crypto import nothing, and have the curves' numbers in words of their own: they are the same as those here.
 * That they are right is shown where they are used, against other people's curves (asm/crypto/ecc, src/attest/signature.test.ts).
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { curveDomains } from "./curveDomains.ts";

const kernels = readFileSync(new URL("../../asm/crypto/ecc/parameters.ts", import.meta.url), "utf8");
/** nistP192 -> NIST_P192 */
const nameOf = (constant: string) => `TPM_ECC_${constant.replace(/P(?=\d)/, "_P").toUpperCase()}`;

/** By curve, p, b, x, y and n as one number each, from words of 64 bits, the highest first. */
const words = new Map(
  [...kernels.matchAll(/export const (\w+): usize = memory\.data<u64>\(\[([^\]]*)\]\)/g)].map(([, constant, list]) => {
    const all = [...list!.matchAll(/0x([0-9a-f]{16})\b/g)].map(([, word]) => word!);
    const size = all.length / 5;
    const numbers = [0, 1, 2, 3, 4].map((at) => BigInt(`0x${all.slice(at * size, (at + 1) * size).join("")}`));
    return [nameOf(constant!), numbers] as const;
  }),
);

test("every curve is there once more for the kernels, and only these", () => {
  expect([...words.keys()].sort()).toEqual(Object.keys(curveDomains).sort());
});

test.each(Object.entries(curveDomains))("%s has the same numbers there; a is 0 or -3", (name, { p, a, b, x, y, n }) => {
  expect(words.get(name)).toEqual([p, b, x, y, n]);
  expect(a).toBe(name.includes("_BN_") ? 0n : p - 3n);
});
