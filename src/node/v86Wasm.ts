import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** The bytes of v86.wasm of the installed v86, for `createMachine`. */
export function readV86Wasm(): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(createRequire(import.meta.url).resolve("v86/build/v86.wasm")) as Promise<Uint8Array<ArrayBuffer>>;
}
