// Runs other programs: no shell, arguments as an array, errors that show what the program said.
import { spawnSync } from "node:child_process";

/** The environment of every program the recipe runs: no locale, no time zone, nothing that could change a byte. */
const CLEAN = { LC_ALL: "C", TZ: "UTC" };

/**
 * Runs a program to its end and returns what it wrote to stdout.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, show?: boolean, input?: Uint8Array }} [options] `show` passes
 *   the program's output on to the terminal (and returns an empty buffer).
 * @returns {Buffer}
 * @throws Error when it can't be started or ends with anything but 0; the message holds the end of its stderr.
 */
export function run(program, args, { cwd, env, show = false, input } = {}) {
  const result = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...CLEAN, ...env },
    input,
    maxBuffer: 1 << 30,
    stdio: ["pipe", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
  });
  if (result.error) {
    const hint = result.error.code === "ENOENT" ? `: install it (apt-get install ${packageOf(program)})` : "";
    throw new Error(`cannot run ${program}${hint || `: ${result.error.message}`}`);
  }
  if (result.status !== 0) {
    const said = result.stderr?.toString().trim().split("\n").slice(-15).join("\n") ?? "";
    const how = result.status === null ? `was ended by ${result.signal}` : `ended with ${result.status}`;
    throw new Error(`${program} ${args.slice(0, 4).join(" ")} ... ${how}${said && `:\n${said}`}`);
  }
  return result.stdout ?? Buffer.alloc(0);
}

/** Debian package that brings a program, where the names differ. */
function packageOf(program) {
  return (
    { "apt-get": "apt", "apt-cache": "apt", "dpkg-deb": "dpkg", "dpkg-source": "dpkg-dev", tar: "tar xz-utils" }[
      program
    ] ?? program
  );
}
