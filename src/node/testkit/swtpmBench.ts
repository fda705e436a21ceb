/** A TPM of swtpm's with certificates that swtpm_setup made, in a folder to work in, for tests. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export class SwtpmBench {
  readonly folder: string;
  readonly tcti: string;
  readonly #server: ChildProcess;

  private constructor(folder: string, tcti: string, server: ChildProcess) {
    this.folder = folder;
    this.tcti = tcti;
    this.#server = server;
  }

  /** @param setup more of swtpm_setup's options: "--ecc" */
  static async start(...setup: string[]): Promise<SwtpmBench> {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-swtpm-"));
    const at = (name: string) => join(folder, name);
    // A CA of its own: the machine's is nobody's business.
    const authority = [
      `statedir = ${folder}`,
      `signingkey = ${at("signkey.pem")}`,
      `issuercert = ${at("issuercert.pem")}`,
      `certserial = ${at("certserial")}`,
    ];
    await writeFile(at("localca.conf"), `${authority.join("\n")}\n`);
    await writeFile(
      at("localca.options"),
      "--platform-manufacturer tests\n--platform-version 1\n--platform-model bench\n",
    );
    const tools = [
      "create_certs_tool = /usr/bin/swtpm_localca",
      `create_certs_tool_config = ${at("localca.conf")}`,
      `create_certs_tool_options = ${at("localca.options")}`,
    ];
    await writeFile(at("setup.conf"), `${tools.join("\n")}\n`);
    const make = ["--tpm2", "--createek", "--create-ek-cert", "--overwrite"];
    await run("swtpm_setup", ["--config", at("setup.conf"), "--tpmstate", folder, ...make, ...setup]);
    const { tcti, server } = await startSwtpmForTools(folder);
    return new SwtpmBench(folder, tcti, server);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Runs lines of bash in the folder, where each must succeed. @returns their standard output */
  async sh(script: string): Promise<string> {
    const flush = "flush() { tpm2_flushcontext -t; tpm2_flushcontext -l; tpm2_flushcontext -s; }; trap flush EXIT";
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", `${flush}\n${script}`], {
      cwd: this.folder,
      env: { ...process.env, TPM2TOOLS_TCTI: this.tcti, TMPDIR: this.folder },
      timeout: 120_000,
    });
    return stdout;
  }

  /** Whether the lines succeed. */
  async succeeds(script: string): Promise<boolean> {
    return this.sh(script).then(
      () => true,
      () => false,
    );
  }

  async end(): Promise<void> {
    const ended = once(this.#server, "exit");
    this.#server.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** swtpm on the state of a folder, started up, with its control channel on the port after the commands', as tpm2-tss expects. */
export async function startSwtpmForTools(folder: string): Promise<{ server: ChildProcess; tcti: string }> {
  for (let port = 40_000 + (process.pid % 9_000) * 2; ; port += 2) {
    const channels = ["--server", `type=tcp,port=${port}`, "--ctrl", `type=tcp,port=${port + 1}`];
    const options = ["--tpmstate", `dir=${folder}`, ...channels, "--flags", "not-need-init,startup-clear"];
    const server = spawn("swtpm", ["socket", "--tpm2", ...options], { stdio: "ignore" });
    const ended = once(server, "exit").then(() => false);
    // It ends where another program has one of the two.
    if (await Promise.race([ended, listens(port + 1, server)]))
      return { server, tcti: `swtpm:host=127.0.0.1,port=${port}` };
  }
}

/** Its control port, which any number may try; there is nothing that says when it listens. */
async function listens(port: number, server: ChildProcess): Promise<boolean> {
  while (server.exitCode === null) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return true;
    await sleep(20);
  }
  return false;
}
