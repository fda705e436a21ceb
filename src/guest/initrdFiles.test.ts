import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpio } from "../../guest/recipe/cpio.mjs";
import { type InitrdFile, withInitrdFiles } from "./initrdFiles.ts";

const none = new ArrayBuffer(0);
const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,11}$/);
const file = fc.record({
  path: name,
  data: fc.uint8Array({ maxLength: 700 }),
  mode: fc.constantFrom(0o600, 0o644, 0o755),
});

describe("files behind an initrd", () => {
  // The recipe's writer is held to GNU cpio's bytes.
  it("are the archive that the recipe writes of the same files", () => {
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 6 }), (files) => {
        const sorted = files.sort((a, b) => (a.path < b.path ? -1 : 1));
        const expected = cpio(sorted.map((one) => ({ ...one, kind: "file" as const })));
        expect(Buffer.from(withInitrdFiles(none, sorted))).toEqual(expected);
      }),
    );
  });

  it("begin at the next 512 octets, and leave what is before as it is", () => {
    const initrd = Uint8Array.from({ length: 513 }, (_, at) => at).buffer;
    const files: InitrdFile[] = [{ path: "etc/motd", data: new TextEncoder().encode("hello\n") }];
    const whole = Buffer.from(withInitrdFiles(initrd, files));
    expect(whole.subarray(0, 513)).toEqual(Buffer.from(initrd));
    expect(whole.subarray(513, 1024).every((octet) => octet === 0)).toBe(true);
    expect(whole.subarray(1024)).toEqual(Buffer.from(withInitrdFiles(none, files)));
    expect(whole.length % 512).toBe(0);
  });

  it.each(["", "/etc/motd", "etc//motd", "../motd", "etc/./motd", "etc/", "a\0b"])("refuses the path %j", (path) => {
    expect(() => withInitrdFiles(none, [{ path, data: new Uint8Array(0) }])).toThrow(RangeError);
  });
});
