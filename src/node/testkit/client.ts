/** A client of the servers that speaks bytes, for tests. */
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";

export class Client {
  readonly socket: Socket;
  #have: Buffer = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};
  /** Lengths of the pieces in which the answers came. */
  readonly pieces: number[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      this.pieces.push(data.length);
      this.#have = Buffer.concat([this.#have, data]);
      this.#changed();
    });
    // A reset is one way of being cut off; "close" follows.
    socket.on("error", () => {});
    socket.on("close", () => this.#end());
    socket.on("end", () => this.#end());
  }

  /** A client that a server has cut off before it was there is one that was cut off. */
  static async to(where: number | string): Promise<Client> {
    const options: NetConnectOpts = typeof where === "number" ? { port: where, host: "127.0.0.1" } : { path: where };
    const socket = connect({ ...options, noDelay: true } as NetConnectOpts);
    const client = new Client(socket);
    try {
      await once(socket, "connect");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
    }
    return client;
  }

  /** Hexadecimal, blanks allowed. */
  send(hex: string): void {
    this.socket.write(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  }

  /** The next `size` bytes in hexadecimal. @throws Error when the connection ends before. */
  async receive(size: number): Promise<string> {
    while (this.#have.length < size) {
      if (this.#ended) throw new Error(`The connection ended after ${this.#have.toString("hex")}.`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    const out = this.#have.subarray(0, size).toString("hex");
    this.#have = this.#have.subarray(size);
    return out;
  }

  async ask(hex: string, size: number): Promise<string> {
    this.send(hex);
    return this.receive(size);
  }

  /** Resolves when the server has ended the connection or reset it. */
  async closed(): Promise<void> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #end(): void {
    this.#ended = true;
    this.#changed();
  }
}
