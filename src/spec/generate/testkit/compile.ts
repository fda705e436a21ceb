/** For tests: compiles generated AssemblyScript together with files of asm/, without writing anything. */
import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * @param files paths relative to the repository and their texts; any other path is read from the repository.
 * @param entry the module whose exports become the instance's.
 * @throws with the compiler's messages when it does not compile.
 */
export async function compile(files: ReadonlyMap<string, string>, entry: string): Promise<WebAssembly.Exports> {
  let binary: Uint8Array | undefined;
  const options = ["--runtime", "stub", "--use", "abort=", "--enable", "simd", "--noAssert", "--outFile", "out.wasm"];
  const { error, stderr } = await asc.main([entry, ...options, "--baseDir", repository], {
    readFile(name) {
      const path = normalize(name);
      // The release's configuration optimises for as long as that gains anything.
      if (path.endsWith("asconfig.json")) return null;
      const virtual = files.get(path);
      if (virtual !== undefined) return virtual;
      const real = join(repository, path);
      return existsSync(real) ? readFileSync(real, "utf8") : null;
    },
    writeFile(name, contents) {
      if (name === "out.wasm" && typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`${error?.message ?? "no output"}\n${stderr.toString()}`);
  const module = await WebAssembly.compile(new Uint8Array(binary));
  const instance = await WebAssembly.instantiate(module, {});
  return instance.exports;
}
