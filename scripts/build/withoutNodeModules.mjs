/** v86 imports these in Node only; without this the build warns that browsers have none of them. */
const nodeModulesOfV86 = new Set(["fs", "crypto", "node:crypto", "node:fs/promises", "perf_hooks"]);
const EMPTY_MODULE = "\0tabtpm:not-in-browsers";

/** For the page and for the element. @returns {import("vite").Plugin} */
export function withoutNodeModules() {
  return {
    name: "tabtpm:without-node-modules",
    enforce: "pre",
    resolveId: (id, importer) => (nodeModulesOfV86.has(id) && importer?.includes("libv86") ? EMPTY_MODULE : null),
    load: (id) => (id === EMPTY_MODULE ? "export default {};" : null),
  };
}
