/**
 * Bundles each command into one module in dist/commands, and the TPM's worker for Node into one in dist/engine: hundreds of modules
 * take long to find, and a process that may open few files at once can't.
 */
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { build } from "vite";
import { root } from "../root.mjs";

const source = join(root, "src");
const dist = join(root, "dist");

const COMMAND = "node/cli.ts";

/** Output below dist/ -> its entry below src/. */
const bundles = {
  "commands/tabtpm.js": COMMAND,
  "commands/attest.js": "node/attest/command.ts",
  "commands/boot.js": "node/boot.ts",
  "commands/bridge.js": "node/bridge/command.ts",
  "commands/captureFile.js": "node/captureFile.ts",
  "commands/commandLog.js": "node/socket/commandLog.ts",
  "commands/fleet.js": "node/fleet/command.ts",
  "commands/history.js": "node/history.ts",
  "commands/importSwtpm.js": "node/importSwtpm/command.ts",
  "commands/info.js": "node/socket/info.ts",
  "commands/inspect.js": "node/inspect.ts",
  "commands/installSwtpm.js": "node/installSwtpm.ts",
  "commands/ioctl.js": "node/socket/ioctl.ts",
  "commands/print.js": "node/socket/print.ts",
  "commands/provision.js": "node/provision/command.ts",
  "commands/simulator.js": "node/simulator/command.ts",
  "commands/socket.js": "node/socket/command.ts",
  "commands/socketServer.js": "node/socket/serve.ts",
  "commands/startupError.js": "node/socket/startupError.ts",
  "commands/verify.js": "node/verify/command.ts",
  "engine/workerNode.js": "engine/workerNode.ts",
};

/** In node_modules, for the library's sake; pg, because it looks there for what it may have beside it; scrypt in script, because Node has its own. */
const external = ["v86", "pg", "@noble/hashes/scrypt.js"];

const slashes = (path) => path.replaceAll("\\", "/");

/** A module looks for files beside itself: in a bundle, that is still where the compiler puts it. */
function keepPlaces(output) {
  const from = dirname(join(dist, output));
  return {
    name: "tabtpm:keep-places",
    transform(code, id) {
      if (!id.startsWith(source) || !code.includes("import.meta.url")) return null;
      const place = join(dist, relative(source, id)).replace(/\.ts$/, ".js");
      const url = `new URL(${JSON.stringify(slashes(relative(from, place)))}, import.meta.url).href`;
      return { code: code.replaceAll("import.meta.url", url), map: null };
    },
  };
}

/** Another bundle is loaded where its module is when nothing is bundled. */
const otherBundles = (entry) => ({
  name: "tabtpm:other-bundles",
  enforce: "pre",
  resolveId(specifier, importer) {
    if (!importer?.startsWith(source) || !specifier.startsWith(".")) return null;
    const module = join(dirname(importer), specifier);
    const found = Object.entries(bundles).find(([, other]) => other !== entry && join(source, other) === module);
    return found ? { id: `./${basename(found[0])}`, external: true } : null;
  },
});

/** White space goes; names, which say something in a stack trace, are worth more than some kilobytes. */
const PACKED = { compress: false, mangle: { toplevel: false, keepNames: true }, codegen: { removeWhitespace: true } };

/** Which modules a bundle has in it, a line each: for who wants to know what a command loads. */
const sourcesAtTheEnd = {
  name: "tabtpm:sources",
  generateBundle(_options, files) {
    for (const chunk of Object.values(files)) {
      if (chunk.type !== "chunk") continue;
      const sources = chunk.moduleIds
        .filter((id) => id.startsWith(root))
        .map((id) => `// ${slashes(relative(root, id))}\n`);
      chunk.code = `${chunk.code.trimEnd()}\n${sources.join("")}`;
    }
  },
};

for (const [output, entry] of Object.entries(bundles)) {
  const [folder, name] = [join(dist, dirname(output)), basename(output)];
  const licenses = name.replace(/\.js$/, ".licenses.md");
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [otherBundles(entry), keepPlaces(output), sourcesAtTheEnd],
    ssr: { noExternal: true, external },
    build: {
      ssr: join(source, entry),
      outDir: folder,
      emptyOutDir: false,
      target: "node20",
      minify: false,
      license: { fileName: licenses },
      rolldownOptions: {
        // What is imported for a name that nothing uses is left out, v86 among it.
        treeshake: { moduleSideEffects: (id) => !external.includes(id) && !id.startsWith(source) },
        output: { entryFileNames: name, codeSplitting: false, comments: false, minify: PACKED },
        checks: { pluginTimings: false },
      },
    },
  });
  // Most have nothing in them but this project's own.
  const notices = join(folder, licenses);
  if (!/^## /m.test(readFileSync(notices, "utf8"))) rmSync(notices);
}
