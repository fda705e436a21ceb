import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../engine/bytes.ts";
import { ACPI_HEADER_SIZE } from "./acpiTable.ts";
import {
  buffer,
  device,
  integer,
  irqNoFlags,
  memory32Fixed,
  name,
  resourceTemplate,
  scope,
  string,
  toUuid,
} from "./aml.ts";
import { argument, BYTE_ACCESS, fields, local, method } from "./amlCode.ts";

const compiled = (file: string) => new Uint8Array(readFileSync(new URL(`testdata/${file}`, import.meta.url)));

describe("AML encoder", () => {
  it("encodes every term as iasl does", () => {
    const terms = concat(
      scope(
        "\\",
        name("INT0", integer(0)),
        name("INT1", integer(1)),
        name("INT2", integer(2)),
        name("I255", integer(0xff)),
        name("I256", integer(0x100)),
        name("IWMX", integer(0xffff)),
        name("IDMN", integer(0x1_0000)),
        name("IDMX", integer(0xffff_ffff)),
      ),
      device("\\_SB.DEV1", name("_UID", integer(2))),
      scope(
        "\\_SB.DEV1",
        device(
          "SUB",
          name("BUF", buffer(Uint8Array.of(1, 2, 3, 4, 5))),
          name("ROM", resourceTemplate(memory32Fixed(0xfed4_0000, 0x5000, false))),
        ),
      ),
      device("\\_SB.DEV1.SUB.LEAF", name("^^UP2", string("text"))),
    );
    expect(terms).toEqual(compiled("aml-terms.aml").subarray(ACPI_HEADER_SIZE));
  });

  it("encodes package lengths that decode to what follows, in the fewest bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(200), fc.integer({ min: 4000, max: 4200 }), fc.nat(70_000)), (size) => {
        const term = scope("\\_SB", new Uint8Array(size));
        const lead = term[1]!;
        const more = lead >> 6;
        let length = more === 0 ? lead & 0x3f : lead & 0xf;
        for (let i = 0; i < more; i++) length |= term[2 + i]! << (4 + 8 * i);
        expect(length).toBe(term.length - 1);
        const content = length - 1 - more;
        const fewest = content + 1 <= 0x3f ? 0 : content + 2 < 2 ** 12 ? 1 : content + 3 < 2 ** 20 ? 2 : 3;
        expect(more).toBe(fewest);
      }),
    );
  });

  it("refuses what AML cannot say", () => {
    expect(() => integer(-1)).toThrow("AML integer -1");
    expect(() => integer(2 ** 32)).toThrow("AML integer 4294967296");
    expect(() => integer(1.5)).toThrow("AML integer 1.5");
    expect(() => string("naïve")).toThrow("outside ASCII");
    expect(() => string("a\0b")).toThrow("outside ASCII");
    expect(() => name("TOOLONG", integer(0))).toThrow("not an AML name");
    expect(() => name("1ABC", integer(0))).toThrow("not an AML name");
    expect(() => irqNoFlags(16)).toThrow("ISA IRQ 16");
    expect(() => toUuid("3DDDFAA6-361B-4EB4-A424")).toThrow("is not a UUID");
    expect(() => argument(7)).toThrow("AML argument 7 is not in 0..6");
    expect(() => local(-1)).toThrow("AML local -1");
    expect(() => method("TEST", 8)).toThrow("AML argument count 8");
    expect(() => fields("AREA", BYTE_ACCESS, [["LONG", 64]])).toThrow("not 64");
  });
});
