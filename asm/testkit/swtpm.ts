/** Debian's swtpm as a TPM to compare with: one process on loopback, a command at a time. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concat, u8, u32 } from "./harness.ts";

const CMD_INIT = 2;
const CMD_SET_LOCALITY = 5;
const CMD_HASH_START = 6;
const CMD_HASH_DATA = 7;
const CMD_HASH_END = 8;

export function swtpmIsInstalled(): boolean {
  return spawnSync("swtpm", ["--version"]).status === 0;
}

export class Swtpm {
  #process: ChildProcess;
  #data: Socket;
  #control: Socket;
  #folder: string | undefined;
  #locality = 0;

  private constructor(process: ChildProcess, data: Socket, control: Socket, folder: string | undefined) {
    this.#process = process;
    this.#data = data;
    this.#control = control;
    this.#folder = folder;
  }

  /** On a folder of the caller's, which stays. @param options more of swtpm's. */
  static async on(folder: string, options: readonly string[] = [], attempts = 3): Promise<Swtpm> {
    try {
      return await Swtpm.#launch(["swtpm"], folder, options);
    } catch (error) {
      if (attempts === 1) throw error;
      return Swtpm.on(folder, options, attempts - 1);
    }
  }

  /** A new TPM after _TPM_Init, not started. Another process may take a free port first: then it is tried again. */
  static async start(attempts = 3, program: readonly string[] = ["swtpm"]): Promise<Swtpm> {
    try {
      return await Swtpm.#launch(program);
    } catch (error) {
      if (attempts === 1) throw error;
      return Swtpm.start(attempts - 1, program);
    }
  }

  /** Of the process. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** @param program swtpm, or what takes its options */
  static async #launch(
    [program = "swtpm", ...first]: readonly string[],
    given?: string,
    options: readonly string[] = [],
  ): Promise<Swtpm> {
    const folder = given ?? mkdtempSync(join(tmpdir(), "tabtpm-swtpm-"));
    const own = given === undefined ? folder : undefined;
    const [port, controlPort] = [await freePort(), await freePort()];
    const child = spawn(
      program,
      [
        ...first,
        "socket",
        "--tpm2",
        "--tpmstate",
        `dir=${folder}`,
        "--server",
        `type=tcp,port=${port}`,
        "--ctrl",
        `type=tcp,port=${controlPort}`,
        "--locality",
        "allow-set-locality",
        "--flags",
        "not-need-init",
        ...options,
      ],
      { stdio: "ignore" },
    );
    try {
      const control = await connected(controlPort);
      const data = await connected(port);
      return new Swtpm(child, data, control, own);
    } catch (error) {
      child.kill("SIGTERM");
      if (own !== undefined) rmSync(own, { recursive: true, force: true });
      throw error;
    }
  }

  async run(bytes: Uint8Array, locality = 0): Promise<Uint8Array> {
    if (locality !== this.#locality) await this.#setLocality(locality);
    this.#data.write(bytes);
    const head = await receive(this.#data, 10, (have) => Buffer.from(have).readUInt32BE(2));
    return head;
  }

  /** _TPM_Init, with the permanent state kept. */
  async init(): Promise<void> {
    await this.#tell("CMD_INIT", u32(CMD_INIT), u32(0));
  }

  /** _TPM_Hash_Start, _TPM_Hash_Data, _TPM_Hash_End. */
  async hashSequence(data: Uint8Array): Promise<void> {
    await this.#tell("CMD_HASH_START", u32(CMD_HASH_START));
    await this.#tell("CMD_HASH_DATA", u32(CMD_HASH_DATA), u32(data.length), data);
    await this.#tell("CMD_HASH_END", u32(CMD_HASH_END));
  }

  async #setLocality(locality: number): Promise<void> {
    await this.#tell(`locality ${locality}`, u32(CMD_SET_LOCALITY), u8(locality));
    this.#locality = locality;
  }

  async #tell(what: string, ...parts: Uint8Array[]): Promise<void> {
    this.#control.write(concat(...parts));
    const answer = await receive(this.#control, 4, () => 4);
    if (Buffer.from(answer).readUInt32BE(0) !== 0) throw new Error(`swtpm refused ${what}`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#data.destroy();
    this.#control.destroy();
    this.#process.kill("SIGTERM");
    await ended;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A port that nobody has at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Connects as soon as the port is open. */
export async function connected(port: number): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
        socket.once("error", reject);
      });
    } catch (error) {
      if (attempt === 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

/** At least `least` bytes, then as many as `total` says. */
function receive(socket: Socket, least: number, total: (have: Uint8Array) => number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let have: Uint8Array = new Uint8Array(0);
    const end = (error?: Error) => {
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error) reject(error);
      else resolve(have);
    };
    const onClose = () => end(new Error("swtpm closed the connection"));
    const onData = (data: Buffer) => {
      have = concat(have, data);
      if (have.length >= least && have.length >= total(have)) end();
    };
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}
