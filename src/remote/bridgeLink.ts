/** A TPM behind a bridge (`tabtpm bridge`), over a WebSocket: the client's side, in browsers and in Node. */
import { type Locality, TpmPoweredOffError } from "../engine/backend.ts";
import * as P from "./bridgeProtocol.ts";
import { ForeignTpm } from "./foreignTpm.ts";
import { type TpmLink, TpmLinkError, TpmUnsupportedError } from "./link.ts";

/** What of a WebSocket is used: that of browsers, and the one of the package `ws`. */
export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
}

export interface BridgeOptions {
  /** ws://HOST:PORT/ or wss://; what stands behind `#` is the token, unless `token` has one. */
  url: string;
  /** Asked for at each connection. */
  token?: (() => Promise<string | undefined>) | undefined;
  /** The browser's WebSocket by default. */
  open?: (url: string, protocol: string) => WebSocketLike;
}

/** The address or the token is not one that a bridge could have; nothing was connected. */
export class BridgeAddressError extends Error {
  override name = "BridgeAddressError";
}

/** The bridge has turned the connection away. */
export class BridgeRefusedError extends TpmLinkError {
  override name = "BridgeRefusedError";
  /** One of {@link P.CLOSE}, by name. */
  readonly why: keyof typeof P.CLOSE;
  constructor(why: keyof typeof P.CLOSE, message: string) {
    super(message);
    this.why = why;
  }
}

/** There is no connection to the bridge. */
export class BridgeUnreachableError extends TpmLinkError {
  override name = "BridgeUnreachableError";
  /** - `absent`: nobody answered, or a browser does not tell. - `forbidden`: the browser lets this page make none. - `foreign`: no bridge of this version has answered. - `lost`: it was there. */
  readonly why: "absent" | "forbidden" | "foreign" | "lost";
  constructor(why: BridgeUnreachableError["why"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
  }
}

/** The TPM behind a bridge. @throws BridgeAddressError */
export function bridgedTpm(options: BridgeOptions): ForeignTpm {
  const { url, token } = bridgeAddress(options.url);
  const open = options.open ?? ((address, protocol) => new WebSocket(address, protocol) as unknown as WebSocketLike);
  if (token === null && options.token === undefined) throw new BridgeAddressError(NO_TOKEN);
  return new ForeignTpm(async () => {
    const known = (await options.token?.()) ?? token;
    if (known === null) throw new BridgeAddressError(NO_TOKEN);
    return BridgeLink.connect(url, known, open);
  });
}

const NO_TOKEN = "The bridge's token is missing: it stands behind the # of the address that the bridge prints.";

/**
 * @returns the address without its fragment, and the token that it has behind its `#`; null without one.
 * @throws BridgeAddressError
 */
export function bridgeAddress(text: string): { url: string; token: string | null } {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new BridgeAddressError(
      `"${withoutToken(text)}" is no address of a bridge, such as ws://127.0.0.1:8765/#TOKEN.`,
    );
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new BridgeAddressError(`The address of a bridge begins with ws:// or wss://, not with ${url.protocol}//.`);
  }
  const token = url.hash === "" || url.hash === "#" ? null : url.hash.slice(1);
  url.hash = "";
  return { url: url.href, token };
}

/** For a message: a token is for nobody's eyes. */
const withoutToken = (text: string) => text.replace(/#.*$/s, "");

interface Waiting {
  resolve(body: Uint8Array): void;
  reject(error: Error): void;
}

class BridgeLink implements TpmLink {
  readonly name: string;
  readonly shared: boolean;
  readonly lost: Promise<Error>;
  established: boolean;
  readonly #socket: WebSocketLike;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  #executing: number | undefined;
  #lostBy: Error | undefined;
  #lose!: (error: Error) => void;

  static connect(
    url: string,
    token: string,
    open: (url: string, protocol: string) => WebSocketLike,
  ): Promise<BridgeLink> {
    return new Promise((resolve, reject) => {
      let socket: WebSocketLike;
      try {
        socket = open(url, P.SUBPROTOCOL);
      } catch (cause) {
        // A browser refuses at once what its page's policy forbids.
        reject(
          new BridgeUnreachableError(
            "forbidden",
            `The browser lets this page make no connection to ${url}: ${(cause as Error).message}`,
            { cause },
          ),
        );
        return;
      }
      socket.binaryType = "arraybuffer";
      let isOpen = false;
      socket.onopen = () => {
        isOpen = true;
        socket.send(JSON.stringify({ type: "hello", version: P.BRIDGE_VERSION, token } satisfies P.Hello));
      };
      socket.onerror = () => {};
      socket.onclose = ({ code, reason }) => reject(closeError(url, code, reason, isOpen));
      socket.onmessage = ({ data }) => {
        try {
          if (typeof data !== "string") throw new P.BridgeProtocolError("the first message is no welcome");
          const welcome = P.decodeWelcome(data);
          if (welcome.version !== P.BRIDGE_VERSION) {
            throw new P.BridgeProtocolError(
              `it speaks version ${welcome.version}, and this is version ${P.BRIDGE_VERSION}`,
            );
          }
          resolve(new BridgeLink(socket, url, welcome));
        } catch (cause) {
          socket.close();
          reject(
            new BridgeUnreachableError(
              "foreign",
              `What answers at ${url} is no bridge of this version of tabtpm: ${(cause as Error).message}.`,
              { cause },
            ),
          );
        }
      };
    });
  }

  private constructor(socket: WebSocketLike, url: string, { tpm, shared, established }: P.Welcome) {
    this.#socket = socket;
    this.name = `${tpm}, through the bridge at ${url}`;
    this.shared = shared;
    this.established = established;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end(closeError(url, code, reason, true));
  }

  async execute(command: Uint8Array, locality: Locality): Promise<Uint8Array> {
    const asked = this.#ask(P.EXECUTE, Uint8Array.of(locality), command);
    this.#executing = this.#number;
    try {
      return await asked;
    } finally {
      this.#executing = undefined;
    }
  }

  cancel(): void {
    if (this.#executing !== undefined && this.#lostBy === undefined) {
      this.#socket.send(ownBuffer(P.encodeMessage(P.CANCEL, this.#executing)));
    }
  }

  async init(bufferSize = 0): Promise<void> {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bufferSize);
    await this.#ask(P.POWER_ON, size);
  }

  async stop(): Promise<void> {
    await this.#ask(P.POWER_OFF);
  }

  async hashStart(): Promise<void> {
    await this.#ask(P.HASH_START);
  }

  async hashData(data: Uint8Array): Promise<void> {
    const most = P.MAX_MESSAGE - 16;
    for (let at = 0; at < data.length; at += most) await this.#ask(P.HASH_DATA, data.subarray(at, at + most));
  }

  async hashEnd(): Promise<void> {
    await this.#ask(P.HASH_END);
  }

  async resetEstablished(locality: Locality): Promise<boolean> {
    const [done = 0] = await this.#ask(P.RESET_ESTABLISHED, Uint8Array.of(locality));
    return done === 1;
  }

  async close(): Promise<void> {
    this.#socket.close();
    this.#end(new TpmLinkError("The connection to the bridge was closed."));
  }

  #ask(what: number, ...body: Uint8Array[]): Promise<Uint8Array> {
    if (this.#lostBy !== undefined) return Promise.reject(this.#lostBy);
    this.#number = (this.#number + 1) >>> 0;
    const number = this.#number;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#socket.send(ownBuffer(P.encodeMessage(what, number, ...body)));
    });
  }

  #receive(data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer)) throw new P.BridgeProtocolError("a message that is not binary");
      const { what, number, body } = P.decodeMessage(new Uint8Array(data), "bridge");
      const waiting = this.#waiting.get(number);
      if (waiting === undefined) throw new P.BridgeProtocolError("an answer that nobody waits for");
      this.#waiting.delete(number);
      if (what === P.REFUSED) {
        waiting.reject(refusal(body[0], new TextDecoder().decode(body.subarray(1))));
        return;
      }
      this.established = ((body[0] as number) & P.FLAG_ESTABLISHED) !== 0;
      waiting.resolve(body.slice(1));
    } catch (cause) {
      this.#socket.close();
      this.#end(new TpmLinkError(`The bridge broke its protocol: ${(cause as Error).message}.`, { cause }));
    }
  }

  #end(error: Error): void {
    if (this.#lostBy !== undefined) return;
    this.#lostBy = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#lose(error);
  }
}

/** TypeScript's WebSocket takes no view of a buffer that may be shared. */
const ownBuffer = (bytes: Uint8Array) => bytes as Uint8Array<ArrayBuffer>;

function refusal(kind: number | undefined, message: string): Error {
  switch (kind) {
    case P.KIND_POWERED_OFF:
      return new TpmPoweredOffError(message);
    case P.KIND_UNSUPPORTED:
      return new TpmUnsupportedError(message);
    default:
      return new Error(message);
  }
}

function closeError(url: string, code: number, reason: string, wasOpen: boolean): TpmLinkError {
  const why = (Object.keys(P.CLOSE) as (keyof typeof P.CLOSE)[]).find((name) => P.CLOSE[name] === code);
  if (why !== undefined) return new BridgeRefusedError(why, `The bridge at ${url} says: ${reason || why}`);
  if (wasOpen) {
    return new BridgeUnreachableError("lost", `The bridge at ${url} has gone. Start it again, then reset the PC.`);
  }
  return new BridgeUnreachableError(
    "absent",
    `There is no bridge at ${url}. Is \`tabtpm bridge\` running there, and is this its address?`,
  );
}
