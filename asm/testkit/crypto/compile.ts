/**
 * Compiles the test build of the kernels (entry.ts) with the options of the product (asconfig.json, and for the build with
 * relaxed SIMD scripts/build/cores.mjs). The result is kept under node_modules/.cache, named by the hash of everything that
 * it is made of.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildUnderTest } from "../build.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "asm", "crypto");
const cache = join(root, "node_modules", ".cache", "tabtpm-kernels");

/** The test build: with insides and an area for operands. */
const TEST_BUILD = "asm/testkit/crypto/entry.ts";
/** What the TPM uses, and nothing else. */
export const PUBLIC_BUILD = "asm/testkit/crypto/public.ts";

/**
 * The WASM file of an entry.
 * @param entry path from the project's folder
 */
export async function compileKernels(entry = TEST_BUILD, build = buildUnderTest()): Promise<Uint8Array<ArrayBuffer>> {
  const options = build === "relaxed" ? ["--enable", "relaxed-simd"] : [];
  const file = join(cache, `${hashOfSources([entry, ...options])}.wasm`);
  const cached = readIfThere(file) ?? (await builtByAnother(file));
  if (cached) return cached;
  // The compiler takes longer to load than most test files to run.
  const { default: asc } = await import("assemblyscript/asc");
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main([entry, "--baseDir", root, "--outFile", "kernels.wasm", ...options], {
    writeFile: (_name, contents) => {
      wasm = contents as Uint8Array;
    },
  });
  if (error || !wasm) rmSync(`${file}.lock`, { force: true });
  if (error || !wasm) throw new Error(`asc can't compile ${entry}:\n${stderr.toString()}`, { cause: error });
  // Should two builds have got here, each writes a file of its own, and the rename is atomic.
  const own = `${file}.${process.pid}.${Date.now()}`;
  writeFileSync(own, wasm);
  renameSync(own, file);
  rmSync(`${file}.lock`, { force: true });
  return new Uint8Array(wasm);
}

/**
 * Several test files start at once: the first makes the lock and builds, the others wait for it. A lock older than two
 * minutes was left by a build that died.
 */
async function builtByAnother(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  mkdirSync(cache, { recursive: true });
  const lock = `${file}.lock`;
  for (;;) {
    try {
      writeFileSync(lock, "", { flag: "wx" });
      return readIfThere(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const cached = readIfThere(file);
    if (cached) return cached;
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > 120_000) return undefined;
  }
}

function hashOfSources([entry, ...options]: [string, ...string[]]): string {
  const hash = createHash("sha256")
    .update([entry, ...options].join("\0"))
    .update("\0");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(folder, name));
  const files = [
    ...sources,
    join(root, entry),
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
