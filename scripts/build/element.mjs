/**
 * Bundles `<tab-tpm>` into one module with its styles inside, and puts beside it what it loads: the TPM's worker, the TPM's and v86's
 * WASM, and in modules of their own what an element may never need: German, lessons, the search. Their names stay, since pages copy
 * them. Prints the size.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, runnerImport } from "vite";
import { root } from "../root.mjs";
import { withoutNodeModules } from "./withoutNodeModules.mjs";

const element = join(root, "web/element");
const outDir = join(root, "dist/element");
const PART = "tab-tpm";
const NAME = `${PART}.js`;

/** xterm.js gets the element's document in the place of the page's; see web/element/xtermDocument.ts. */
function ownDocument() {
  const place = JSON.stringify(join(element, "xtermDocument.ts"));
  return {
    name: "tabtpm:own-document",
    transform(code, id) {
      if (!/@xterm\/xterm\/lib\/xterm\.mjs$/.test(id)) return null;
      // It asks for the window's in one place, whatever it was given.
      const own = code.replaceAll("window.document", "document");
      return { code: `import { xtermDocument as document } from ${place};\n${own}`, map: null };
    },
  };
}

// Node may be too old for TypeScript; Vite reads it.
const { module: plugin } = await runnerImport(join(root, "scripts/lessons/plugin.ts"));

rmSync(outDir, { recursive: true, force: true });
await build({
  root,
  configFile: false,
  logLevel: "warn",
  publicDir: false,
  // What lies beside the module is found beside it, wherever that is.
  base: "./",
  plugins: [withoutNodeModules(), ownDocument(), plugin.lessons()],
  worker: {
    format: "es",
    rolldownOptions: { output: { entryFileNames: "tab-tpm-worker.js", assetFileNames: "[name][extname]" } },
  },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: "licenses.md" },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: join(element, "index.ts"),
      preserveEntrySignatures: "allow-extension",
      output: {
        entryFileNames: NAME,
        // What an element may never need, such as a lesson, is fetched when it does.
        chunkFileNames: ({ name }) =>
          name === PART ? NAME : name.startsWith("lesson-") ? `lessons/${name}.js` : `${PART}-${name}.js`,
        // All else is one file.
        codeSplitting: { groups: [{ name: PART, test: /\/web\/element\/index\.ts$/ }] },
        assetFileNames: "[name][extname]",
      },
      checks: { pluginTimings: false },
    },
  },
});

const types = readFileSync(join(element, "publicTypes.ts"), "utf8").replace("../../src/index.ts", "tabtpm");
writeFileSync(
  join(outDir, "tab-tpm.d.ts"),
  `${types}\nexport declare const TabTpm: { new (): TabTpmElement; prototype: TabTpmElement };\n`,
);
const script = readFileSync(join(outDir, NAME));
console.error(`tabtpm: ${NAME} has ${script.length} bytes, ${gzipSync(script).length} with gzip`);
