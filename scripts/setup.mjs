// Brings a fresh clone to the point where dependencies are there. Only Node's built-ins: it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const MINIMUM_NODE = [20, 19];

/** A failure whose message is for the user as it stands: no stack trace. */
export class UserError extends Error {}

/** Runs the body of a command: a {@link UserError} is printed as it is, anything else with its stack; exit code 1. */
export async function runCommand(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof UserError ? `\ntabtpm: ${error.message}` : error);
    process.exitCode = 1;
  }
}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    throw new UserError(
      `Node ${process.versions.node} is too old: version ${MINIMUM_NODE.join(".")} or newer is needed (https://nodejs.org).`,
    );
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

/** npm's own entry script, so that it runs under this Node without a shell (on Windows `npm` is a .cmd file). */
function npmCommand() {
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

/** Installs what package-lock.json names, unless just that is installed already. */
export async function ensureDependencies() {
  checkNode();
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".tabtpm-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.log("tabtpm: installing dependencies (npm install) ...");
  const [program, args] = npmCommand();
  // Not `npm ci`: it refuses a lock file that lacks another platform's optional binaries. --no-save leaves the lock as it is.
  const code = await run(program, [...args, "install", "--no-save", "--include=dev", "--no-fund", "--no-audit"]);
  if (code !== 0) {
    throw new UserError(
      "npm install failed (its output is above). Check the connection to the npm registry, then run the same command again.",
    );
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}
