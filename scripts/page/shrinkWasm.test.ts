import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { shrinkWasm } from "./shrinkWasm.ts";
import { stripWasm } from "./stripWasm.ts";

const emulator = stripWasm(readFileSync(createRequire(import.meta.url).resolve("v86/build/v86.wasm")));

test("the emulator's module has the same imports and exports, and is smaller", async () => {
  const shrunk = await shrinkWasm(emulator);
  const [before, after] = await Promise.all(
    [emulator, shrunk].map((wasm) => WebAssembly.compile(wasm as BufferSource)),
  );
  const sorted = (all: readonly { name: string; kind: string }[]) =>
    all.map(({ name, kind }) => `${kind} ${name}`).toSorted();
  expect(sorted(WebAssembly.Module.exports(after!))).toEqual(sorted(WebAssembly.Module.exports(before!)));
  expect(sorted(WebAssembly.Module.imports(after!))).toEqual(sorted(WebAssembly.Module.imports(before!)));
  expect(shrunk.length).toBeLessThan(0.95 * emulator.length);
});

test("what a module computes stays: an instance answers as before", async () => {
  // (i32, i32) => i32: both locals are set to themselves before they are added, in a block that nothing leaves.
  const adder = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00],
    ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
    ...[0x0a, 0x14, 0x01, 0x12, 0x00, 0x02, 0x7f, 0x20, 0x00, 0x21, 0x00, 0x20, 0x01, 0x21, 0x01],
    ...[0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b, 0x0b],
  );
  expect(WebAssembly.validate(adder)).toBe(true);
  const shrunk = await shrinkWasm(adder);
  expect(shrunk.length).toBeLessThan(adder.length);
  const { instance } = await WebAssembly.instantiate(shrunk as BufferSource, {});
  expect((instance.exports as { f(a: number, b: number): number }).f(40, 2)).toBe(42);
});
