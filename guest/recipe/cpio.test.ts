import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpio, type Entry } from "./cpio.mjs";

const sample: Entry[] = [
  { path: "bin/run", kind: "file", mode: 0o755, data: Buffer.from("#!/bin/sh\n") },
  { path: "etc/motd", kind: "file", data: Buffer.from("hello\n") },
  { path: "bin/link", kind: "link", target: "run" },
  { path: "console", kind: "character", major: 5, minor: 1 },
  { path: "empty", kind: "file", data: Buffer.alloc(0) },
];

/** Reads an archive after buffer-format.rst. */
function list(archive: Buffer) {
  const entries = [];
  for (let at = 0; ; ) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number) =>
      Number.parseInt(archive.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const nameEnd = at + 110 + field(11);
    const path = archive.toString("utf8", at + 110, nameEnd - 1);
    const dataAt = (nameEnd + 3) & ~3;
    const data = archive.subarray(dataAt, dataAt + field(6));
    if (path === "TRAILER!!!") return entries;
    entries.push({ path, inode: field(0), mode: field(1), mtime: field(5), data });
    at = (dataAt + field(6) + 3) & ~3;
  }
}

describe("cpio", () => {
  it("writes what GNU cpio writes", () => {
    expect(cpio(sample)).toEqual(readFileSync(new URL("testdata/gnu.cpio", import.meta.url)));
  });

  it("does not depend on the order of the entries", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(sample, { minLength: sample.length }), (entries) => {
        expect(cpio(entries).equals(cpio(sample))).toBe(true);
      }),
    );
  });

  it("keeps every file's name and content, parents first", () => {
    const part = fc.stringMatching(/^[a-z0-9_.+é-]{1,12}$/).filter((name) => name !== "." && name !== "..");
    const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `f/${parts.join("/")}/leaf`);
    const files = fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 40 })), { selector: ([name]) => name });
    fc.assert(
      fc.property(files, (wanted) => {
        const leaves = new Set(wanted.map(([name]) => name));
        // A folder can't be a file too.
        fc.pre(![...leaves].some((name) => [...leaves].some((other) => other.startsWith(`${name}/`))));
        const archive = cpio(wanted.map(([name, data]) => ({ path: name, kind: "file", data })));
        const entries = list(archive);
        expect(archive.length % 512).toBe(0);
        expect(entries.map((entry) => entry.inode)).toEqual(entries.map((_entry, index) => index));
        const seen = new Set<string>();
        for (const entry of entries) {
          const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf("/")));
          if (parent && !seen.has(parent)) expect([...seen]).toContain(parent);
          seen.add(entry.path);
        }
        for (const [name, data] of wanted) {
          const entry = entries.find((candidate) => candidate.path === name);
          expect(entry).toMatchObject({ mode: 0o100644, mtime: 0 });
          expect(entry?.data).toEqual(Buffer.from(data));
        }
      }),
    );
  });

  it.each(["/etc", "../etc", "a//b", "a/./b", "a/", ""])("refuses the path %j", (path) => {
    expect(() => cpio([{ path, kind: "directory" }])).toThrow("not a normalised relative path");
  });

  it("refuses a path that is there twice", () => {
    expect(() => cpio([...sample, { path: "empty", kind: "link", target: "x" }])).toThrow("empty is there twice");
  });
});
