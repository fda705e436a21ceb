/** A TPM behind what tpm2-tss calls a TCTI: swtpm's socket, the simulator's, or a device of Linux. */
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { HEADER_SIZE } from "../../spec/header.ts";
import { UsageError } from "../errors.ts";
import { ByteReader } from "../net/byteReader.ts";
import { SEND_COMMAND, SESSION_END } from "../simulator/protocol.ts";

/** Executes commands one after the other. */
export interface TpmConnection {
  execute(command: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

export type Tcti =
  | { readonly kind: "swtpm" | "mssim"; readonly where: NetConnectOpts }
  | { readonly kind: "device"; readonly path: string };

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 2321;
const DEFAULT_DEVICE = "/dev/tpmrm0";
/** The largest response that a TPM for PCs gives, and room for those of others. */
const MAX_RESPONSE = 1 << 16;
/** Of a response's header: where its size stands. */
const SIZE_AT = 2;

/**
 * As tpm2-tools have it in TPM2TOOLS_TCTI: "swtpm:host=127.0.0.1,port=2321", "swtpm:path=/run/tpm.sock", "mssim:port=2321",
 * "device:/dev/tpmrm0".
 * @throws UsageError
 */
export function parseTcti(text: string): Tcti {
  const [, kind = "", rest = ""] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (kind === "device") return { kind, path: rest || DEFAULT_DEVICE };
  if (kind !== "swtpm" && kind !== "mssim")
    throw new UsageError(`--tcti begins with swtpm, mssim or device; "${text}" does not.`);
  const values = new Map<string, string>();
  for (const pair of rest === "" ? [] : rest.split(",")) {
    const [, name = "", value = ""] = /^(host|port|path)=(.+)$/s.exec(pair) ?? [];
    if (name === "" || values.has(name))
      throw new UsageError(`--tcti ${kind} takes host=, port= and path=, each once; not "${pair}".`);
    values.set(name, value);
  }
  const path = values.get("path");
  if (path !== undefined) {
    if (values.size > 1) throw new UsageError("--tcti takes a path, or a host and a port.");
    return { kind, where: { path } };
  }
  const port = values.get("port") ?? String(DEFAULT_PORT);
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535)
    throw new UsageError(`--tcti needs a port, 1 to 65535; "${port}" is none.`);
  return { kind, where: { host: values.get("host") ?? DEFAULT_HOST, port: Number(port) } };
}

/** @param signal ends the connection. @throws Error that says where there is no TPM */
export async function openTcti(tcti: Tcti, signal: AbortSignal): Promise<TpmConnection> {
  if (tcti.kind === "device") return openDevice(tcti.path);
  const socket = connect({ ...tcti.where, signal } as NetConnectOpts);
  const { path, host, port } = tcti.where as { path?: string; host?: string; port?: number };
  const place = path ?? `${host}, port ${port}`;
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new Error(`There is no TPM at ${place}: ${(error as Error).message}.`, { cause: error });
  }
  return tcti.kind === "swtpm" ? new SwtpmConnection(socket) : new SimulatorConnection(socket);
}

async function openDevice(path: string): Promise<TpmConnection> {
  let file: FileHandle;
  try {
    file = await open(path, "r+");
  } catch (error) {
    throw new Error(`There is no TPM at ${path}: ${(error as Error).message}.`, { cause: error });
  }
  return {
    async execute(command) {
      await file.write(command);
      const buffer = new Uint8Array(MAX_RESPONSE);
      // The kernel gives a whole response to one read.
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      return buffer.slice(0, bytesRead);
    },
    close: () => file.close(),
  };
}

const uint32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

abstract class SocketConnection implements TpmConnection {
  protected readonly socket: Socket;
  protected readonly reader: ByteReader;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new ByteReader(socket);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => this.reader.push(chunk));
    socket.on("error", (error) => this.reader.end(error));
    socket.on("close", () => this.reader.end(new Error("The TPM's server has closed the connection.")));
  }

  abstract execute(command: Uint8Array): Promise<Uint8Array>;

  async close(): Promise<void> {
    this.socket.destroySoon();
  }

  /** @throws Error for a size that no response has. */
  protected checked(size: number): number {
    if (size < HEADER_SIZE || size > MAX_RESPONSE)
      throw new Error(`The TPM's server announces a response of ${size} octets, which is none.`);
    return size;
  }
}

/** swtpm's data channel: commands and responses as they are. */
class SwtpmConnection extends SocketConnection {
  async execute(command: Uint8Array): Promise<Uint8Array> {
    this.socket.write(command);
    const head = await this.reader.take(HEADER_SIZE);
    const size = this.checked(new DataView(head.buffer, head.byteOffset).getUint32(SIZE_AT));
    return new Uint8Array(Buffer.concat([head, await this.reader.take(size - HEADER_SIZE)]));
  }
}

/** The simulator's command port. */
class SimulatorConnection extends SocketConnection {
  async execute(command: Uint8Array): Promise<Uint8Array> {
    const locality = Uint8Array.of(0);
    this.socket.write(Buffer.concat([uint32(SEND_COMMAND), locality, uint32(command.length), command]));
    const response = await this.reader.take(this.checked(await this.reader.u32()));
    const acknowledged = await this.reader.u32();
    if (acknowledged !== 0) throw new Error(`The simulator answered ${acknowledged} in place of an acknowledgement.`);
    return new Uint8Array(response);
  }

  override async close(): Promise<void> {
    this.socket.write(uint32(SESSION_END));
    await super.close();
  }
}
