/** The bridge: a TPM on a WebSocket, for one guest at a time. The messages are those of src/remote/bridgeProtocol.ts. */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type Server as HttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { TpmBackend } from "../../engine/backend.ts";
import * as P from "../../remote/bridgeProtocol.ts";
import { printable } from "../printable.ts";
import { Session } from "./session.ts";

export interface BridgeParts {
  tpm: TpmBackend;
  /** What the TPM is, for people. */
  name: string;
  /** The TPM has its power from elsewhere: a guest that comes back goes on with it. */
  shared: boolean;
  /** What a guest must know. */
  token: string;
  /** Pages that may connect, besides those of this machine: "https://example.org". */
  origins: readonly string[];
  host: string;
  /** 0 takes any that is free. */
  port: number;
  /** A sentence about a guest that came, went or was turned away; no token is in it. */
  say(text: string): void;
}

/** Who has said nothing yet: more than these are not listened to. */
const MAX_STRANGERS = 16;
const HELLO_MS = 10_000;
/** After which a connection that is silent is asked by TCP whether its other end is still there: a machine may go without a word. */
const KEEP_ALIVE_MS = 30_000;
/** What is no WebSocket. */
const UPGRADE_REQUIRED = 426;
/** What a close frame holds, bytes (RFC 6455, 5.5). */
const MAX_REASON = 123;

export class BridgeServer {
  /** ws://HOST:PORT/, without a token. */
  readonly url: string;
  readonly #parts: BridgeParts;
  readonly #http: HttpServer;
  readonly #server: WebSocketServer;
  #strangers = 0;
  /** The guest that has the TPM, or had it and is being seen off. */
  #guest: { session: Session; gone: Promise<void> } | undefined;

  /** @throws Error that says why it can't listen. */
  static async listen(parts: BridgeParts): Promise<BridgeServer> {
    const http = createServer((_, response) => {
      response.writeHead(UPGRADE_REQUIRED, { "Content-Type": "text/plain" }).end(STATUS_CODES[UPGRADE_REQUIRED]);
    });
    const server = new WebSocketServer({
      server: http,
      maxPayload: P.MAX_MESSAGE,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(P.SUBPROTOCOL) ? P.SUBPROTOCOL : false),
    });
    await new Promise<void>((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", (cause) => reject(listenError(parts, cause)));
      http.listen(parts.port, parts.host);
    });
    return new BridgeServer(parts, http, server);
  }

  private constructor(parts: BridgeParts, http: HttpServer, server: WebSocketServer) {
    this.#parts = parts;
    this.#http = http;
    this.#server = server;
    server.on("error", () => {});
    server.on("connection", (socket, request) => this.#welcome(socket, request));
    const { port } = server.address() as AddressInfo;
    const { host } = parts;
    this.url = `ws://${host.includes(":") ? `[${host}]` : host}:${port}/`;
  }

  /** Ends all connections; resolves when the TPM is nobody's. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#server.close();
    for (const socket of this.#server.clients) socket.terminate();
    // Who has connected and not said yet what he wants.
    this.#http.closeAllConnections();
    await closed;
    await this.#guest?.gone;
  }

  #welcome(socket: WebSocket, request: IncomingMessage): void {
    // What a client that breaks the protocol of WebSockets has coming: "close" follows.
    socket.on("error", () => {});
    request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const { origin } = request.headers;
    // It is let in to be told why: what turns a browser away before shows in no page.
    if (!this.#mayCome(origin)) {
      const whose = printable(origin?.slice(0, 60) ?? "");
      this.#turnAway(socket, "origin", `pages of ${whose} are not let in; start the bridge with --origin ${whose}`);
      return;
    }
    if (this.#strangers >= MAX_STRANGERS) {
      socket.terminate();
      return;
    }
    this.#strangers++;
    const timer = setTimeout(() => socket.terminate(), HELLO_MS);
    const known = () => {
      clearTimeout(timer);
      socket.off("close", known);
      this.#strangers--;
    };
    socket.on("close", known);
    // Whatever comes after it is for the session, which is there when this returns.
    socket.once("message", (data: Buffer, isBinary: boolean) => {
      known();
      if (isBinary || data.length > P.MAX_HELLO) this.#turnAway(socket, "protocol", "the first message is no hello");
      else if (this.#isWelcome(socket, data.toString())) void this.#take(socket);
    });
  }

  /** Whoever is not welcome is told why. */
  #isWelcome(socket: WebSocket, text: string): boolean {
    let hello: P.Hello;
    try {
      hello = P.decodeHello(text);
    } catch (error) {
      return this.#turnAway(socket, "protocol", (error as Error).message);
    }
    if (!isSame(hello.token, this.#parts.token)) {
      return this.#turnAway(socket, "token", "the token is another one; each start of the bridge prints its own");
    }
    if (hello.version !== P.BRIDGE_VERSION) {
      const both = `the guest speaks version ${hello.version} of the protocol, and the bridge ${P.BRIDGE_VERSION}`;
      return this.#turnAway(socket, "version", `${both}: use the same release of tabtpm`);
    }
    if (!this.#guest?.session.isOpen) return true;
    return this.#turnAway(socket, "busy", "another guest has the TPM; one at a time");
  }

  async #take(socket: WebSocket): Promise<void> {
    const { tpm, name, shared, say } = this.#parts;
    const before = this.#guest?.gone;
    const session = new Session(socket, tpm);
    const gone = (async () => {
      // The TPM is without power then; a guest that was there before may still be on its way out.
      await before;
      if (!session.isOpen) return;
      try {
        await tpm.ready;
      } catch (error) {
        this.#turnAway(socket, "backend", (error as Error).message);
        return;
      }
      say("a guest has the TPM");
      session.begin({
        type: "welcome",
        version: P.BRIDGE_VERSION,
        tpm: name,
        shared,
        established: tpm.established,
        power: tpm.power,
      });
      await session.over;
      await tpm.powerOff().catch((error: Error) => say(`the TPM could not be switched off: ${error.message}`));
      say("the guest has gone");
    })();
    this.#guest = { session, gone };
    await gone;
  }

  #mayCome(origin: string | undefined): boolean {
    // No browser: they always say where a page is from.
    if (origin === undefined) return true;
    return isOfThisMachine(origin) || this.#parts.origins.includes(origin);
  }

  #turnAway(socket: WebSocket, why: keyof typeof P.CLOSE, reason: string): false {
    this.#parts.say(`a guest was turned away: ${reason}`);
    socket.close(P.CLOSE[why], shortened(reason));
    return false;
  }
}

/** Pages that this machine itself serves, in the one way that no other machine can pretend to: by name, not by address. */
function isOfThisMachine(origin: string): boolean {
  try {
    const { protocol, hostname } = new URL(origin);
    return protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  } catch {
    return false;
  }
}

/** In constant time, also where they differ in length. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Of at most MAX_REASON octets of UTF-8. */
function shortened(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON) return reason;
  return `${bytes
    .subarray(0, MAX_REASON - 3)
    .toString()
    .replace(/\uFFFD+$/, "")}...`;
}

function listenError({ host, port }: BridgeParts, cause: NodeJS.ErrnoException | Error): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why =
    code === "EADDRINUSE"
      ? "the address is in use by another program; stop it, or choose another"
      : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
        ? "this machine has no such address"
        : message;
  return new Error(`--listen: can't listen on ${host}:${port}: ${why}.`, { cause });
}
