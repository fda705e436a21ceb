/** The control channel: every command of swtpm_ioctl(8). */
import type { Socket } from "node:net";
import { TpmPoweredOffError } from "../../engine/backend.ts";
import { MAX_COMMAND_SIZE, MIN_BUFFER_SIZE } from "../../engine/core.ts";
import { PassphraseError } from "../../passphrase/index.ts";
import { SealError } from "../../store/seal.ts";
import type { ByteReader } from "../net/byteReader.ts";
import { type Connection, ProtocolError, u32 } from "../net/connection.ts";
import { isLocality } from "../net/locality.ts";
import type { DescriptorSocket } from "./descriptors.ts";
import { MissingKeyError } from "./keyRing.ts";
import * as P from "./protocol.ts";
import type { ServedTpm } from "./servedTpm.ts";

/** What clients of the control channel reach. */
export interface ControlledServer {
  readonly served: ServedTpm;
  readonly hasDataDescriptor: boolean;
  /** Serves commands that come over this socket. */
  serveDescriptor(socket: Socket): void;
  /** JSON, by the bits of CMD_GET_INFO. */
  describe(flags: number): Promise<string>;
  /** Ends the server. */
  stop(): void;
  /** @param level from which on the line is of interest. */
  log(level: number, text: string): void;
}

type Descriptors = Pick<DescriptorSocket, "commandBegins" | "takeDescriptor" | "carriesDescriptors">;

/** As libtpms hands out at most in one response. */
const INFO_PIECE = 3 * 1024;

/** A request was refused; the response holds this result and, for some commands, an empty rest. */
class Refusal extends Error {
  readonly result: number;
  readonly parts: Uint8Array[];
  constructor(result: number, parts: Uint8Array[]) {
    super(`result 0x${result.toString(16)}`);
    this.result = result;
    this.parts = parts;
  }
}

const refuse = (result: number, ...parts: Uint8Array[]): never => {
  throw new Refusal(result, parts);
};

/** Serves one client until it leaves, or until CMD_SHUTDOWN. */
export async function serveControl(
  { reader, write }: Connection,
  server: ControlledServer,
  descriptors: Descriptors,
): Promise<void> {
  for (let previous = 0; ; ) {
    await descriptors.commandBegins();
    const code = await takeCode(reader, previous);
    previous = code;
    let result = P.SUCCESS;
    let parts: Uint8Array[] = [];
    try {
      parts = await perform(code, reader, server, descriptors);
    } catch (error) {
      result = resultOf(error);
      if (error instanceof Refusal) parts = error.parts;
      if (SAID_IN_LOG.includes(result))
        server.log(0, `control command 0x${code.toString(16)}: ${(error as Error).message}`);
    }
    server.log(1, `control command 0x${code.toString(16)} -> 0x${result.toString(16)}`);
    await write(u32(result), ...parts);
    if (code === P.CMD_SHUTDOWN) return server.stop();
  }
}

/** Results of failures that have more to tell. */
const SAID_IN_LOG = [P.FAIL, P.KEY_NOT_FOUND, P.DECRYPT_ERROR];

/** Their request is one byte of a C struct of four: QEMU sends the three that mean nothing too, others don't. */
const PADDED = [P.CMD_SET_LOCALITY, P.CMD_RESET_TPMESTABLISHED];

/** The next command. Codes end with a byte that is not zero and begin with one that is: that tells padding from them. */
async function takeCode(reader: ByteReader, previous: number): Promise<number> {
  const code = await reader.u32();
  if (!PADDED.includes(previous) || (code & 0xff) !== 0) return code;
  const [a = 0, b = 0, c = 0] = await reader.take(3);
  return (a << 16) | (b << 8) | c;
}

/** Errors of the connection go on; all others are a result. */
function resultOf(error: unknown): number {
  if (error instanceof Refusal) return error.result;
  if (error instanceof ProtocolError || (error as Error).name === "EndOfStream") throw error;
  if (error instanceof TpmPoweredOffError) return P.BAD_ORDINAL;
  if (error instanceof MissingKeyError) return P.KEY_NOT_FOUND;
  if (error instanceof SealError || error instanceof PassphraseError) return P.DECRYPT_ERROR;
  return P.FAIL;
}

/** @returns what follows the result. */
async function perform(
  code: number,
  reader: ByteReader,
  server: ControlledServer,
  descriptors: Descriptors,
): Promise<Uint8Array[]> {
  const { served } = server;
  const { tpm } = served;
  switch (code) {
    case P.CMD_GET_CAPABILITY:
      return [u32(P.capabilities(descriptors.carriesDescriptors))];
    case P.CMD_INIT:
      await served.init((await reader.u32()) & P.INIT_DELETE_VOLATILE);
      return [];
    case P.CMD_SHUTDOWN:
    case P.CMD_STOP:
      await served.powerOff();
      return [];
    case P.CMD_GET_TPMESTABLISHED:
      requireRunning(served);
      return [Uint8Array.of(tpm.established ? 1 : 0, 0, 0, 0)];
    case P.CMD_SET_LOCALITY: {
      const locality = await reader.u8();
      if (!served.allowsLocality(locality)) return refuse(P.BAD_LOCALITY);
      served.locality = locality;
      return [];
    }
    case P.CMD_HASH_START:
      requireRunning(served);
      await tpm.hashStart();
      return [];
    case P.CMD_HASH_DATA:
      await hashData(reader, served);
      return [];
    case P.CMD_HASH_END:
      requireRunning(served);
      await tpm.hashEnd();
      return [];
    case P.CMD_CANCEL_TPM_CMD:
      requireRunning(served);
      tpm.cancel();
      return [];
    case P.CMD_STORE_VOLATILE:
      requireRunning(served);
      await served.storeVolatile();
      return [];
    case P.CMD_RESET_TPMESTABLISHED: {
      const locality = await reader.u8();
      requireRunning(served);
      if (!isLocality(locality) || !(await tpm.resetEstablished(locality))) return refuse(P.BAD_LOCALITY);
      return [];
    }
    case P.CMD_GET_STATEBLOB:
      return getState(reader, server);
    case P.CMD_SET_STATEBLOB:
      await setState(reader, served);
      return [];
    case P.CMD_GET_CONFIG:
      return [u32(served.config)];
    case P.CMD_SET_DATAFD:
      setDataDescriptor(server, descriptors);
      return [];
    case P.CMD_SET_BUFFERSIZE: {
      const size = await reader.u32();
      if (size !== 0 && served.isRunning) return refuse(P.BAD_ORDINAL);
      if (size !== 0) served.bufferSize = Math.max(MIN_BUFFER_SIZE, Math.min(size, MAX_COMMAND_SIZE));
      return [u32(served.bufferSize), u32(MIN_BUFFER_SIZE), u32(MAX_COMMAND_SIZE)];
    }
    case P.CMD_GET_INFO:
      return getInfo(reader, server);
    case P.CMD_LOCK_STORAGE:
      // Without --migration it has been locked since the start.
      await served.lockStorage(await reader.u32());
      return [];
    default:
      // What follows an unknown command is its request, as far as anybody can tell.
      reader.drop();
      return refuse(P.BAD_ORDINAL);
  }
}

function requireRunning({ isRunning }: ServedTpm): void {
  if (!isRunning) refuse(P.BAD_ORDINAL);
}

async function hashData(reader: ByteReader, { tpm, isRunning }: ServedTpm): Promise<void> {
  const size = await reader.u32();
  for (let left = size; left > 0; ) {
    const piece = await reader.take(Math.min(left, MAX_COMMAND_SIZE));
    if (isRunning) await tpm.hashData(piece);
    left -= piece.length;
  }
  if (!isRunning) refuse(P.BAD_ORDINAL);
}

async function getState(reader: ByteReader, server: ControlledServer): Promise<Uint8Array[]> {
  const { served } = server;
  const flags = await reader.u32();
  const type = await reader.u32();
  const offset = await reader.u32();
  requireRunning(served);
  // Clients read the rest of the response whatever the result is.
  const none = [u32(0), u32(0), u32(0)];
  // A TPM 2.0 has no such state; that is swtpm's word for it, and no error to its clients.
  if (type === P.BLOB_SAVESTATE) {
    // It is the last that a migration asks for.
    await served.releaseStorage();
    return refuse(P.RETRY, ...none);
  }
  const found = await served.getBlob(type, flags).catch((error: Error) => {
    server.log(0, error.message);
    return null;
  });
  if (found === null) return refuse(P.FAIL, ...none);
  const part = found.blob.subarray(Math.min(offset, found.blob.length));
  return [u32(found.flags), u32(part.length), u32(part.length), part];
}

async function setState(reader: ByteReader, served: ServedTpm): Promise<void> {
  const flags = await reader.u32();
  const type = await reader.u32();
  const size = await reader.u32();
  if (size > P.MAX_BLOB) throw new ProtocolError(`a state blob of ${size} bytes was announced`);
  const blob = await reader.take(size);
  if (served.isRunning) refuse(P.BAD_ORDINAL);
  if (!(await served.setBlob(type, blob, flags))) refuse(P.BAD_PARAMETER);
}

function setDataDescriptor(server: ControlledServer, descriptors: Descriptors): void {
  const socket = descriptors.takeDescriptor() ?? refuse(P.BAD_PARAMETER);
  if (server.hasDataDescriptor) {
    socket.destroy();
    refuse(P.IO_ERROR);
  }
  server.serveDescriptor(socket);
}

async function getInfo(reader: ByteReader, server: ControlledServer): Promise<Uint8Array[]> {
  // The flags that are in use fit the lower half of the UINT64.
  await reader.u32();
  const flags = await reader.u32();
  const offset = await reader.u32();
  await reader.u32();
  const text = new TextEncoder().encode(`${await server.describe(flags)}\0`);
  if (offset >= text.length - 1) return refuse(P.BAD_PARAMETER);
  const part = text.subarray(offset, offset + INFO_PIECE);
  return [u32(text.length), u32(part.length), part];
}
