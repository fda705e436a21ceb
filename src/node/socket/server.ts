/** The server of `tabtpm socket`: a data channel and a control channel in front of one TPM. */
import type { Socket } from "node:net";
import type { Tpm } from "../../engine/api.ts";
import { type Connection, converse } from "../net/connection.ts";
import { type ControlledServer, serveControl } from "./control.ts";
import { serveData } from "./dataChannel.ts";
import { DataCommands } from "./dataCommands.ts";
import type { DescriptorSocket } from "./descriptors.ts";
import { Endpoints } from "./endpoints.ts";
import { describeTpm, formatInfo, type TpmDescription } from "./info.ts";
import type { KeyRing } from "./keyRing.ts";
import type { ServerLog } from "./log.ts";
import type { SocketOptions } from "./options.ts";
import { ServedTpm } from "./servedTpm.ts";

type ServedOptions = Pick<
  SocketOptions,
  | "dir"
  | "mode"
  | "server"
  | "ctrl"
  | "terminate"
  | "ctrlTerminate"
  | "disconnect"
  | "powerOn"
  | "startup"
  | "autoShutdown"
  | "allowSetLocality"
  | "rejectLocality4"
>;

export class SwtpmServer implements ControlledServer {
  readonly served: ServedTpm;
  readonly #commands: DataCommands;
  readonly #endpoints: Endpoints;
  readonly #options: ServedOptions;
  readonly #log: ServerLog;
  #dataDescriptor: Socket | undefined;
  #description: Promise<TpmDescription> | undefined;
  #stop!: () => void;
  /** Resolves when a client ended the server. */
  readonly stopped: Promise<void>;

  private constructor(tpm: Tpm, options: ServedOptions, keys: KeyRing, log: ServerLog) {
    this.#options = options;
    this.#log = log;
    this.served = new ServedTpm(tpm, options, keys, log.line);
    this.#commands = new DataCommands(this.served, options, log);
    this.#endpoints = new Endpoints({
      data: (socket) => this.#serveData(socket, options.disconnect),
      control: (connection) => this.#serveControl(connection),
      controlIsGone: () => this.stop(),
    });
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** @param tpm ready, with its state in a file store in `options.dir`. */
  static async start(tpm: Tpm, options: ServedOptions, keys: KeyRing, log: ServerLog): Promise<SwtpmServer> {
    const server = new SwtpmServer(tpm, options, keys, log);
    try {
      if (options.powerOn) await server.served.init(0);
      if (options.startup) await server.served.startUp(options.startup);
      await server.#endpoints.open(options);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  get tpm(): Tpm {
    return this.served.tpm;
  }

  /** Where it listens, for people. */
  get where(): readonly string[] {
    return this.#endpoints.where;
  }

  get ports(): { readonly server: number; readonly ctrl: number } {
    return this.#endpoints.ports;
  }

  log(level: number, text: string): void {
    this.#log.line(level, text);
  }

  get hasDataDescriptor(): boolean {
    return this.#dataDescriptor !== undefined;
  }

  serveDescriptor(socket: Socket): void {
    this.#dataDescriptor = socket;
    this.#endpoints.adopt(socket);
    socket.on("close", () => {
      this.#dataDescriptor = undefined;
    });
    this.#serveData(socket, false);
  }

  async describe(flags: number): Promise<string> {
    this.#description ??= describeTpm(this.tpm.state().profile ?? "full");
    return formatInfo(await this.#description, flags);
  }

  stop(): void {
    this.#stop();
  }

  /** Takes no more commands, and cuts the TPM's power. */
  async close(): Promise<void> {
    await this.#endpoints.close();
    await this.served.powerOff();
  }

  #serveControl(connection: DescriptorSocket): void {
    const speak = (client: Connection) => serveControl(client, this, connection);
    void this.#converse("control", connection, speak).then(() => {
      if (this.#options.ctrlTerminate) this.stop();
    });
  }

  #serveData(socket: Socket, disconnect: boolean): void {
    const execute = (command: Uint8Array, locality: number | null) => this.#commands.execute(command, locality);
    const speak = (client: Connection) => serveData(client, { disconnect, execute });
    void this.#converse("data", { socket }, speak).then(() => {
      if (this.#options.terminate) this.stop();
    });
  }

  #converse(
    channel: string,
    { socket, reader }: Pick<DescriptorSocket, "socket" | "reader">,
    speak: (client: Connection) => Promise<void>,
  ): Promise<void> {
    this.log(1, `a ${channel} client connected`);
    const report = (error: Error) => this.log(0, `a ${channel} client was cut off: ${error.message}`);
    return converse(socket, speak, report, reader);
  }
}
