/** The data channel: TPM commands, bare or in the simulator's frame, and their responses. */

import { concat } from "../../engine/bytes.ts";
import { MAX_COMMAND_SIZE } from "../../engine/core.ts";
import { errorResponse, TPM_RC_COMMAND_SIZE } from "../../engine/responses.ts";
import { HEADER_SIZE } from "../../spec/header.ts";
import type { ByteReader } from "../net/byteReader.ts";
import { OVERSIZED, takeSizedCommand } from "../net/commandFrame.ts";
import { type Connection, u32 } from "../net/connection.ts";
import { MAX_MESSAGE, SEND_COMMAND } from "../simulator/protocol.ts";

/** Tag and size, and the message code of a frame: enough to tell the two apart. */
const FRAME_CODE = 4;
/** What stands before a command in a frame: code, locality and size. */
const FRAME_HEAD = FRAME_CODE + 5;
const ACKNOWLEDGED = u32(0);

export interface DataMessage {
  /** OVERSIZED: longer than a command may be; its bytes are gone. */
  command: Uint8Array | typeof OVERSIZED;
  /** Of a frame, which sets the locality; null for a bare command. */
  locality: number | null;
  /** Where the next command begins is not known: the connection must end. */
  isLast: boolean;
}

/** The next command. No more memory is taken than the largest command needs. */
export async function takeDataMessage(reader: ByteReader): Promise<DataMessage> {
  const head = await reader.take(FRAME_CODE);
  if (view(head).getUint32(0) === SEND_COMMAND) {
    const locality = await reader.u8();
    return { command: await takeSizedCommand(reader, MAX_MESSAGE), locality, isLast: false };
  }
  const header = concat(head, await reader.take(HEADER_SIZE - FRAME_CODE));
  const size = view(header).getUint32(2);
  // Too short for a header: the TPM says so, and nobody knows where the next command begins.
  if (size < HEADER_SIZE) return { command: header, locality: null, isLast: true };
  if (size <= MAX_COMMAND_SIZE) {
    return { command: concat(header, await reader.take(size - HEADER_SIZE)), locality: null, isLast: false };
  }
  if (size > MAX_MESSAGE) return { command: OVERSIZED, locality: null, isLast: true };
  await reader.discard(size - HEADER_SIZE);
  return { command: OVERSIZED, locality: null, isLast: false };
}

/** The command of a chunk that holds one, whole, and nothing else: {@link takeDataMessage} would find just that. */
function wholeMessage(chunk: Uint8Array): DataMessage | null {
  if (chunk.length < HEADER_SIZE) return null;
  if (uint32At(chunk, 0) !== SEND_COMMAND) {
    const isWhole = uint32At(chunk, 2) === chunk.length && chunk.length <= MAX_COMMAND_SIZE;
    return isWhole ? { command: chunk, locality: null, isLast: false } : null;
  }
  const command = chunk.subarray(FRAME_HEAD);
  const isWhole = uint32At(chunk, FRAME_CODE + 1) === command.length && command.length <= MAX_COMMAND_SIZE;
  return isWhole ? { command, locality: chunk[FRAME_CODE] as number, isLast: false } : null;
}

export interface DataHandler {
  /**
   * @param command is wiped when it is answered.
   * @param locality asked for by this command's frame; null = the channel's.
   * @returns the response, itself where nothing had to be waited for.
   */
  execute(command: Uint8Array, locality: number | null): Uint8Array | Promise<Uint8Array>;
  /** Close after the first response. */
  disconnect: boolean;
}

/**
 * Answers one command after the other. Most come whole, in a chunk of their own, after the answer to the one before: these
 * are answered in the turn of the event loop in which they come, if the TPM can.
 */
export async function serveData({ reader, write }: Connection, handler: DataHandler): Promise<void> {
  const send = (response: Uint8Array, locality: number | null) =>
    locality === null ? write(response) : write(u32(response.length), response, ACKNOWLEDGED);
  const answer = ({ command, locality }: DataMessage): Promise<void> | undefined => {
    if (command === OVERSIZED) return send(errorResponse(TPM_RC_COMMAND_SIZE), locality);
    const response = handler.execute(command, locality);
    if (response instanceof Promise) {
      return response.finally(() => command.fill(0)).then((bytes) => send(bytes, locality));
    }
    command.fill(0);
    return send(response, locality);
  };
  for (let isLast = false; !isLast; isLast ||= handler.disconnect) {
    /** What is not over yet with the command that {@link ByteReader.pass} gave. */
    let begun: { rest: Promise<void> | undefined } | undefined;
    await reader.pass((chunk) => {
      const message = wholeMessage(chunk);
      if (message === null) return "left";
      const rest = answer(message);
      if (rest === undefined && !handler.disconnect) return "taken";
      begun = { rest };
      return "last";
    });
    if (begun !== undefined) {
      await begun.rest;
      continue;
    }
    const message = await takeDataMessage(reader);
    await answer(message);
    isLast = message.isLast;
  }
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Big-endian; without a view, which costs more than the number. */
const uint32At = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;
