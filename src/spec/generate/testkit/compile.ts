/**
 * For tests: compiles generated AssemblyScript together with files of asm/. The result is kept under node_modules/.cache,
 * named by the hash of everything that it is made of.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const cache = join(repository, "node_modules", ".cache", "tabtpm-generated");
const OPTIONS = ["--runtime", "stub", "--use", "abort=", "--enable", "simd", "--noAssert", "--outFile", "out.wasm"];

type Files = ReadonlyMap<string, string>;

/** Of the repository; the rest is given as texts. */
const REAL_FOLDER = join("asm", "base");

/**
 * @param files paths relative to the repository and their texts; those in asm/base are read from the repository.
 * @param entry the module whose exports become the instance's.
 * @throws with the compiler's messages when it does not compile.
 */
export async function compile(files: Files, entry: string): Promise<WebAssembly.Exports> {
  const kept = join(cache, `${hashOf(files, entry)}.wasm`);
  if (!existsSync(kept)) keep(kept, await compiled(files, entry));
  const module = await WebAssembly.compile(readFileSync(kept));
  const instance = await WebAssembly.instantiate(module, {});
  return instance.exports;
}

async function compiled(files: Files, entry: string): Promise<Uint8Array> {
  // Only here: it takes longer to load than to compile what a test has.
  const { default: asc } = await import("assemblyscript/asc");
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([entry, ...OPTIONS, "--baseDir", repository], {
    readFile(name) {
      const path = normalize(name);
      // The release's configuration optimises for as long as that gains anything.
      if (path.endsWith("asconfig.json")) return null;
      const virtual = files.get(path);
      if (virtual !== undefined) return virtual;
      const real = join(repository, path);
      return path.startsWith(REAL_FOLDER) && existsSync(real) ? readFileSync(real, "utf8") : null;
    },
    writeFile(name, contents) {
      if (name === "out.wasm" && typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`${error?.message ?? "no output"}\n${stderr.toString()}`);
  return binary;
}

/** Of the texts given, of what they may import from the repository, and of the compiler. */
function hashOf(files: Files, entry: string): string {
  const hash = createHash("sha256").update(JSON.stringify([entry, OPTIONS, ...files]));
  const imported = readdirSync(join(repository, REAL_FOLDER)).sort();
  for (const path of [
    ...imported.map((name) => join(REAL_FOLDER, name)),
    join("node_modules", "assemblyscript", "package.json"),
  ])
    hash.update(`\0${path}\0`).update(readFileSync(join(repository, path)));
  return hash.digest("hex").slice(0, 32);
}

/** In place of what was kept before. Of two at the same time each writes a file of its own, and the rename is atomic. */
function keep(file: string, binary: Uint8Array): void {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const own = `${file}.${process.pid}.${Date.now()}`;
  writeFileSync(own, binary);
  renameSync(own, file);
}
