import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tar } from "./tar.mjs";

/** Reads an archive as POSIX describes it. */
function read(archive: Buffer) {
  const members = [];
  for (let at = 0; archive[at] !== 0; ) {
    const header = Buffer.from(archive.subarray(at, at + 512));
    const text = (from: number, size: number) => header.toString("utf8", from, from + size).replace(/\0.*$/s, "");
    const octal = (from: number, size: number) => Number.parseInt(text(from, size), 8);
    const sum = octal(148, 8);
    header.fill(" ", 148, 156);
    expect(header.reduce((total, octet) => total + octet, 0)).toBe(sum);
    expect(text(257, 6) + text(263, 2)).toBe("ustar00");
    const size = octal(124, 12);
    const data = archive.subarray(at + 512, at + 512 + size).toString("hex");
    members.push({ path: text(0, 100), type: text(156, 1), mode: octal(100, 8), target: text(157, 100), data });
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return members;
}

describe("tar", () => {
  it("writes what a reader finds again, sorted, with sums that are right", () => {
    const path = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,3}$/);
    const entry = fc.record({ path, kind: fc.constant("file" as const), data: fc.uint8Array({ maxLength: 1500 }) });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ path: name }) => name, maxLength: 6 }), (entries) => {
        const archive = tar(entries);
        expect(archive.length % 512).toBe(0);
        const expected = entries.map(({ path: name, data }) => ({
          path: name,
          type: "0",
          mode: 0o644,
          target: "",
          data: Buffer.from(data).toString("hex"),
        }));
        expect(read(archive)).toEqual(expected.sort((a, b) => (a.path < b.path ? -1 : 1)));
      }),
    );
  });

  it("writes links and folders", () => {
    const archive = tar([
      { path: "bin", kind: "directory" },
      { path: "bin/sh", kind: "link", target: "busybox" },
    ]);
    expect(read(archive)).toMatchObject([
      { path: "bin", type: "5", mode: 0o755 },
      { path: "bin/sh", type: "2", target: "busybox" },
    ]);
  });

  it("gives the same bytes for the same entries in any order", () => {
    const hash = (data: Buffer) => createHash("sha256").update(data).digest("hex");
    const a = { path: "a", kind: "file" as const, data: Buffer.from("1") };
    const b = { path: "b", kind: "file" as const, data: Buffer.from("2") };
    expect(hash(tar([a, b]))).toBe(hash(tar([b, a])));
  });

  it("refuses what it can't write", () => {
    expect(() => tar([{ path: "a".repeat(101), kind: "directory" }])).toThrow("longer than 100 octets");
    expect(() => tar([{ path: "dev/null", kind: "character", major: 1, minor: 3 }])).toThrow("dev/null is a character");
  });
});
