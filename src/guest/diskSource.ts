/** Where the bytes of a user's disk, kernel or initrd come from: memory, a browser's File, or whatever reads pieces. */
import { BootFileError } from "./bootFileError.ts";

/** A drive of the PC. */
export type DiskKind = "floppy" | "cdrom" | "harddisk";

/** Something that reads pieces, so that a large disk needs no memory of its size. */
export interface DiskSource {
  /** Bytes in all; they never change. */
  readonly size: number;
  /** For messages. */
  readonly name?: string | undefined;
  /** @returns exactly `size` bytes from `offset` on. Rejects when they can't be read. */
  read(offset: number, size: number): Promise<Uint8Array>;
}

/** The image of a disk, byte by byte. What the guest writes is kept in memory: the image itself is never changed. */
export type DiskImage = ArrayBuffer | Uint8Array | Blob | DiskSource;

/** A disk's image for each drive that has one. */
export type Disks = { [Kind in DiskKind]?: DiskImage | undefined };

/** A whole file; a Blob is read when it is needed, and the name of a File is used in messages and measurements. */
export type FileBytes = ArrayBuffer | Uint8Array | Blob;

/** @throws TypeError for what is no image. */
export function sourceOf(image: DiskImage): DiskSource {
  if (image instanceof ArrayBuffer) return memorySource(new Uint8Array(image));
  if (image instanceof Uint8Array) return memorySource(image);
  if (image instanceof Blob) {
    return {
      size: image.size,
      name: fileNameOf(image),
      read: async (offset, size) => new Uint8Array(await image.slice(offset, offset + size).arrayBuffer()),
    };
  }
  const source = image as Partial<DiskSource> | null | undefined;
  if (typeof source?.read === "function" && Number.isSafeInteger(source.size) && source.size! >= 0) return image;
  throw new TypeError("A disk's image must be an ArrayBuffer, a Uint8Array, a Blob, or have `size` and `read`.");
}

function memorySource(bytes: Uint8Array): DiskSource {
  return { size: bytes.length, read: async (offset, size) => bytes.slice(offset, offset + size) };
}

/** Reads a piece, and makes sure that it is whole. @throws BootFileError */
export async function readPiece(kind: DiskKind, source: DiskSource, offset: number, size: number): Promise<Uint8Array> {
  let piece: Uint8Array;
  try {
    piece = await source.read(offset, size);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BootFileError(kind, source.name, `can't be read at byte ${offset}: ${why}`, { cause });
  }
  if (piece.length === size) return piece;
  throw new BootFileError(
    kind,
    source.name,
    `can't be read at byte ${offset}: ${piece.length} bytes came instead of ${size}. Has its file been changed?`,
  );
}

/** A copy of a whole file. @throws BootFileError when it can't be read; TypeError for what is no file. */
export async function readBytes(
  file: "kernel" | "initrd",
  bytes: FileBytes,
  name?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes.slice(0));
  if (bytes instanceof Uint8Array) return new Uint8Array(bytes);
  if (!(bytes instanceof Blob)) throw new TypeError(`The ${file} must be an ArrayBuffer, a Uint8Array or a Blob.`);
  try {
    return new Uint8Array(await bytes.arrayBuffer());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BootFileError(file, name, `can't be read: ${why}`, { cause });
  }
}

/** The name of a File; a Blob has none. */
export function fileNameOf(bytes: unknown): string | undefined {
  const name = (bytes as { name?: unknown } | undefined)?.name;
  return typeof name === "string" && name !== "" ? name : undefined;
}
