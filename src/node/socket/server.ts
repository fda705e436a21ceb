/** The server of `tabtpm socket`: a data channel and a control channel in front of one TPM. */
import { Socket } from "node:net";
import type { Tpm } from "../../engine/api.ts";
import { type Locality, TpmPoweredOffError } from "../../engine/backend.ts";
import { errorResponse, TPM_RC_FAILURE } from "../../engine/responses.ts";
import { formatFields, summarizeCommand } from "../../trace/index.ts";
import { decodeCommand } from "../../trace/message.ts";
import { converse } from "../net/connection.ts";
import { type Listener, listen } from "../net/listen.ts";
import { isLocality } from "../net/locality.ts";
import { serveControl } from "./control.ts";
import { serveData } from "./dataChannel.ts";
import { adoptDescriptor, type DescriptorSocket, receiveDescriptors } from "./descriptors.ts";
import { describeTpm, formatInfo, type TpmDescription } from "./info.ts";
import type { SocketOptions } from "./options.ts";
import * as P from "./protocol.ts";
import type { SwtpmState } from "./state.ts";
import { VolatileFile } from "./volatileFile.ts";

/** TPM2_SetLocality, with which Linux's vTPM proxy says the locality of the commands that follow. */
const CC_SET_LOCALITY = 0x20001000;
/** Part 2, 6.6. */
const TPM_RC_LOCALITY = 0x907;
const TPM_RC_INSUFFICIENT = 0x9a;
const TPM_RC_SUCCESS = 0;
const TPM2_STARTUP = 0x144;

type ServedOptions = Pick<
  SocketOptions,
  | "dir"
  | "server"
  | "ctrl"
  | "terminate"
  | "disconnect"
  | "powerOn"
  | "startup"
  | "allowSetLocality"
  | "rejectLocality4"
>;

/** What the server writes its log to. */
export interface ServerLog {
  /** Whether anybody reads lines of this level. */
  logs(level: number): boolean;
  line(level: number, text: string): void;
}

export class SwtpmServer implements SwtpmState {
  readonly tpm: Tpm;
  readonly #log: ServerLog;
  readonly #options: ServedOptions;
  readonly #volatile: VolatileFile;
  readonly #listeners: Listener[] = [];
  /** Connections that came as descriptors. */
  readonly #adopted = new Set<Socket>();
  #dataDescriptor: Socket | undefined;
  #description: Promise<TpmDescription> | undefined;
  #stop!: () => void;
  /** Resolves when a client ended the server. */
  readonly stopped: Promise<void>;
  locality: Locality = 0;
  /** Where it listens, for people. */
  readonly where: string[] = [];
  ports = { server: 0, ctrl: 0 };

  private constructor(tpm: Tpm, options: ServedOptions, log: ServerLog) {
    this.tpm = tpm;
    this.#log = log;
    this.#options = options;
    this.#volatile = new VolatileFile(options.dir);
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** @param tpm ready, with its state in a file store in `options.dir`. */
  static async start(tpm: Tpm, options: ServedOptions, log: ServerLog): Promise<SwtpmServer> {
    const server = new SwtpmServer(tpm, options, log);
    try {
      if (options.powerOn) await server.init(0);
      if (options.startup) await server.#startup(options.startup);
      await server.#listen();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  log(level: number, text: string): void {
    this.#log.line(level, text);
  }

  get isRunning(): boolean {
    return this.tpm.power === "on";
  }

  get rejectLocality4(): boolean {
    return this.#options.rejectLocality4;
  }

  get hasDataDescriptor(): boolean {
    return this.#dataDescriptor !== undefined;
  }

  async init(deletesVolatile: number): Promise<void> {
    const volatile = await this.#volatile.read();
    try {
      await this.tpm.powerOn(volatile === null ? {} : { volatile });
      if (volatile) this.log(1, `resumed from a volatile state of ${volatile.length} bytes`);
    } finally {
      if (deletesVolatile) await this.#volatile.remove();
    }
  }

  async storeVolatile(): Promise<void> {
    await this.#volatile.write((await this.tpm.snapshot()).volatile);
  }

  async getBlob(type: number): Promise<Uint8Array | null> {
    switch (type) {
      case P.BLOB_PERMANENT:
        return (await this.tpm.snapshot()).permanent;
      case P.BLOB_VOLATILE: {
        const { volatile } = await this.tpm.snapshot();
        // Whoever takes it will bring it back; an older one on the disk is of no use then.
        await this.#volatile.remove();
        return volatile;
      }
      default:
        return null;
    }
  }

  async setBlob(type: number, blob: Uint8Array): Promise<boolean> {
    switch (type) {
      case P.BLOB_PERMANENT:
        await this.tpm.importState(blob);
        return true;
      case P.BLOB_VOLATILE:
        // Whether it fits shows at CMD_INIT, when the permanent state is there too.
        await this.#volatile.write(blob);
        return true;
      case P.BLOB_SAVESTATE:
        return blob.length === 0;
      default:
        return false;
    }
  }

  serveDescriptor(socket: Socket): void {
    this.#dataDescriptor = socket;
    this.#adopted.add(socket);
    socket.on("close", () => {
      this.#adopted.delete(socket);
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

  /** Takes no more commands. The TPM stays as it is. */
  async close(): Promise<void> {
    for (const socket of this.#adopted) socket.destroy();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  async #listen(): Promise<void> {
    const { server, ctrl, disconnect } = this.#options;
    if (server?.kind === "connected") {
      const socket = new Socket({ fd: server.fd, allowHalfOpen: true });
      this.#adopted.add(socket);
      this.#serveData(socket, disconnect);
      this.where.push(`TPM commands on file descriptor ${server.fd}`);
    } else if (server) {
      const listener = await listen(server, "--server", (socket) => this.#serveData(socket, disconnect));
      this.#listeners.push(listener);
      this.ports.server = listener.port;
      this.where.push(`TPM commands on ${listener.where}`);
    }
    if (ctrl?.kind === "connected") {
      const control = adoptDescriptor(ctrl.fd);
      this.#adopted.add(control.socket);
      // Nobody can connect again.
      control.socket.on("close", () => this.stop());
      this.#serveControl(control);
      this.where.push(`control on file descriptor ${ctrl.fd}`);
    } else if (ctrl) {
      const serve = (socket: Socket) => this.#serveControl(receiveDescriptors(socket));
      const listener = await listen(ctrl, "--ctrl", serve, { pauseOnConnect: true });
      this.#listeners.push(listener);
      this.ports.ctrl = listener.port;
      this.where.push(`control on ${listener.where}`);
    }
  }

  #serveControl(connection: DescriptorSocket): void {
    this.#adopted.add(connection.socket);
    connection.socket.on("close", () => this.#adopted.delete(connection.socket));
    this.log(1, "a control client connected");
    void this.#converse("control", connection.socket, (client) => serveControl(client, this, connection));
  }

  #serveData(socket: Socket, disconnect: boolean): void {
    this.log(1, "a data client connected");
    const handler = {
      disconnect,
      execute: (command: Uint8Array, locality: number | null) => this.#execute(command, locality),
    };
    const done = this.#converse("data", socket, (client) => serveData(client, handler));
    void done.then(() => {
      if (this.#options.terminate) this.stop();
    });
  }

  #converse(channel: string, socket: Socket, speak: Parameters<typeof converse>[1]): Promise<void> {
    return converse(socket, speak, (error) => this.log(0, `a ${channel} client was cut off: ${error.message}`));
  }

  async #execute(command: Uint8Array, asked: number | null): Promise<Uint8Array> {
    if (!this.isRunning) return errorResponse(TPM_RC_FAILURE);
    if (asked !== null) {
      if (!this.#allows(asked)) return errorResponse(TPM_RC_LOCALITY);
      this.locality = asked;
    }
    const response = this.#setLocality(command) ?? (await this.#run(command));
    if (this.#log.logs(2)) this.#trace(command, response);
    return response;
  }

  /** Decoding takes longer than most commands do: only for somebody who reads it. */
  #trace(command: Uint8Array, response: Uint8Array): void {
    this.log(2, `locality ${this.locality}: ${summarizeCommand(command, response)}`);
    if (!this.#log.logs(5)) return;
    for (const { name, value, depth } of formatFields(decodeCommand(command).fields)) {
      this.log(5, `${"  ".repeat(depth + 1)}${name}: ${value}`);
    }
  }

  async #run(command: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.tpm.execute(command, { locality: this.locality });
    } catch (error) {
      if (error instanceof TpmPoweredOffError) return errorResponse(TPM_RC_FAILURE);
      throw error;
    }
  }

  /** The response to TPM2_SetLocality, or undefined for a command of the TPM's. */
  #setLocality(command: Uint8Array): Uint8Array | undefined {
    if (command.length < 10) return undefined;
    if (new DataView(command.buffer, command.byteOffset).getUint32(6) !== CC_SET_LOCALITY) return undefined;
    const locality = command[10];
    if (locality === undefined) return errorResponse(TPM_RC_INSUFFICIENT);
    if (!this.#options.allowSetLocality) return errorResponse(TPM_RC_FAILURE);
    if (!this.#allows(locality)) return errorResponse(TPM_RC_LOCALITY);
    this.locality = locality;
    return errorResponse(TPM_RC_SUCCESS);
  }

  #allows(locality: number): locality is Locality {
    return isLocality(locality) && !(locality === 4 && this.rejectLocality4);
  }

  async #startup(type: "clear" | "state"): Promise<void> {
    const command = Uint8Array.of(
      0x80,
      0x01,
      0,
      0,
      0,
      12,
      0,
      0,
      TPM2_STARTUP >> 8,
      TPM2_STARTUP & 0xff,
      0,
      type === "state" ? 1 : 0,
    );
    const response = await this.tpm.execute(command);
    const responseCode = new DataView(response.buffer, response.byteOffset).getUint32(6);
    if (responseCode === 0) return;
    throw new Error(
      `TPM2_Startup(${type.toUpperCase()}) failed: 0x${responseCode.toString(16)}. Drop startup-${type} from --flags.`,
    );
  }
}
