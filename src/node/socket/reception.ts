/**
 * Where clients of both channels come in. They are let in from the first moment on, and heard as soon as there is a TPM
 * that they can speak with: who starts a server and connects a moment later need not know how long a TPM takes to load.
 */
import type { Socket } from "node:net";
import { type Connection, Conversations, converse } from "../net/connection.ts";
import type { DescriptorSocket } from "./descriptors.ts";
import { Endpoints } from "./endpoints.ts";
import type { ServerLog } from "./log.ts";
import type { SocketOptions } from "./options.ts";
import { Turns } from "./turns.ts";

export type ReceptionOptions = Pick<
  SocketOptions,
  "server" | "ctrl" | "terminate" | "ctrlTerminate" | "disconnect" | "maxClients"
>;

/** Who speaks with the clients; each resolves when a connection is to be closed. */
export interface Speakers {
  control(client: Connection, descriptors: DescriptorSocket): Promise<void>;
  /** @param disconnect close after the first response. */
  data(client: Connection, disconnect: boolean): Promise<void>;
}

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #log: ServerLog;
  readonly #endpoints: Endpoints;
  readonly #turns: Turns;
  readonly #conversations = new Conversations();
  readonly #speakers: Promise<Speakers>;
  #letIn!: (speakers: Speakers) => void;
  #dataDescriptor: Socket | undefined;
  #stop!: () => void;
  /** Resolves when a client ended the server. */
  readonly stopped: Promise<void>;

  private constructor(options: ReceptionOptions, log: ServerLog) {
    this.#options = options;
    this.#log = log;
    this.#turns = new Turns(options.maxClients);
    this.#endpoints = new Endpoints({
      data: (socket) => this.#serveData(socket, options.disconnect),
      control: (connection) => this.#serveControl(connection),
      controlIsGone: () => this.stop(),
    });
    this.#speakers = new Promise((resolve) => {
      this.#letIn = resolve;
    });
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** Listens. @throws UsageError or Error that says what is wrong with an address and what to do. */
  static async open(options: ReceptionOptions, log: ServerLog): Promise<Reception> {
    const reception = new Reception(options, log);
    try {
      await reception.#endpoints.open(options);
    } catch (error) {
      await reception.close();
      throw error;
    }
    return reception;
  }

  /** Where it listens, for people. */
  get where(): readonly string[] {
    return this.#endpoints.where;
  }

  get ports(): { readonly server: number; readonly ctrl: number } {
    return this.#endpoints.ports;
  }

  /** Clients are heard from now on. Of two calls the first counts. */
  letIn(speakers: Speakers): void {
    this.#letIn(speakers);
  }

  /** There will be no TPM: whoever has asked for something meanwhile is told so by these. */
  async turnAway(speakers: Speakers): Promise<void> {
    this.letIn(speakers);
    this.#turns.lift();
    await this.#conversations.ended();
  }

  get hasDataDescriptor(): boolean {
    return this.#dataDescriptor !== undefined;
  }

  /** Commands come over this socket too. */
  serveDescriptor(socket: Socket): void {
    this.#dataDescriptor = socket;
    this.#endpoints.adopt(socket);
    socket.on("close", () => {
      this.#dataDescriptor = undefined;
    });
    this.#serveData(socket, false);
  }

  stop(): void {
    this.#stop();
  }

  /** Closes the connections of the clients that are there; others may come. */
  disconnect(): void {
    this.#endpoints.disconnect();
  }

  /** Takes no more clients, and closes the connections of those that are there. */
  close(): Promise<void> {
    return this.#endpoints.close();
  }

  #serveControl(connection: DescriptorSocket): void {
    const speak = async (client: Connection) => (await this.#speakers).control(client, connection);
    void this.#converse("control", connection, speak).then(() => {
      if (this.#options.ctrlTerminate) this.stop();
    });
  }

  #serveData(socket: Socket, disconnect: boolean): void {
    let isServed = false;
    const speak = async (client: Connection) => {
      const done = await this.#turns.take(socket);
      if (done === null) return;
      isServed = true;
      try {
        await (await this.#speakers).data(client, disconnect);
      } finally {
        done();
      }
    };
    void this.#converse("data", { socket }, speak).then(() => {
      if (this.#options.terminate && isServed) this.stop();
    });
  }

  #converse(
    channel: string,
    { socket, reader }: Pick<DescriptorSocket, "socket" | "reader">,
    speak: (client: Connection) => Promise<void>,
  ): Promise<void> {
    this.#log.line(1, `a ${channel} client connected`);
    const report = (error: Error) => this.#log.line(0, `a ${channel} client was cut off: ${error.message}`);
    return this.#conversations.add(converse(socket, speak, report, reader));
  }
}
