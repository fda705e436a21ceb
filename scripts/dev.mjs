// `npm run dev`: builds, runs the unit tests, and goes on: when a source changes, what is built from it is built anew, and the
// tests that it concerns run again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { join } from "node:path";
import { isSource } from "./build/inputs.mjs";
import { build } from "./build.mjs";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: npm run dev -- [--page] [FILTER ...]
Runs the unit tests, those whose path has a FILTER in it, again at each change. Ctrl-C ends it.
  --page   also serves the page, from its sources, on loopback`;

/** An editor writes a file in several steps. */
const SETTLED_MS = 300;
const WATCHED = ["src", "asm"];

/** Builds one after the other; what changes meanwhile is built next. */
class Builder {
  #timer;
  #building;
  #hasChanged = false;
  #isStopped = false;

  change() {
    this.#hasChanged = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#building ??= this.#build().finally(() => {
        this.#building = undefined;
      });
    }, SETTLED_MS);
  }

  /** Begins nothing any more. Resolves when what was begun has ended: nobody else builds meanwhile. */
  async stop() {
    this.#isStopped = true;
    await this.#building;
  }

  async #build() {
    while (this.#hasChanged && !this.#isStopped) {
      this.#hasChanged = false;
      try {
        await build({ withPage: false });
      } catch (error) {
        // The next change may put it right.
        if (!this.#isStopped) console.error(error instanceof UserError ? `tabtpm: ${error.message}` : error);
      }
    }
  }
}

function watchSources(builder) {
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
  const { values, positionals } = readCommandLine(USAGE, { page: { type: "boolean" } }, { allowPositionals: true });
  await build({ withPage: false });
  const builder = new Builder();
  watchSources(builder);
  if (values.page) await servePage();
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const tests = spawn(
    process.execPath,
    [vitest, "watch", "--project", "unit", "--project", "machines", ...positionals],
    {
      cwd: root,
      stdio: "inherit",
    },
  );
  // It ends by Ctrl-C or its own "q", and so does this.
  process.on("SIGINT", () => void builder.stop());
  const [code] = await once(tests, "exit");
  await builder.stop();
  process.exit(code ?? 0);
});
