import { TpmLinkError } from "../../remote/index.ts";
import { HEADER_SIZE } from "../../spec/header.ts";
import type { ByteReader } from "../net/byteReader.ts";

/** A response larger than this is none of a TPM's, bytes. */
const MAX_RESPONSE = 64 * 1024;

/** A response that comes without a frame: its header says how long it is. @throws TpmLinkError for what is none. */
export async function takeResponse(reader: ByteReader, what: string): Promise<Uint8Array> {
  const head = await reader.take(HEADER_SIZE);
  const size = new DataView(head.buffer).getUint32(2);
  checkSize(size, what);
  const response = new Uint8Array(size);
  response.set(head);
  response.set(await reader.take(size - HEADER_SIZE), HEADER_SIZE);
  return response;
}

export function checkSize(size: number, what: string): void {
  if (size >= HEADER_SIZE && size <= MAX_RESPONSE) return;
  throw new TpmLinkError(`What ${what} has sent is no response of a TPM: it would have ${size} bytes.`);
}
