import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInterface, checkIrq } from "./tpmOptions.ts";

describe("the TPM's interrupt", () => {
  it("is 7, or 3 where no serial port has that, or none", () => {
    for (const irq of [undefined, 7]) {
      for (const uart1 of [false, true]) {
        for (const uart3 of [false, true]) expect(() => checkIrq(irq, { uart1, uart3 })).not.toThrow();
      }
    }
    expect(() => checkIrq(3, {})).not.toThrow();
    expect(() => checkIrq(3, { uart1: true })).toThrow("Interrupt 3 belongs to the serial port uart1");
    expect(() => checkIrq(3, { uart3: true })).toThrow("Interrupt 3 belongs to the serial port uart3");
  });

  it("anything else is refused in a sentence that says what to take", () => {
    const ports = fc.record({ uart1: fc.boolean(), uart3: fc.boolean() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.integer({ min: -20, max: 20 }), fc.double()), ports, (irq, serial) => {
        const free = serial.uart1 || serial.uart3 ? [7] : [3, 7];
        if (irq === undefined || free.includes(irq as number)) return;
        const refuse = () => checkIrq(irq, serial);
        expect(refuse).toThrow(typeof irq === "number" ? RangeError : TypeError);
        expect(refuse).toThrow(`Take ${free.join(" or ")}, or leave it away`);
      }),
    );
  });
});

describe("the TPM's interface", () => {
  it("is tis, with an interrupt or without, or crb without", () => {
    for (const irq of [undefined, 7]) expect(() => checkInterface("tis", irq)).not.toThrow();
    expect(() => checkInterface("crb", undefined)).not.toThrow();
    expect(() => checkInterface("crb", 7)).toThrow("leave irq (7) away");
  });

  it("anything else is refused", () => {
    fc.assert(
      fc.property(fc.anything(), (kind) => {
        if (kind === "tis" || kind === "crb") return;
        expect(() => checkInterface(kind, undefined)).toThrow(TypeError);
        expect(() => checkInterface(kind, undefined)).toThrow('it has "tis" and "crb"');
      }),
    );
  });
});
