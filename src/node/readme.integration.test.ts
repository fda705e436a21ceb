// The README's examples run as they are pasted, but for the folder of the TPM's state.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```js\n(.*?)```/gs)].map(
  ([, code]) => code,
);

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-readme-"));
});
afterEach(async () => {
  if (child?.exitCode === null) {
    const exited = new Promise((resolve) => child?.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Runs an example from a file of the clone, where `import "tabtpm"` finds this package, until its output matches. */
function outputOf(example: string | undefined, until: RegExp): Promise<string> {
  const file = join(root, "dist", `readme-${process.pid}.mjs`);
  writeFileSync(file, (example ?? "").replaceAll('"my-tpm"', JSON.stringify(join(folder, "my-tpm"))));
  const running = spawn(process.execPath, [file], { cwd: root });
  child = running;
  return new Promise((resolve, reject) => {
    let output = "";
    const look = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (until.test(output)) resolve(output);
    };
    running.stdout.on("data", look);
    running.stderr.on("data", look);
    running.on("close", (code) => {
      rmSync(file, { force: true });
      reject(new Error(`the example ended with code ${code} and printed:\n${output}`));
    });
  });
}

test("the README has two examples", () => {
  expect(examples).toHaveLength(2);
});

test("the first boots Linux with a TPM to its prompt", async () => {
  const output = await outputOf(examples[0], /tabtpm# $/);
  expect(output).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
});

test("the second starts a TPM up, and gets random octets", async () => {
  expect(await outputOf(examples[1], /\]/)).toMatch(/Uint8Array\(8\) \[(\s*\d+,?){8}\s*\]/);
});
