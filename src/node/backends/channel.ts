/** A connection to a program that has a TPM: bytes out, bytes in, and the reason when it ends. */
import { connect, type Socket } from "node:net";
import { TpmLinkError } from "../../remote/index.ts";
import { ByteReader } from "../net/byteReader.ts";

export type SocketAddress = { host: string; port: number } | { path: string };

export const addressText = (address: SocketAddress) =>
  "path" in address
    ? address.path
    : `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;

/** For a host that does not answer at all. */
const CONNECT_MS = 10_000;

export class Channel {
  readonly reader: ByteReader;
  /** Resolves with the reason when the connection is over. */
  readonly lost: Promise<Error>;
  readonly #socket: Socket;
  readonly #what: string;
  #error: Error | undefined;

  /**
   * @param what is at the other end, for messages: "swtpm's control channel".
   * Rejects with {@link TpmLinkError}.
   */
  static open(address: SocketAddress, what: string): Promise<Channel> {
    const where = `${what} at ${addressText(address)}`;
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error("it does not answer")));
      socket.once("error", (cause: NodeJS.ErrnoException) => {
        reject(new TpmLinkError(`There is no ${where}: ${reason(cause)}.`, { cause }));
      });
      socket.once("connect", () => {
        socket.setTimeout(0);
        socket.removeAllListeners("error");
        resolve(new Channel(socket, where));
      });
    });
  }

  private constructor(socket: Socket, what: string) {
    this.#socket = socket;
    this.#what = what;
    this.reader = new ByteReader(socket);
    socket.on("data", (chunk: Uint8Array) => this.reader.push(chunk));
    socket.on("error", () => {});
    this.lost = new Promise((resolve) => {
      const end = () => {
        this.#error ??= new TpmLinkError(`The connection to ${this.#what} has ended.`);
        this.reader.end(this.#error);
        socket.destroy();
        resolve(this.#error);
      };
      socket.on("end", end);
      socket.on("close", end);
    });
  }

  /** @throws TpmLinkError when the connection is over. */
  send(...parts: Uint8Array[]): void {
    if (this.#error !== undefined) throw this.#error;
    this.#socket.write(Buffer.concat(parts));
  }

  /** @param error why, for whoever waits for an answer. */
  close(error: Error = new TpmLinkError(`The connection to ${this.#what} was closed.`)): void {
    this.#error ??= error;
    this.#socket.destroy();
  }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ECONNREFUSED":
      return "nobody listens there; start it, or give its address";
    case "ENOENT":
      return "there is no such socket; start it, or give its address";
    case "EACCES":
      return "no permission to connect to that socket";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "there is no such host";
    default:
      return message;
  }
}
