import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, defineConfig, type Plugin } from "vite";
import { withoutNodeModules } from "./scripts/build/withoutNodeModules.mjs";
import { lessons } from "./scripts/lessons/plugin.ts";
import { compressFolder } from "./scripts/page/compress.ts";
import { docsBeside } from "./scripts/page/docs.ts";
import { writeRelease } from "./scripts/page/offline.ts";
import { serveFiles } from "./scripts/page/serve.ts";
import { shrinkWasm } from "./scripts/page/shrinkWasm.ts";
import { stripWasm } from "./scripts/page/stripWasm.ts";
import { BRIDGE_PAGE, bridgeHeaders, bridgePolicy, metaPolicy, securityHeaders } from "./web/security.ts";

const guest = fileURLToPath(new URL("guest/", import.meta.url));
/** What of guest/ is published beside the page: the licences go wherever the images go. */
const published = ["manifest.json", "images", "licenses"];

function* filesBelow(path: string): Generator<string> {
  if (!statSync(join(guest, path)).isDirectory()) yield path;
  else for (const name of readdirSync(join(guest, path)).sort()) yield* filesBelow(`${path}/${name}`);
}

/** The hash's first digits in a file's name: enough to tell any two versions apart. */
const HASH_DIGITS = 16;

/** An image's name in the build has its hash in it, so that a cache may keep it for ever: bzImage -> bzImage-0123456789abcdef. */
function hashedName(file: string, sha256: string): string {
  const end = extname(file);
  return `${file.slice(0, file.length - end.length)}-${sha256.slice(0, HASH_DIGITS)}${end}`;
}

/** The manifest with the names that {@link hashedName} gives, and who has which. */
function hashedManifest(): { manifest: string; names: Map<string, string> } {
  const manifest = JSON.parse(readFileSync(join(guest, "manifest.json"), "utf8"));
  const names = new Map<string, string>();
  for (const image of [...Object.values(manifest.images), ...Object.values(manifest.archives ?? {})]) {
    const entry = image as { file: string; sha256: string };
    const name = hashedName(entry.file, entry.sha256);
    names.set(entry.file, name);
    entry.file = name;
  }
  return { manifest: `${JSON.stringify(manifest)}\n`, names };
}

/** Serves the guest at `guest/` beside the page, and copies it into the production build. */
function guestImages(): Plugin {
  return {
    name: "tabtpm:guest-images",
    configureServer(server) {
      server.middlewares.use("/guest", (request, response, next) => {
        const path = (request.url ?? "").slice(1).split("?")[0] ?? "";
        const isPublished = published
          .filter((name) => existsSync(join(guest, name)))
          .flatMap((name) => [...filesBelow(name)]);
        if (!isPublished.includes(path)) return next();
        response.setHeader("Content-Type", path.endsWith(".json") ? "application/json" : "application/octet-stream");
        createReadStream(join(guest, path)).pipe(response);
      });
    },
    generateBundle() {
      const { manifest, names } = hashedManifest();
      this.emitFile({ type: "asset", fileName: "guest/manifest.json", source: manifest });
      for (const [file, name] of names) {
        const source = readFileSync(join(guest, "images", file));
        this.emitFile({ type: "asset", fileName: `guest/images/${name}`, source });
      }
      for (const path of filesBelow("licenses")) {
        this.emitFile({ type: "asset", fileName: `guest/${path}`, source: readFileSync(join(guest, path)) });
      }
    },
  };
}

/** Takes names and debugging information out of the emulator's module, more than a fifth of it, and what can be said shorter. */
function strippedEmulator(): Plugin {
  return {
    name: "tabtpm:stripped-emulator",
    async generateBundle(_, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== "asset" || !/(^|\/)v86-[^/]*\.wasm$/.test(output.fileName)) continue;
        output.source = await shrinkWasm(stripWasm(Buffer.from(output.source)));
      }
    },
  };
}

const outDir = fileURLToPath(new URL("dist/web/", import.meta.url));

/** The service worker, as one classic script: not every browser has modules there. */
async function builtWorker(): Promise<string> {
  const input = fileURLToPath(new URL("web/offline/worker.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, target: "es2022", rolldownOptions: { input, output: { format: "iife" } } },
  });
  if (Array.isArray(built) || !("output" in built)) throw new Error("The service worker was not built as one script.");
  const [script, ...others] = built.output;
  if (others.length > 0)
    throw new Error(`The service worker is to be one script, and has ${others.length} more files.`);
  return script.code;
}

/** Writes the service worker, compresses what was built, and serves it so. Other hosts find the compressed forms beside the files, or make their own. */
function compressedFiles(): Plugin {
  // That of the benchmark's page is another one.
  let folder = outDir;
  return {
    name: "tabtpm:compressed-files",
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir);
    },
    writeBundle: {
      order: "post",
      handler: async () => {
        if (existsSync(join(folder, "index.html")) && folder === resolve(outDir))
          writeRelease(folder, await builtWorker());
        compressFolder(folder);
      },
    },
    configurePreviewServer(server) {
      const own = { [BRIDGE_PAGE]: bridgeHeaders };
      server.middlewares.use(serveFiles({ root: folder, headers: securityHeaders, own }));
    },
  };
}

/** Writes the policy into the built page. The dev server needs inline styles and a WebSocket, so it goes without. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "tabtpm:content-security-policy",
    apply: "build",
    transformIndexHtml: (_, { path }) => [
      {
        tag: "meta",
        attrs: {
          "http-equiv": "Content-Security-Policy",
          content: path === `/${BRIDGE_PAGE}` ? bridgePolicy : metaPolicy,
        },
        injectTo: "head-prepend",
      },
    ],
  };
}

/** Two documents with one script: what a page may connect to is said in its document's head. */
function bridgeDocument(): Plugin {
  const own = fileURLToPath(new URL(".", import.meta.url));
  return {
    name: "tabtpm:bridge-document",
    apply: "build",
    // The benchmark's page is another one.
    config: ({ root = own }) =>
      resolve(root) === resolve(own)
        ? { build: { rolldownOptions: { input: { index: join(own, "index.html"), bridge: join(own, BRIDGE_PAGE) } } } }
        : {},
  };
}

export default defineConfig({
  // Relative addresses: the build can be hosted below any path.
  base: "./",
  plugins: [
    guestImages(),
    lessons(),
    docsBeside(fileURLToPath(new URL("dist/docs/", import.meta.url))),
    withoutNodeModules(),
    strippedEmulator(),
    bridgeDocument(),
    contentSecurityPolicy(),
    compressedFiles(),
  ],
  worker: { format: "es" },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    // Nothing as data: URL: connect-src 'self' would refuse to fetch it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true,
    // The notices that the bundled libraries' licences ask for.
    license: { fileName: "licenses.md" },
    // v86 and xterm.js are what they are; the page has no use for a part of them.
    chunkSizeWarningLimit: 1200,
    // On a busy machine it warns about the time that vite's own plugins take.
    rolldownOptions: {
      checks: { pluginTimings: false },
      // The first view, then the machine, each whole with what parts that are fetched later share with it: many small files are larger, compressed.
      output: {
        codeSplitting: {
          groups: [
            { name: "first", test: /\/web\/first\.tsx$/, priority: 2 },
            { name: "main", test: /\/web\/main\.tsx$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1", headers: { ...securityHeaders } },
});
