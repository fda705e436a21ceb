import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/**
 * Bundles a TypeScript module for a child process or worker of a test: Node 20 runs no TypeScript.
 * @param entry of the module to bundle.
 * @param outDir a temporary folder of the test's own.
 * @returns the path of the bundle, an ES module.
 */
export async function bundleForNode(entry: URL, outDir: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: fileURLToPath(entry),
      outDir,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: "[name].mjs" } },
    },
  });
  const name = fileURLToPath(entry)
    .replace(/.*[\\/]/, "")
    .replace(/\.ts$/, ".mjs");
  return join(outDir, name);
}
