import { sha256 } from "@noble/hashes/sha2.js";
import { CHUNK_SIZE } from "./messages.ts";

/** SHA-256, hex. In pieces, so that nobody else on the thread waits for long. @param signal stops it. */
export async function digestOf(blob: Blob, signal?: AbortSignal): Promise<string> {
  const digest = sha256.create();
  for (let at = 0; at < blob.size; at += CHUNK_SIZE) {
    signal?.throwIfAborted();
    digest.update(new Uint8Array(await blob.slice(at, at + CHUNK_SIZE).arrayBuffer()));
  }
  return Array.from(digest.digest(), (octet) => octet.toString(16).padStart(2, "0")).join("");
}
