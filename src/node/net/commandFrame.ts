import { MAX_COMMAND_SIZE } from "../../engine/core.ts";
import type { ByteReader } from "./byteReader.ts";
import { ProtocolError } from "./connection.ts";

/** A command longer than any may be. Its bytes are gone; the answer is TPM_RC_COMMAND_SIZE. */
export const OVERSIZED = Symbol("oversized");

/**
 * A TPM command with its size before it (UINT32). No more memory is taken than the largest command needs, whatever
 * the size says.
 * @param limit what more than this announces is no command but nonsense, bytes.
 * @throws ProtocolError above the limit.
 */
export async function takeSizedCommand(reader: ByteReader, limit: number): Promise<Uint8Array | typeof OVERSIZED> {
  const size = await reader.u32();
  if (size <= MAX_COMMAND_SIZE) return reader.take(size);
  if (size > limit) throw new ProtocolError(`a command of ${size} bytes was announced`);
  await reader.discard(size);
  return OVERSIZED;
}
