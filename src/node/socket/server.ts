/** The server of `tabtpm socket`: one TPM, and what is said about it on a data channel and a control channel. */
import type { Socket } from "node:net";
import type { AtOnceTpm } from "../../engine/api.ts";
import type { Connection } from "../net/connection.ts";
import type { CommandLog } from "./commandLog.ts";
import { type ControlledServer, serveControl } from "./control.ts";
import { serveData } from "./dataChannel.ts";
import { DataCommands } from "./dataCommands.ts";
import type { DescriptorSocket } from "./descriptors.ts";
import type { TpmDescription } from "./info.ts";
import type { KeyRing } from "./keyRing.ts";
import type { ServerLog } from "./log.ts";
import type { MovableStore } from "./movableStore.ts";
import type { SocketOptions } from "./options.ts";
import type { Reception, Speakers } from "./reception.ts";
import { type Lease, ServedTpm, type VolatilePlace } from "./servedTpm.ts";

export type ServedOptions = Pick<
  SocketOptions,
  "dir" | "file" | "mode" | "powerOn" | "startup" | "autoShutdown" | "allowSetLocality" | "rejectLocality4"
> & { storage?: MovableStore | undefined; volatile?: VolatilePlace | undefined; lease?: Lease | undefined };

/** Where this server's clients come in; a {@link Reception}, or one that outlives the server. */
export type ServerReception = Pick<
  Reception,
  "letIn" | "ports" | "stopped" | "hasDataDescriptor" | "serveDescriptor" | "stop"
>;

export class SwtpmServer implements ControlledServer, Speakers {
  readonly served: ServedTpm;
  readonly #reception: ServerReception;
  readonly #commands: DataCommands;
  readonly #log: ServerLog;
  #description: Promise<TpmDescription> | undefined;

  private constructor(
    reception: ServerReception,
    served: ServedTpm,
    options: ServedOptions,
    log: ServerLog,
    commandLog: CommandLog | undefined,
  ) {
    this.#reception = reception;
    this.#log = log;
    this.served = served;
    if (commandLog) served.followReasons();
    this.#commands = new DataCommands(served, options, commandLog);
  }

  /**
   * Turns the TPM on where that is asked for. Clients are heard from {@link letIn} on.
   * @param reception it is the caller's, who closes it before the server.
   * @param tpm ready, or waiting for `options.storage`; its state in a file store in `options.dir`.
   */
  static async start(
    reception: ServerReception,
    tpm: AtOnceTpm,
    options: ServedOptions,
    keys: KeyRing,
    log: ServerLog,
  ): Promise<SwtpmServer> {
    const served = new ServedTpm(tpm, options, keys, log.line);
    const commandLog = log.logs(2) ? new (await import("./commandLog.ts")).CommandLog(log) : undefined;
    const server = new SwtpmServer(reception, served, options, log, commandLog);
    if (options.powerOn) await server.served.init(0);
    if (options.startup) await server.served.startUp(options.startup);
    return server;
  }

  letIn(): void {
    this.#reception.letIn(this);
  }

  get tpm(): AtOnceTpm {
    return this.served.tpm;
  }

  get ports(): { readonly server: number; readonly ctrl: number } {
    return this.#reception.ports;
  }

  /** Resolves when a client ended the server. */
  get stopped(): Promise<void> {
    return this.#reception.stopped;
  }

  log(level: number, text: string): void {
    this.#log.line(level, text);
  }

  get hasDataDescriptor(): boolean {
    return this.#reception.hasDataDescriptor;
  }

  serveDescriptor(socket: Socket): void {
    this.#reception.serveDescriptor(socket);
  }

  async describe(flags: number): Promise<string> {
    // It takes a client and all tables, and few ask.
    const { describeTpm, formatInfo } = await import("./info.ts");
    this.#description ??= describeTpm(this.tpm.state().profile ?? "full");
    return formatInfo(await this.#description, flags);
  }

  stop(): void {
    this.#reception.stop();
  }

  /** Cuts the TPM's power. */
  close(): Promise<void> {
    return this.served.powerOff();
  }

  control(client: Connection, descriptors: DescriptorSocket): Promise<void> {
    return serveControl(client, this, descriptors);
  }

  data(client: Connection, disconnect: boolean): Promise<void> {
    const execute = (command: Uint8Array, locality: number | null) => this.#commands.execute(command, locality);
    return serveData(client, { disconnect, execute });
  }
}
