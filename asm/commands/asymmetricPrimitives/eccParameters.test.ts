import { describe, expect, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import { command, hex, TestTpm, u16 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";

/** What the Algorithm Registry gives for the curve: hash of KDF1_SP800_56A, or nothing. */
const KDF_HASH: Readonly<Record<number, string>> = {
  1: "000b",
  2: "000b",
  3: "000b",
  4: "000c",
  5: "000d",
  32: "0012",
};

const parametersOf = (tpm: TestTpm, curve: number) => tpm.run(command(CC.ECC_Parameters, [], [u16(curve)]));

describe("TPM2_ECC_Parameters", () => {
  it.each(CURVES)("of $name are those of the standard", ({ id, size, p, Point }) => {
    const { a, b, Gx, Gy, n } = Point.CURVE();
    const number = (value: bigint, length = size) => hex(u16(length)) + value.toString(16).padStart(2 * length, "0");
    const kdf = KDF_HASH[id] === undefined ? "0010" : `0020${KDF_HASH[id]}`;
    const numbers = [number(p), number(a, a === 0n ? 1 : size), number(b), number(Gx), number(Gy), number(n)];
    const expected = [hex(u16(id)), hex(u16(p.toString(2).length)), kdf, "0010", ...numbers, "000101"].join("");
    for (const profile of [0, 1]) {
      const response = parametersOf(TestTpm.started({ profile }), id);
      expect(response.rc).toBe(0);
      expect(hex(response.body)).toBe(expected);
    }
  });

  it("has no other curves", () => {
    const tpm = TestTpm.started();
    const known = CURVES.map(({ id }) => id);
    for (let curve = 0; curve < 0x80; curve++)
      if (!known.includes(curve)) expect(parametersOf(tpm, curve).rc).toBe(rc("TPM_RC_CURVE", { parameter: 1 }));
  });
});
