/** Processes of tests: run to their end, or until they say something. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What npm tells the scripts that it runs is not meant for the npm that a test runs. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const isNpms = (name: string) => /^npm_(package|lifecycle|config_local_prefix|command)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isNpms(name)));
}

export async function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  const child = spawn(program, args, { env: cleanEnvironment(), ...options, stdio: ["ignore", "pipe", "pipe"] });
  const outcome = collect(child);
  await once(child, "close");
  return { ...outcome, code: child.exitCode };
}

/** Standard output of a program that must succeed. @throws Error with all that it said when it did not. */
export async function output(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/**
 * Runs a program until its standard output matches; then it and the processes that it started get the signal.
 * @throws Error with all that it said when it ends before.
 */
export async function runUntil(
  program: string,
  args: readonly string[],
  until: RegExp,
  options: SpawnOptions & { signal?: never; end?: NodeJS.Signals } = {},
): Promise<Outcome> {
  const { end = "SIGTERM", ...others } = options;
  const child = spawn(program, args, {
    env: cleanEnvironment(),
    ...others,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const outcome = collect(child);
  const closed = once(child, "close");
  const hasSaidIt = await new Promise<boolean>((resolve, reject) => {
    child.on("error", reject);
    child.stdout!.on("data", () => until.test(outcome.stdout) && resolve(true));
    void closed.then(() => resolve(until.test(outcome.stdout)));
  });
  if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, end);
  await closed;
  if (hasSaidIt) return { ...outcome, code: child.exitCode };
  throw new Error(
    `${program} ${args.join(" ")} ended with ${child.exitCode} before it said ${until}:\n${outcome.stdout}${outcome.stderr}`,
  );
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const outcome = { stdout: "", stderr: "" };
  child.stdout?.on("data", (bytes: Buffer) => {
    outcome.stdout += bytes.toString();
  });
  child.stderr?.on("data", (bytes: Buffer) => {
    outcome.stderr += bytes.toString();
  });
  return outcome;
}
