import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stripWasm } from "./stripWasm.ts";

const emulator = readFileSync(createRequire(import.meta.url).resolve("v86/build/v86.wasm"));

test("the emulator's module has what it had, and no names and debugging information any more", async () => {
  const stripped = stripWasm(emulator);
  const [before, after] = await Promise.all(
    [emulator, stripped].map((wasm) => WebAssembly.compile(wasm as BufferSource)),
  );
  expect(WebAssembly.Module.exports(after!)).toEqual(WebAssembly.Module.exports(before!));
  expect(WebAssembly.Module.imports(after!)).toEqual(WebAssembly.Module.imports(before!));
  expect(WebAssembly.Module.customSections(before!, "name")).toHaveLength(1);
  for (const name of ["name", ".debug_info", ".debug_str", "producers"]) {
    expect(WebAssembly.Module.customSections(after!, name)).toEqual([]);
  }
  expect(stripped.length).toBeLessThan(emulator.length);
  expect(Buffer.compare(stripWasm(stripped), stripped)).toBe(0);
});

test("what is no module, or cut short, is refused, and never makes a longer one", () => {
  expect(() => stripWasm(emulator.subarray(0, -1))).toThrow("cut short");
  expect(() => stripWasm(new Uint8Array(0))).toThrow("no WebAssembly module");
  const header = emulator.subarray(0, 8);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
      const module = Buffer.concat([header, rest]);
      try {
        expect(stripWasm(module).length).toBeLessThanOrEqual(module.length);
      } catch (error) {
        expect((error as Error).message).toMatch(/cut short|ends within a number|more than 32 bits/);
      }
    }),
  );
});
