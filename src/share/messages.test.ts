import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageReader, MessageWriter } from "./messages.ts";

const field = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant("u16" as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant("u32" as const), value: fc.nat() }),
  fc.record({ kind: fc.constant("u64" as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("text" as const), value: fc.string({ unit: "grapheme", maxLength: 20 }) }),
);

// A folder of a dozen files is longer than what a message begins with: any field may be the one that makes it grow.
test("a message reads as it was written, wherever it grows", () => {
  fc.assert(
    fc.property(fc.array(field, { minLength: 30, maxLength: 200 }), (fields) => {
      const writer = new MessageWriter();
      for (const { kind, value } of fields) (writer[kind] as (it: typeof value) => MessageWriter)(value);
      const reader = new MessageReader(writer.body());
      expect(fields.map(({ kind }) => reader[kind]())).toEqual(fields.map(({ value }) => value));
    }),
  );
});
