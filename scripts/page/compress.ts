/** The page's files, compressed once when it is built: `x.wasm.br` and `x.wasm.gz` beside `x.wasm`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Content-Encoding -> what is appended to the file's name; the best first. */
export const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ["br", ".br"],
  ["gzip", ".gz"],
]);

const compressors: Readonly<Record<string, (bytes: Buffer, isProgram: boolean) => Buffer>> = {
  br: (bytes, isProgram) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: isProgram ? 11 : 9,
        // A window of 16 MiB, the largest that every browser takes, has room for each of them whole.
        [constants.BROTLI_PARAM_LGWIN]: 24,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
};

// What the page is made of gets an eighth smaller for some seconds of the build; the guest's images hardly change.

/** Below it, headers are most of what is sent. */
const SMALLEST = 1024;
/** What saves less is not worth unpacking. */
const WORTHWHILE = 0.95;
/** Only a debugger asks for source maps. */
const isWanted = (name: string) => !name.endsWith(".map") && ![...ENCODINGS.values()].some((end) => name.endsWith(end));

/**
 * Writes the compressed forms of everything below `folder` that they make smaller.
 * @returns the paths written.
 */
export function compressFolder(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isWanted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.flatMap((path) => {
    const bytes = readFileSync(path);
    if (bytes.length < SMALLEST) return [];
    return [...ENCODINGS].flatMap(([encoding, end]) => {
      const compressed = compressors[encoding]!(bytes, /\.(js|wasm)$/.test(path));
      if (compressed.length > bytes.length * WORTHWHILE) return [];
      writeFileSync(path + end, compressed);
      return [path + end];
    });
  });
}
