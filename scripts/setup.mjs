// Brings a fresh clone to the point where dependencies are there. Only Node's built-ins: it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { nodeProblem } from "../src/node/bin/node.mjs";
import { root } from "./root.mjs";

export { root };

/** A failure whose message is for the user as it stands: no stack trace. */
export class UserError extends Error {}

/** The end of a command that was only asked how it is called. */
class HelpAsked extends Error {}

/**
 * What a command was called with, by the options of util.parseArgs; `--help` and `-h` are known to all.
 * @param usage what `--help` prints, and what follows the words on a wrong option
 * @throws UserError for what is no option, lacks its value, or is one word too many
 */
export function readCommandLine(usage, options, { allowPositionals = false, args = process.argv.slice(2) } = {}) {
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals, options: { ...options, help: { type: "boolean", short: "h" } } });
  } catch (error) {
    throw new UserError(`${error.message}\n${usage}`);
  }
  if (parsed.values.help) throw new HelpAsked(usage);
  return parsed;
}

/** Runs the body of a command: a {@link UserError} is printed as it is, anything else with its stack; exit code 1. */
export async function runCommand(body) {
  try {
    await body();
  } catch (error) {
    if (error instanceof HelpAsked) {
      console.log(error.message);
      return;
    }
    console.error(error instanceof UserError ? `\ntabtpm: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/**
 * Runs a program without a shell, its output shown, its exit awaited.
 * @returns the exit code; a signal counts as 1.
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/**
 * npm's own entry script, so that it runs under this Node without a shell (on Windows `npm` is a .cmd file).
 * @returns {[program: string, args: string[]]}
 */
export function npmCommand() {
  const bin = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    join(bin, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(bin, "node_modules", "npm", "bin", "npm-cli.js"),
    "/usr/share/nodejs/npm/bin/npm-cli.js",
  ];
  const script = candidates.find((path) => path?.endsWith("npm-cli.js") && existsSync(path));
  return script ? [process.execPath, [script]] : ["npm", []];
}

const stamp = join(root, "node_modules", ".tabtpm-lock");

/** In the stamp: of the lock file whose packages are there. */
const lockHash = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");

/** @returns whether what package-lock.json names is installed */
export const areDependenciesInstalled = () => existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash();

/** Installs what package-lock.json names, unless just that is installed already. */
export async function ensureDependencies() {
  const problem = nodeProblem();
  if (problem !== undefined) throw new UserError(problem);
  if (areDependenciesInstalled()) return;
  const hash = lockHash();
  console.error("tabtpm: installing dependencies (npm install) ...");
  const [program, args] = npmCommand();
  // Not `npm ci`: it refuses a lock file that lacks another platform's optional binaries. --no-save leaves the lock as it is.
  // What npm was told when it started this, as `npm pack --dry-run --json`, is not meant for this one.
  const own = ["--no-save", "--include=dev", "--no-fund", "--no-audit", "--no-dry-run", "--no-json", "--no-global"];
  const code = await run(program, [...args, "install", ...own], { stdio: ["ignore", 2, 2] });
  if (code !== 0) {
    throw new UserError(
      "npm install failed (its output is above). Check the connection to the npm registry, then run the same command again.",
    );
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
