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
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      this.#changed();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#changed();
    });
  }

  static async to(where: number | string): Promise<Client> {
    const options: NetConnectOpts = typeof where === "number" ? { port: where, host: "127.0.0.1" } : { path: where };
    const socket = connect({ ...options, noDelay: true } as NetConnectOpts);
    await once(socket, "connect");
    return new Client(socket);
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

  /** Resolves when the server closed the connection. */
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
}
