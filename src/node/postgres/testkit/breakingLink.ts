/** The way to a server that breaks where a test says so. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

const COMMIT = "UPDATE tabtpm.tpm SET state";

/** Between a client and the server: it loses what it is told to. */
export class BreakingLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #lose: { what: "request" | "answer"; of: string } | undefined;
  #delayed: { held(): void; released: Promise<void> } | undefined;
  #isRefusing = false;
  cuts = 0;

  private constructor(to: number) {
    this.#server = createServer((client) => this.#join(client, connect(to, "127.0.0.1")));
  }

  static async to(port: number): Promise<BreakingLink> {
    const proxy = new BreakingLink(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /**
   * Of the next commit, or another statement: the connection breaks before it is passed on, or before its answer is.
   * @param of how the statement begins
   */
  lose(what: "request" | "answer", of = COMMIT): void {
    this.#lose = { what, of };
  }

  /** The next commit waits on its way. */
  delay(): { held: Promise<void>; release(): void } {
    let [held, release] = [() => {}, () => {}];
    const isHeld = new Promise<void>((resolve) => {
      held = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#delayed = { held, released };
    return { held: isHeld, release };
  }

  /** Nobody gets in, and who was in is cut off. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
    if (isRefusing) for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: Socket, server: Socket): void {
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    let isDoomed = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    if (this.#isRefusing) {
      cut();
      return;
    }
    client.on("data", (data) => {
      if (this.#delayed && data.includes(COMMIT)) {
        const { held, released } = this.#delayed;
        this.#delayed = undefined;
        held();
        void released.then(() => server.write(data));
        return;
      }
      if (this.#lose && data.includes(this.#lose.of)) {
        const { what } = this.#lose;
        this.#lose = undefined;
        this.cuts++;
        if (what === "request") {
          cut();
          return;
        }
        isDoomed = true;
      }
      server.write(data);
    });
    server.on("data", (data) => {
      if (isDoomed) cut();
      else client.write(data);
    });
  }
}
