import { describe, expect, test } from "vitest";
import { HASH_ALGORITHMS } from "../../src/index.ts";
import { bankName } from "../state/banks.ts";
import { mergeValues } from "./banks.ts";
import { hashAlgorithm } from "./testkit/tpm.ts";

const sha1 = hashAlgorithm("sha1");
const sha256 = hashAlgorithm("sha256");

const active = [
  { algorithm: sha1, pcrs: [0, 1, 2] },
  { algorithm: sha256, pcrs: [0, 2] },
];

describe("values that were read anew", () => {
  const first = mergeValues([], active, [
    { algorithm: sha1, pcr: 0, hex: "00" },
    { algorithm: sha1, pcr: 1, hex: "01" },
    { algorithm: sha256, pcr: 2, hex: "02" },
  ]);

  test("a first reading lights nothing up", () => {
    expect(first.changed).toEqual([]);
    expect(first.banks).toEqual([
      { algorithm: sha1, name: "SHA-1", values: ["00", "01", undefined] },
      { algorithm: sha256, name: "SHA-256", values: [undefined, undefined, "02"] },
    ]);
  });

  test("only what differs is changed; the rest stays", () => {
    const next = mergeValues(first.banks, active, [
      { algorithm: sha1, pcr: 0, hex: "aa" },
      { algorithm: sha1, pcr: 1, hex: "01" },
    ]);
    expect(next.changed).toEqual(["SHA-1:0"]);
    expect(next.banks[0]!.values).toEqual(["aa", "01", undefined]);
    expect(next.banks[1]!.values).toEqual([undefined, undefined, "02"]);
  });

  test("a bank that is no longer active goes", () => {
    expect(mergeValues(first.banks, active.slice(1), []).banks.map(({ name }) => name)).toEqual(["SHA-256"]);
  });
});

test("banks are named as people write them, also those without a name", () => {
  const names = [...HASH_ALGORITHMS].map(([id, { name }]) => [name, bankName(id)]);
  expect(Object.fromEntries(names)).toEqual({
    sha1: "SHA-1",
    sha256: "SHA-256",
    sha384: "SHA-384",
    sha512: "SHA-512",
    sm3_256: "SM3-256",
    sha3_256: "SHA3-256",
    sha3_384: "SHA3-384",
    sha3_512: "SHA3-512",
  });
  expect(bankName(0x4321)).toBe("0x4321");
});
