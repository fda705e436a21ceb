// The header of every response: tag, size, response code (Part 3, 6).
import { put16, put32 } from "./bytes";
import { responseBuffer } from "./memory";

/** Returns `size`. */
export function writeHeader(tag: u32, size: u32, rc: u32): u32 {
  put16(responseBuffer, tag);
  put32(responseBuffer + 2, size);
  put32(responseBuffer + 6, rc);
  return size;
}

/** The handle of a response that has one. */
export function writeResponseHandle(handle: u32): void {
  put32(responseBuffer + 10, handle);
}
