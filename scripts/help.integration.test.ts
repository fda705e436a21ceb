import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { root } from "./root.mjs";

const run = promisify(execFile);

/** The scripts that npm knows by a name and that are files of this project's, with those that are run by path. */
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
const named = Object.entries(scripts).flatMap(([name, command]) => {
  const file = /^node ((?:scripts|bench)\/[\w.-]+\.mjs)$/.exec(command)?.[1];
  return file === undefined
    ? []
    : [{ file, call: name === "start" || name === "test" ? `npm ${name}` : `npm run ${name}` }];
});
const all = [...named, { file: "scripts/tpm2-tools-suite.mjs", call: "node scripts/tpm2-tools-suite.mjs" }];

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function end(file: string, ...args: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await run(process.execPath, [join(root, file), ...args], { cwd: root });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}

it("are all found", () => {
  expect(named.map(({ call }) => call)).toEqual(
    expect.arrayContaining([
      "npm start",
      "npm test",
      "npm run dev",
      "npm run mutate",
      "npm run soak",
      "npm run bench:tpm",
    ]),
  );
});

describe.each(all)("$call", ({ file, call }) => {
  it.each(["--help", "-h"])("%s prints how it is called, and does nothing else", async (option) => {
    const { code, stdout, stderr } = await end(file, option);
    expect(stdout.startsWith(`usage: ${call}`)).toBe(true);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("says in words what is no option of it, and how it is called", async () => {
    const { code, stdout, stderr } = await end(file, "--no-such-option");
    expect(stderr).toMatch(/^\ntabtpm: Unknown option '--no-such-option'/);
    expect(stderr).toContain(`usage: ${call}`);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });
});
