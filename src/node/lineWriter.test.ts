import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writerTo, writerToDescriptor } from "./lineWriter.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-lines-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("loses lines while nobody reads, and goes on when somebody does", async () => {
  const taken: string[] = [];
  let release: (() => void) | undefined;
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      taken.push(chunk.toString());
      release = done;
    },
  });
  const { write } = writerTo(stream);
  const line = `${"x".repeat(1023)}\n`;
  for (let count = 0; count < 1000; count++) write(line);
  expect(stream.writableLength).toBe(256 * 1024);
  while (stream.writableLength > 0) {
    release?.();
    await null;
  }
  expect(taken).toHaveLength(256);
  write("again\n");
  expect(taken.at(-1)).toBe("again\n");
});

it("writes to a file at once", () => {
  const file = join(folder, "log");
  const fd = openSync(file, "w");
  const writer = writerToDescriptor(fd, true);
  writer.write("line\n");
  expect(readFileSync(file, "utf8")).toBe("line\n");
  writer.close();
  expect(() => fstatSync(fd)).toThrow("EBADF");
});

it("writes nothing to a descriptor that was closed at first, whatever has its number later", () => {
  const first = openSync(join(folder, "first"), "w");
  closeSync(first);
  const { write } = writerToDescriptor(first);
  const file = join(folder, "later");
  const fd = openSync(file, "w");
  write("line\n");
  expect(readFileSync(file, "utf8")).toBe("");
  closeSync(fd);
});
