/** The server of `tabtpm socket`: a data channel and a control channel in front of one TPM. */
import { Socket } from "node:net";
import type { Tpm } from "../../engine/api.ts";
import { type Locality, TpmPoweredOffError } from "../../engine/backend.ts";
import { MAX_COMMAND_SIZE } from "../../engine/core.ts";
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
import type { KeyRing } from "./keyRing.ts";
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
const TPM_RC_INITIALIZE = 0x100;
const CC_STARTUP = 0x144;
const CC_SHUTDOWN = 0x145;
const SU_CLEAR = 0;
const SU_STATE = 1;
const HEADER_SIZE = 10;

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
  readonly #keys: KeyRing;
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
  bufferSize = MAX_COMMAND_SIZE;
  /** TPM_CC of the last command that succeeded in this power cycle; 0 before the first. */
  #lastCommand = 0;
  /** A client has taken the volatile state, and there was no command since: it may bring it back. */
  #isTaken = false;
  /** Where it listens, for people. */
  readonly where: string[] = [];
  ports = { server: 0, ctrl: 0 };

  private constructor(tpm: Tpm, options: ServedOptions, keys: KeyRing, log: ServerLog) {
    this.tpm = tpm;
    this.#log = log;
    this.#options = options;
    this.#keys = keys;
    this.#volatile = new VolatileFile(options.dir, { mode: options.mode, seal: keys.file });
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** @param tpm ready, with its state in a file store in `options.dir`. */
  static async start(tpm: Tpm, options: ServedOptions, keys: KeyRing, log: ServerLog): Promise<SwtpmServer> {
    const server = new SwtpmServer(tpm, options, keys, log);
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

  get config(): number {
    return this.#keys.config;
  }

  async init(deletesVolatile: number): Promise<void> {
    const { bufferSize } = this;
    await this.#shutDown();
    const volatile = await this.#volatile.read();
    this.#lastCommand = 0;
    try {
      await this.tpm.powerOn(volatile === null ? { bufferSize } : { bufferSize, volatile });
      if (volatile) this.log(1, `resumed from a volatile state of ${volatile.length} bytes`);
    } finally {
      if (deletesVolatile) await this.#volatile.remove();
    }
  }

  async powerOff(): Promise<void> {
    if (!this.#isTaken) await this.#shutDown();
    this.#isTaken = false;
    await this.tpm.powerOff();
  }

  async storeVolatile(): Promise<void> {
    await this.#volatile.replace((await this.tpm.snapshot()).volatile);
  }

  async getBlob(type: number, flags: number): Promise<{ blob: Uint8Array; flags: number } | null> {
    const blob = await this.#blob(type);
    return blob && this.#keys.wrap(blob, flags);
  }

  async #blob(type: number): Promise<Uint8Array | null> {
    switch (type) {
      case P.BLOB_PERMANENT:
        return (await this.tpm.snapshot()).permanent;
      case P.BLOB_VOLATILE: {
        const { volatile } = await this.tpm.snapshot();
        // Whoever takes it will bring it back; an older one on the disk is of no use then.
        await this.#volatile.remove();
        this.#isTaken = true;
        return volatile;
      }
      default:
        return null;
    }
  }

  async setBlob(type: number, bytes: Uint8Array, flags: number): Promise<boolean> {
    const blob = this.#keys.unwrap(bytes, flags);
    switch (type) {
      case P.BLOB_PERMANENT:
        await this.tpm.importState(blob);
        return true;
      case P.BLOB_VOLATILE:
        // Whether it fits shows at CMD_INIT, when the permanent state is there too.
        await this.#volatile.replace(blob);
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

  /** Takes no more commands, and cuts the TPM's power. */
  async close(): Promise<void> {
    for (const socket of this.#adopted) socket.destroy();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.powerOff();
  }

  /**
   * TPM2_Shutdown on behalf of a client that did not send it: without it, a guest that is reset or killed while it uses
   * keys comes nearer to the lockout each time (Part 1, 19.8.6). Not when the next _TPM_Init will resume from a stored
   * state: that goes with the permanent state as it is.
   */
  async #shutDown(): Promise<void> {
    if (!this.#options.autoShutdown || !this.isRunning || this.#lastCommand === CC_SHUTDOWN) return;
    if ((await this.#volatile.size()) !== null) return;
    this.tpm.cancel();
    for (const type of [SU_STATE, SU_CLEAR]) {
      const responseCode = await this.#send(CC_SHUTDOWN, type).catch(() => TPM_RC_INITIALIZE);
      if (responseCode === TPM_RC_SUCCESS) this.log(1, "TPM2_Shutdown was sent on behalf of the client");
      if (responseCode === TPM_RC_SUCCESS || responseCode === TPM_RC_INITIALIZE) return;
    }
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
    const done = this.#converse("control", connection.socket, (client) => serveControl(client, this, connection));
    void done.then(() => {
      if (this.#options.ctrlTerminate) this.stop();
    });
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
    this.#isTaken = false;
    try {
      const response = await this.tpm.execute(command, { locality: this.locality });
      if (responseCodeOf(response) === TPM_RC_SUCCESS) this.#lastCommand = commandCode(command);
      return response;
    } catch (error) {
      if (error instanceof TpmPoweredOffError) return errorResponse(TPM_RC_FAILURE);
      throw error;
    }
  }

  /** The response to TPM2_SetLocality, or undefined for a command of the TPM's. */
  #setLocality(command: Uint8Array): Uint8Array | undefined {
    if (command.length < HEADER_SIZE || commandCode(command) !== CC_SET_LOCALITY) return undefined;
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
    const responseCode = await this.#send(CC_STARTUP, type === "state" ? SU_STATE : SU_CLEAR);
    if (responseCode === TPM_RC_SUCCESS) return;
    throw new Error(
      `TPM2_Startup(${type.toUpperCase()}) failed: 0x${responseCode.toString(16)}. Drop startup-${type} from --flags.`,
    );
  }

  /** TPM2_Startup or TPM2_Shutdown. @returns its response code. */
  async #send(code: number, type: number): Promise<number> {
    const command = Uint8Array.of(0x80, 0x01, 0, 0, 0, 12, 0, 0, code >> 8, code & 0xff, 0, type);
    return responseCodeOf(await this.tpm.execute(command));
  }
}

/** Where a command has its code, a response has its response code. */
const commandCode = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(6);
const responseCodeOf = commandCode;
