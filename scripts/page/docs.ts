/** The guide beside the page: `npm run docs` makes it, and who has not run it has a page without a link to it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

/** @param folder where `npm run docs` puts the site, there or not; below `docs/` of the built page it has the same files */
export function docsBeside(folder: string): Plugin {
  const isThere = existsSync(join(folder, "index.html"));
  return {
    name: "tabtpm:docs-beside",
    apply: "build",
    config: () => ({ define: { "import.meta.env.TABTPM_DOCS": JSON.stringify(isThere) } }),
    generateBundle() {
      if (!isThere) return;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const name = relative(folder, path).split(sep).join("/");
        this.emitFile({ type: "asset", fileName: `docs/${name}`, source: readFileSync(path) });
      }
    },
  };
}
