/** The servers for other people's clients, and those clients' command lines, for tests. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startForTools, startTabtpm, type TabtpmProcess } from "./process.ts";

export type Protocol = "swtpm" | "mssim";

export interface Served {
  server: TabtpmProcess;
  /** What tpm2-tss calls it. */
  tcti: string;
}

/** A TPM in a process of its own, whose state lies in this folder. */
export async function serve(protocol: Protocol, state: string): Promise<Served> {
  if (protocol === "mssim") {
    const server = await startTabtpm("simulator", "--port", "0", "--state", state);
    return { server, tcti: `mssim:host=127.0.0.1,port=${server.ports[0]}` };
  }
  return startForTools("--tpmstate", `dir=${state}`, "--flags", "not-need-init");
}

const run = promisify(execFile);

/** A started TPM and a folder to work in with shell commands. */
export class Workbench {
  readonly folder: string;
  /** What the clients' libraries and tools read, beside this process's environment. */
  readonly env: {
    TPM2TOOLS_TCTI: string;
    TPM2OPENSSL_TCTI: string;
    TMPDIR: string;
    TSS2_FAPICONF?: string;
    TSS2_LOG?: string;
  };
  readonly #served: Served;

  private constructor(folder: string, served: Served) {
    this.folder = folder;
    this.#served = served;
    this.env = { TPM2TOOLS_TCTI: served.tcti, TPM2OPENSSL_TCTI: served.tcti, TMPDIR: folder };
  }

  static async start(protocol: Protocol): Promise<Workbench> {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-clients-"));
    const state = join(folder, "state");
    await mkdir(state);
    const bench = new Workbench(folder, await serve(protocol, state));
    await bench.sh("tpm2_startup -c");
    return bench;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /**
   * Runs lines of bash in the folder, where each must succeed. `flush` takes all objects and sessions out of the TPM,
   * which happens at the end as well.
   * @returns their standard output.
   * @throws Error with what they said on standard error.
   */
  async sh(script: string): Promise<string> {
    // Without a resource manager objects and sessions stay loaded until somebody flushes them.
    const flush = "flush() { tpm2_flushcontext -t; tpm2_flushcontext -l; tpm2_flushcontext -s; }; trap flush EXIT";
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", `${flush}\n${script}`], {
      cwd: this.folder,
      env: { ...process.env, ...this.env },
      timeout: 120_000,
    });
    return stdout;
  }

  /** @returns the exit code of the server: 0 when all is well. */
  async end(): Promise<number | null> {
    const code = await this.#served.server.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
    return code;
  }
}
