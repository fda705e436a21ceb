// `npm run dev [-- --page] [FILTER ...]`: builds, runs the unit tests (those whose path has a FILTER in it), and goes on: when a source
// changes, what is built from it is built anew, and the tests that it concerns run again. Ctrl-C ends it.
//   --page   also serves the page, from its sources, on loopback
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isSource } from "./build/inputs.mjs";
import { build } from "./build.mjs";
import { root, runCommand, UserError } from "./setup.mjs";

/** An editor writes a file in several steps. */
const SETTLED_MS = 300;
const WATCHED = ["src", "asm"];

/** Builds one after the other; what changes meanwhile is built next. */
class Builder {
  #timer;
  #isBuilding = false;
  #hasChanged = false;

  change() {
    this.#hasChanged = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#build(), SETTLED_MS);
  }

  async #build() {
    if (this.#isBuilding) return;
    this.#isBuilding = true;
    while (this.#hasChanged) {
      this.#hasChanged = false;
      try {
        await build({ withPage: false });
      } catch (error) {
        // The next change may put it right.
        console.error(error instanceof UserError ? `tabtpm: ${error.message}` : error);
      }
    }
    this.#isBuilding = false;
  }
}

function watchSources() {
  const builder = new Builder();
  for (const folder of WATCHED) {
    watch(join(root, folder), { recursive: true }, (_, name) => {
      if (name !== null && isSource(`${folder}/${name.replaceAll("\\", "/")}`)) builder.change();
    });
  }
}

async function servePage() {
  const { createServer } = await import("vite");
  const server = await createServer({ root, logLevel: "warn" });
  await server.listen();
  console.error(`tabtpm: the page is at ${server.resolvedUrls?.local[0]}`);
}

await runCommand(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { page: { type: "boolean" } } });
  await build({ withPage: false });
  watchSources();
  if (values.page) await servePage();
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const tests = spawn(process.execPath, [vitest, "watch", "--project", "unit", ...positionals], {
    cwd: root,
    stdio: "inherit",
  });
  // It ends by Ctrl-C or its own "q", and so does this.
  tests.on("exit", (code) => process.exit(code ?? 0));
  process.on("SIGINT", () => {});
});
