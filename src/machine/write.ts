import { sha256 } from "@noble/hashes/sha2.js";
import { MachineFileCancelledError } from "./errors.ts";
import { type MachineProgress, PIECE, prefixBytes } from "./format.ts";
import { headBytes, type MachineParts, type NewMachineHead } from "./head.ts";

export interface WriteMachineFileOptions {
  readonly onProgress?: (progress: MachineProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * The octets of a machine file, as they are made: nobody needs to hold it whole.
 * @param parts must not change until the stream has ended.
 * @throws MachineHeadError at once; the stream fails with MachineFileCancelledError when `signal` is aborted.
 */
export function machineFileStream(
  head: NewMachineHead,
  parts: MachineParts,
  options: WriteMachineFileOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = machineOctets(headBytes(head, parts), parts, options);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * A machine file.
 * @throws MachineHeadError, MachineFileCancelledError
 */
export async function writeMachineFile(
  head: NewMachineHead,
  parts: MachineParts,
  options: WriteMachineFileOptions = {},
): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of machineOctets(headBytes(head, parts), parts, options)) pieces.push(piece);
  return new Blob(pieces, { type: "application/octet-stream" });
}

async function* machineOctets(
  head: Uint8Array<ArrayBuffer>,
  parts: MachineParts,
  { onProgress, signal }: WriteMachineFileOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined, undefined> {
  const digest = sha256.create();
  const hashed = (piece: Uint8Array<ArrayBuffer>) => {
    digest.update(piece);
    return piece;
  };
  checkSignal(signal);
  yield hashed(prefixBytes(head.length));
  yield hashed(head);
  yield hashed(digest.clone().digest() as Uint8Array<ArrayBuffer>);
  for await (const piece of compressed(parts, onProgress, signal)) yield hashed(piece);
  checkSignal(signal);
  yield digest.digest() as Uint8Array<ArrayBuffer>;
}

/** What the browser's own gzip makes of the parts. */
async function* compressed(
  parts: MachineParts,
  onProgress: WriteMachineFileOptions["onProgress"],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined, undefined> {
  const pieces = piecesOf(parts, onProgress, signal);
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const { done, value } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source.pipeThrough(new CompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value as Uint8Array<ArrayBuffer>;
    }
  } finally {
    // A reader that stops early leaves nothing running.
    await reader.cancel().catch(() => {});
  }
}

/** In the order of {@link headBytes}. @throws MachineFileCancelledError */
function* piecesOf(
  parts: MachineParts,
  onProgress: WriteMachineFileOptions["onProgress"],
  signal: AbortSignal | undefined,
): Generator<Uint8Array<ArrayBuffer>, undefined, undefined> {
  const all = [parts.state, parts.picture, parts.eventLog, parts.console].filter((part) => part !== undefined);
  const total = all.reduce((size, part) => size + part.length, 0);
  let done = 0;
  onProgress?.({ done, total });
  for (const part of all) {
    for (let at = 0; at < part.length; at += PIECE) {
      checkSignal(signal);
      const piece = part.slice(at, at + PIECE);
      yield piece as Uint8Array<ArrayBuffer>;
      done += piece.length;
      onProgress?.({ done, total });
    }
  }
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MachineFileCancelledError("writing", signal.reason);
}
