/** Debian's swtpm in a process of its own that can be ended and started again, for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../../asm/testkit/swtpm.ts";

export interface SwtpmSettings {
  /** It has its power and its TPM2_Startup without a client's doing, as a chip that a host has booted with. */
  started?: boolean;
  unix?: boolean;
}

export class SwtpmProcess {
  readonly folder: string;
  /** As `--to` takes it. */
  readonly address: string;
  readonly #channels: readonly string[];
  readonly #settings: SwtpmSettings;
  #child: ChildProcess | undefined;

  private constructor(folder: string, address: string, channels: readonly string[], settings: SwtpmSettings) {
    this.folder = folder;
    this.address = address;
    this.#channels = channels;
    this.#settings = settings;
  }

  static async start(settings: SwtpmSettings = {}): Promise<SwtpmProcess> {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-swtpm-"));
    const swtpm = settings.unix ? inFolder(folder, settings) : await onPorts(folder, settings);
    await swtpm.launch();
    return swtpm;

    function inFolder(at: string, given: SwtpmSettings): SwtpmProcess {
      const [data, control] = [join(at, "data"), join(at, "data.ctrl")];
      const channels = ["--server", `type=unixio,path=${data}`, "--ctrl", `type=unixio,path=${control}`];
      return new SwtpmProcess(at, `swtpm:${data}`, channels, given);
    }
    async function onPorts(at: string, given: SwtpmSettings): Promise<SwtpmProcess> {
      const [data, control] = [await freePort(), await freePort()];
      const channels = ["--server", `type=tcp,port=${data}`, "--ctrl", `type=tcp,port=${control}`];
      return new SwtpmProcess(at, `swtpm:127.0.0.1:${data},127.0.0.1:${control}`, channels, given);
    }
  }

  /** As it was, after {@link kill}. */
  async launch(): Promise<void> {
    const flags = this.#settings.started ? ["--flags", "not-need-init,startup-clear"] : [];
    const state = ["--tpmstate", `dir=${this.folder}`, "--locality", "allow-set-locality"];
    this.#child = spawn("swtpm", ["socket", "--tpm2", ...state, ...this.#channels, ...flags], { stdio: "ignore" });
    const ended = once(this.#child, "exit").then(() => Promise.reject(new Error("swtpm ended at once")));
    ended.catch(() => {});
    await Promise.race([ended, listening(this.address.slice("swtpm:".length).split(",")[0] as string)]);
  }

  get child(): ChildProcess {
    return this.#child as ChildProcess;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Resolves when somebody takes connections there. */
async function listening(where: string): Promise<void> {
  for (;;) {
    const options = where.startsWith("/") ? { path: where } : { host: "127.0.0.1", port: Number(where.split(":")[1]) };
    const socket = connect(options);
    try {
      await once(socket, "connect");
      return;
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      socket.destroy();
    }
  }
}
