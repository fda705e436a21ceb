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

export interface DataHandler {
  /** @param locality asked for by this command's frame; null = the channel's. */
  execute(command: Uint8Array, locality: number | null): Promise<Uint8Array>;
  /** Close after the first response. */
  disconnect: boolean;
}

export async function serveData({ reader, write }: Connection, handler: DataHandler): Promise<void> {
  for (;;) {
    const { command, locality, isLast } = await takeDataMessage(reader);
    const response =
      command === OVERSIZED ? errorResponse(TPM_RC_COMMAND_SIZE) : await handler.execute(command, locality);
    if (locality === null) await write(response);
    else await write(u32(response.length), response, ACKNOWLEDGED);
    if (isLast || handler.disconnect) return;
  }
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
