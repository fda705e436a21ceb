// Other programs as subjects: started, measured by what Linux knows of them, ended.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { npmCommand, root, run, UserError } from "../scripts/setup.mjs";

/** Whether a program of this name is on the path. */
export const isOnPath = (program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** @throws UserError where CPU times can't be had */
export function requireProc() {
  if (process.platform !== "linux") throw new UserError("CPU times are read from /proc, which only Linux has.");
}

/**
 * Packs the package of a clone and installs it, as its users have it.
 * @param {string} folder an empty one, for the tarball and the project that it is installed in
 * @returns {Promise<string>} the command's file
 */
export async function installed(folder, clone = root) {
  const [npm, args] = npmCommand();
  const quiet = { stdio: ["ignore", "ignore", 2] };
  await run(npm, [...args, "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], {
    ...quiet,
    cwd: clone,
  });
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true }');
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined)
    throw new UserError(`the package of ${clone} could not be packed; npm's messages are above.`);
  const options = ["--prefer-offline", "--no-audit", "--no-fund"];
  const code = await run(npm, [...args, "install", ...options, join(folder, tarball)], { ...quiet, cwd: project });
  if (code !== 0) throw new UserError("the package could not be installed; npm's messages are above.");
  return join(project, "node_modules/tabtpm/src/node/bin/tabtpm.mjs");
}

/** Of the children that have ended, in milliseconds. */
function cpuOfChildren() {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(13, 15)
    .map(Number);
  // Ticks of a hundredth of a second; the sum over many children is exact.
  return (user + system) * 10;
}

/**
 * Of all threads of a process that lives, in microseconds.
 * @param {number} pid
 */
export function cpuOf(pid) {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1000;
}

/**
 * What a process that lives has in memory, KiB.
 * @param {number} pid
 */
export const residentOf = (pid) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

/**
 * Runs a program to its end, alone: CPU time is what all children of this process have used meanwhile.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ wall: number, cpu: number }>} milliseconds
 */
export async function runToEnd(program, args) {
  const cpu = cpuOfChildren();
  const start = performance.now();
  const child = spawn(program, args, { stdio: "ignore" });
  const [code] = await once(child, "exit");
  const wall = performance.now() - start;
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
  return { wall, cpu: cpuOfChildren() - cpu };
}
