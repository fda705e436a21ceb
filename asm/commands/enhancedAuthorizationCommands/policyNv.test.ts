import fc from "fast-check";
import { expect, it } from "vitest";
import { command, concat, hex, TestTpm, u8, u16 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { defineSpace, nvWrite, OPEN, policyNv } from "../../testkit/nv.ts";

const INDEX = 0x01c0ffee;
const SIZE = 8;
const RC_POLICY = rc("TPM_RC_POLICY");

/** TPM_EO (Part 2, 6.8) of numbers. */
const OPERATIONS: ((a: bigint, b: bigint, bits: number) => boolean)[] = [
  (a, b) => a === b,
  (a, b) => a !== b,
  (a, b, bits) => BigInt.asIntN(bits, a) > BigInt.asIntN(bits, b),
  (a, b) => a > b,
  (a, b, bits) => BigInt.asIntN(bits, a) < BigInt.asIntN(bits, b),
  (a, b) => a < b,
  (a, b, bits) => BigInt.asIntN(bits, a) >= BigInt.asIntN(bits, b),
  (a, b) => a >= b,
  (a, b, bits) => BigInt.asIntN(bits, a) <= BigInt.asIntN(bits, b),
  (a, b) => a <= b,
  (a, b) => (a & b) === b,
  (a, b) => (a & b) === 0n,
];

const number = (octets: Uint8Array) => BigInt(`0x${hex(octets)}`);

it("TPM2_PolicyNV compares as numbers of JavaScript do, also below zero", () => {
  const tpm = TestTpm.started();
  expect(tpm.run(defineSpace({ handle: INDEX, attributes: OPEN, size: SIZE })).rc).toBe(0);
  const started = tpm.run(
    command(
      CC.StartAuthSession,
      [RH.NULL, RH.NULL],
      [concat(u16(16), new Uint8Array(16)), u16(0), u8(1), u16(0x10), u16(0x0b)],
    ),
  );
  expect(started.rc).toBe(0);
  const session = Number(number(started.bytes.subarray(10, 14)));
  const octet = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff), fc.integer({ min: 0, max: 255 }));
  const pair = fc
    .integer({ min: 1, max: SIZE })
    .chain((size) =>
      fc.tuple(
        fc.array(octet, { minLength: size, maxLength: size }),
        fc.array(octet, { minLength: size, maxLength: size }),
        fc.integer({ min: 0, max: SIZE - size }),
      ),
    );
  fc.assert(
    fc.property(pair, ([inIndex, operand, offset]) => {
      const [a, b] = [Uint8Array.from(inIndex), Uint8Array.from(operand)];
      expect(tpm.run(nvWrite(RH.OWNER, INDEX, a, offset)).rc).toBe(0);
      OPERATIONS.forEach((holds, operation) => {
        expect(tpm.run(policyNv(RH.OWNER, INDEX, session, b, offset, operation)).rc).toBe(
          holds(number(a), number(b), 8 * a.length) ? 0 : RC_POLICY,
        );
      });
    }),
    { numRuns: 60 },
  );
});
