import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkKernel, commandLineOctets, KernelFileError } from "./kernelFile.ts";

const MIB = 1 << 20;
const LIMIT = 64 * MIB;
const KERNEL = readFileSync(new URL("../../guest/images/bzImage", import.meta.url));

/** The guest's kernel, changed or cut. */
function kernel(change: (view: DataView) => void = () => {}, size = KERNEL.length): ArrayBuffer {
  const file = new Uint8Array(size);
  file.set(KERNEL.subarray(0, size));
  change(new DataView(file.buffer));
  return file.buffer;
}

describe("a kernel", () => {
  it("may be the guest's own", () => {
    expect(() => checkKernel(kernel(), LIMIT)).not.toThrow();
  });

  it("may have octets behind it, such as a signature", () => {
    expect(() => checkKernel(kernel(undefined, KERNEL.length + 2000), LIMIT)).not.toThrow();
  });

  it.each([
    ["nothing", new ArrayBuffer(0), "the file is empty"],
    ["a text", new TextEncoder().encode("hello").buffer, "the file of 5 bytes has no boot sector"],
    ["512 octets without a signature", new ArrayBuffer(512), "the file of 512 bytes has no boot sector"],
    ["a boot sector alone", kernel(undefined, 512), 'not the header of Linux ("HdrS" at offset 514)'],
    ["another system's boot sector", kernel((view) => view.setUint32(0x202, 0)), "not the header of Linux"],
    ["half of a header", kernel(undefined, 0x22b), "not the header of Linux"],
    [
      "a kernel of 1996",
      kernel((view) => view.setUint16(0x206, 0x0200, true)),
      "its boot protocol is 2.00, and 2.02 is needed",
    ],
    ["a zImage", kernel((view) => view.setUint8(0x211, 0)), "it is a zImage"],
    ["its first MiB", kernel(undefined, MIB), "the file ends after 1048576 of"],
    [
      "all but the last paragraph and one octet",
      kernel(undefined, KERNEL.length - 17),
      `the file ends after ${KERNEL.length - 17} of`,
    ],
    ["setup code without end", kernel((view) => view.setUint8(0x1f1, 255)), "its setup code has 131072 bytes"],
  ])("is not %s", (_, file, words) => {
    const check = () => checkKernel(file as ArrayBuffer, LIMIT);
    expect(check).toThrow(KernelFileError);
    expect(check).toThrow(words);
    expect(check).toThrow("It must be a bzImage of Linux for x86, whole and unpacked.");
  });

  it("must end where the initrd begins", () => {
    expect(() => checkKernel(kernel(), 3 * MIB)).toThrow(/its \d+ bytes from 1 MiB on do not fit below 3 MiB/);
  });

  it("is taken or refused with words, whatever its header says", () => {
    const offset = fc.oneof(fc.constantFrom(0x1f1, 0x1f4, 0x1fe, 0x202, 0x206, 0x211), fc.nat(0x22b));
    fc.assert(
      fc.property(fc.array(fc.tuple(offset, fc.nat(255))), fc.nat(2048), (changes, size) => {
        const file = kernel((view) => {
          for (const [at, octet] of changes) if (at < size) view.setUint8(at, octet);
        }, size);
        expect(() => checkKernel(file, LIMIT)).toThrow(KernelFileError);
      }),
    );
  });
});

describe("a command line", () => {
  it("reaches Linux as UTF-8, one character of v86's per octet", () => {
    expect(commandLineOctets("a=\u00e9\u20ac")).toBe("a=\u00c3\u00a9\u00e2\u0082\u00ac");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (line) => {
        fc.pre(!line.includes("\0"));
        expect(Buffer.from(commandLineOctets(line), "latin1").toString()).toBe(line);
      }),
    );
  });

  it("has 2,047 bytes at most, which are not as many characters", () => {
    expect(commandLineOctets("x".repeat(2047))).toHaveLength(2047);
    expect(() => commandLineOctets("x".repeat(2048))).toThrow(
      "The kernel's command line has 2048 bytes; Linux takes 2047 at most: shorten it.",
    );
    expect(commandLineOctets("\u20ac".repeat(682))).toHaveLength(2046);
    expect(() => commandLineOctets("\u20ac".repeat(683))).toThrow(RangeError);
  });

  it("has no NUL, at which Linux would stop reading", () => {
    expect(() => commandLineOctets("a\0b")).toThrow(
      "has a NUL after 1 bytes, where it would end for Linux: leave it out.",
    );
  });
});
