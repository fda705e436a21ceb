import { chmod, chown, lstat, unlink } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { UsageError } from "../errors.ts";

export type ListenAddress =
  | { kind: "tcp"; host: string; port: number }
  /** `mode`, `uid` and `gid` are those of the socket's file. */
  | { kind: "unix"; path: string; mode: number; uid?: number | undefined; gid?: number | undefined }
  /** A listening socket that was inherited. */
  | { kind: "fd"; fd: number };

/** A server that listens, and its open connections. */
export class Listener {
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #unlisten: () => Promise<void>;
  /** Where it listens, for people. */
  readonly where: string;
  /** The TCP port; 0 for other sockets. */
  readonly port: number;

  /** Use {@link listen}. */
  constructor(server: Server, sockets: Set<Socket>, where: string, unlisten: () => Promise<void>) {
    this.#server = server;
    this.#sockets = sockets;
    this.#unlisten = unlisten;
    this.where = where;
    const address = server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Closes the connections that are open, and goes on listening. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes no more connections and closes those that are open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.disconnect();
    await closed;
    await this.#unlisten();
  }
}

export interface ListenOptions {
  /** Hand the connections over unread: whoever takes them reads the handle itself. */
  pauseOnConnect?: boolean;
}

/**
 * @param option the command-line option that gave the address: what an error tells the user to change.
 * @throws UsageError or Error that says what is wrong with the address and what to do.
 */
export async function listen(
  address: ListenAddress,
  option: string,
  onConnection: (socket: Socket) => void,
  { pauseOnConnect = false }: ListenOptions = {},
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, pauseOnConnect, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  if (address.kind === "unix") await removeStaleSocket(address.path, option);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(bindError(address, option, error)));
    server.listen(listenOptions(address), () => {
      server.removeAllListeners("error");
      // Out of file descriptors and the like: that client is lost, the server goes on.
      server.on("error", () => {});
      resolve();
    });
  });
  if (address.kind === "unix") {
    await chmod(address.path, address.mode);
    if (address.uid !== undefined || address.gid !== undefined) await own(address, option);
  }
  const { path } = address as { path?: string };
  return new Listener(server, sockets, whereabouts(address, server), async () => {
    if (path !== undefined) await unlink(path).catch(() => {});
  });
}

function listenOptions(address: ListenAddress) {
  switch (address.kind) {
    case "tcp":
      return { host: address.host, port: address.port, exclusive: true };
    case "unix":
      return { path: address.path };
    case "fd":
      return { fd: address.fd };
  }
}

function whereabouts(address: ListenAddress, server: Server): string {
  switch (address.kind) {
    case "tcp":
      return hostAndPort(address.host, (server.address() as AddressInfo).port);
    case "unix":
      return address.path;
    case "fd":
      return `file descriptor ${address.fd}`;
  }
}

const hostAndPort = (host: string, port: number) => `${host.includes(":") ? `[${host}]` : host}:${port}`;

async function own(
  { path, uid, gid }: { path: string; uid?: number | undefined; gid?: number | undefined },
  option: string,
) {
  try {
    await chown(path, uid ?? -1, gid ?? -1);
  } catch (cause) {
    throw new Error(`${option}: the owner of ${path} can't be changed: ${(cause as Error).message}.`, { cause });
  }
}

/** A server that was killed leaves its socket's file behind, which would forbid the next one to bind. */
async function removeStaleSocket(path: string, option: string): Promise<void> {
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return;
  if (!stats.isSocket()) throw new UsageError(`${option}: ${path} exists and is no socket; choose another path.`);
  const isAlive = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (isAlive) throw new Error(`${option}: another program listens on ${path}; stop it, or choose another path.`);
  await unlink(path);
}

function bindError(address: ListenAddress, option: string, cause: NodeJS.ErrnoException): Error {
  const where =
    address.kind === "tcp"
      ? hostAndPort(address.host, address.port)
      : address.kind === "unix"
        ? address.path
        : `file descriptor ${address.fd}`;
  return new Error(`${option}: can't listen on ${where}: ${reason(address, cause)}.`, { cause });
}

function reason({ kind }: ListenAddress, { code = "", message }: NodeJS.ErrnoException): string {
  if (kind === "fd" && ["EINVAL", "EBADF", "ENOTSOCK", "EOPNOTSUPP"].includes(code)) {
    return "it is no socket that could listen";
  }
  switch (code) {
    case "EADDRINUSE":
      return "the address is in use by another program; stop it, or choose another";
    case "EACCES":
    case "EPERM":
      return "no permission (ports below 1024 need root)";
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return "this machine has no such address";
    case "ENOENT":
      return "there is no such folder";
    default:
      return message;
  }
}
