/** Where clients of the two channels come in: sockets that listen, connections that were inherited or handed over. */
import type { Socket } from "node:net";
import { type Listener, listen } from "../net/listen.ts";
import type { ControlSource, DataSource } from "./addresses.ts";
import { adoptConnection, type DescriptorSocket, receiveDescriptors } from "./descriptors.ts";
import type { SocketOptions } from "./options.ts";

/** Each is called with a new connection. */
export interface Channels {
  data(socket: Socket): void;
  control(connection: DescriptorSocket): void;
  /** The one connection for control has ended, and nobody can connect again. */
  controlIsGone(): void;
}

export class Endpoints {
  readonly #channels: Channels;
  readonly #listeners: Listener[] = [];
  /** Connections that no listener closes. */
  readonly #adopted = new Set<Socket>();
  /** Where clients come in, for people. */
  readonly where: string[] = [];
  /** TCP ports; 0 for what is none. */
  readonly ports = { server: 0, ctrl: 0 };

  constructor(channels: Channels) {
    this.#channels = channels;
  }

  /** @throws UsageError or Error that says what is wrong with an address and what to do. */
  async open({ server, ctrl }: Pick<SocketOptions, "server" | "ctrl">): Promise<void> {
    if (server) await this.#openData(server);
    if (ctrl) await this.#openControl(ctrl);
  }

  /** Closed with the listeners from now on. */
  adopt(socket: Socket): void {
    this.#adopted.add(socket);
    socket.on("close", () => this.#adopted.delete(socket));
  }

  /** Closes the connections that are open, and goes on listening. */
  disconnect(): void {
    for (const socket of this.#adopted) socket.destroy();
    for (const listener of this.#listeners) listener.disconnect();
  }

  async close(): Promise<void> {
    for (const socket of this.#adopted) socket.destroy();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  async #openData(source: DataSource): Promise<void> {
    if (source.kind === "connected") {
      const socket = adoptConnection(source.fd, "--server");
      this.adopt(socket);
      this.#channels.data(socket);
      this.where.push(`TPM commands on file descriptor ${source.fd}`);
      return;
    }
    const listener = await listen(source, "--server", (socket) => this.#channels.data(socket));
    this.#listeners.push(listener);
    this.ports.server = listener.port;
    this.where.push(`TPM commands on ${listener.where}`);
  }

  async #openControl(source: ControlSource): Promise<void> {
    if (source.kind === "connected") {
      const connection = receiveDescriptors(adoptConnection(source.fd, "--ctrl"));
      connection.socket.on("close", () => this.#channels.controlIsGone());
      this.#control(connection);
      this.where.push(`control on file descriptor ${source.fd}`);
      return;
    }
    const serve = (socket: Socket) => this.#control(receiveDescriptors(socket));
    const listener = await listen(source, "--ctrl", serve, { pauseOnConnect: true });
    this.#listeners.push(listener);
    this.ports.ctrl = listener.port;
    this.where.push(`control on ${listener.where}`);
  }

  /** What received descriptors is a socket of its own, which its listener does not know. */
  #control(connection: DescriptorSocket): void {
    this.adopt(connection.socket);
    this.#channels.control(connection);
  }
}
