// TypeScript for a benchmark, as long as its process lives.
import { createServer } from "vite";

/**
 * Imports a TypeScript module and what it imports. Unlike Vite's runnerImport it may import more later: the kernels' compiler is
 * loaded where there is something to compile.
 * @param {string} root the project's folder that the module is in
 * @param {string} file
 */
export async function importModule(root, file) {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "warn",
    appType: "custom",
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  return server.ssrLoadModule(file);
}
