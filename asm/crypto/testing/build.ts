/**
 * Compiles the kernels for the tests, with the options of the product (asconfig.json). The result is kept under
 * node_modules/.cache, named by the hash of everything that it is made of.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "asm", "crypto");
const cache = join(root, "node_modules", ".cache", "tabtpm-kernels");
const entry = "asm/crypto/exports.ts";

/** The WASM file of the kernels. */
export async function buildKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const file = join(cache, `${hashOfSources()}.wasm`);
  const cached = readIfThere(file);
  if (cached) return cached;
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main([entry, "--baseDir", root, "--outFile", "kernels.wasm"], {
    writeFile: (_name, contents) => {
      wasm = contents as Uint8Array;
    },
  });
  if (error || !wasm) throw new Error(`asc can't compile ${entry}:\n${stderr.toString()}`, { cause: error });
  mkdirSync(cache, { recursive: true });
  // Several test files may build at once: each writes a file of its own, and the rename is atomic.
  const own = `${file}.${process.pid}.${Date.now()}`;
  writeFileSync(own, wasm);
  renameSync(own, file);
  return new Uint8Array(wasm);
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const files = [
    ...sources.sort().map((name) => join(folder, name)),
    join(root, "asconfig.json"),
    join(root, "node_modules", "assemblyscript", "package.json"),
  ];
  for (const file of files) hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 32);
}

function readIfThere(file: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
