/** `tabtpm` in a process of its own, for tests. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const TABTPM = fileURLToPath(new URL("../bin/tabtpm.mjs", import.meta.url));

export interface TabtpmProcess {
  child: ChildProcess;
  /** Of the line that says where it listens: all numbers after a colon. */
  ports: number[];
  /** That line. */
  line: string;
  /** Ends it, and resolves with its exit code; null when the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Resolves when it listens. @throws Error with what it said on standard error, when it ends before. */
export async function startTabtpm(...args: string[]): Promise<TabtpmProcess> {
  const child = spawn(process.execPath, [TABTPM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  const ended = once(child, "exit");
  const line = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      output += text.toString();
      const found = /^tabtpm: (?:TPM commands on |control on |.* is bridged at ).*$/m.exec(output);
      if (found) resolve(found[0]);
    });
    void ended.then(([code]) => reject(new Error(`tabtpm ended with ${code}: ${errors}`)));
  });
  const said = await line;
  const ports = [...said.matchAll(/:(\d+)/g)].map(([, port]) => Number(port));
  return {
    child,
    ports,
    line: said,
    async end(signal) {
      child.kill(signal);
      const [code] = await ended;
      return code as number | null;
    },
  };
}

const run = promisify(execFile);

/** Runs a program that must succeed, and returns its standard output. */
export async function output(program: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(program, args, { env: { ...process.env, ...env }, timeout: 60_000 });
  return stdout;
}

/** `tabtpm socket` with its control channel on the port after the commands', as tpm2-tss expects. @returns its TCTI. */
export async function startForTools(...options: string[]): Promise<{ server: TabtpmProcess; tcti: string }> {
  for (let port = 20_000 + (process.pid % 20_000); ; port += 2) {
    try {
      const ports = ["--server", `type=tcp,port=${port}`, "--ctrl", `type=tcp,port=${port + 1}`];
      const server = await startTabtpm("socket", "--tpm2", ...options, ...ports);
      return { server, tcti: `swtpm:host=127.0.0.1,port=${port}` };
    } catch (error) {
      if (!String(error).includes("in use by another program")) throw error;
    }
  }
}
