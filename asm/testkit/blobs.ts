/** Permanent states from outside: what docs and asm/tpm/power/blob.ts say of their head and integrity value. */
import { createHash } from "node:crypto";
import { concat } from "./harness.ts";

const INTEGRITY = 32;
const CHUNK = 2048;
/** Bytes before the fields of a blob of version 2. */
export const HEAD = 20;
/** Where failedTries lies in it. */
export const FAILED_TRIES = HEAD + 12;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const view = (blob: Uint8Array) => new DataView(blob.buffer, blob.byteOffset, blob.length);

/** The entries of the NV store in a blob of version 2. */
export function nvRun(blob: Uint8Array): Uint8Array {
  const end = blob.length - INTEGRITY;
  return blob.subarray(Math.max(HEAD, end - view(blob).getUint32(16)), end);
}

/** The same blob with a right integrity value, of version 1 or as later versions have it. */
export function sealedBlob(blob: Uint8Array): Uint8Array {
  const body = blob.subarray(0, -INTEGRITY);
  if (view(blob).getUint32(8) < 2 || blob.length < HEAD + INTEGRITY) return concat(body, sha256(body));
  const run = nvRun(blob);
  const chunks = Array.from({ length: Math.ceil(run.length / CHUNK) }, (_, i) =>
    sha256(run.subarray(i * CHUNK, (i + 1) * CHUNK)),
  );
  return concat(body, sha256(concat(body.subarray(0, body.length - run.length), ...chunks)));
}

/** The same state as a blob of version 1: the NV store is the last field, with its size before it. */
export function firstVersion(blob: Uint8Array): Uint8Array {
  const run = nvRun(blob);
  const fields = blob.subarray(HEAD, blob.length - INTEGRITY - run.length);
  const old = concat(blob.subarray(0, 16), fields, blob.subarray(16, HEAD), run, new Uint8Array(INTEGRITY));
  view(old).setUint32(8, 1);
  return sealedBlob(old);
}
