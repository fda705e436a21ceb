/** A disk's image in a file, read in pieces: a large one takes no memory of its size. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { DiskSource } from "../guest/diskSource.ts";

/** To be closed when no machine uses it any more. */
export interface DiskFile extends DiskSource {
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Opens an image's file, or a block device, for reading; it is never written.
 * @throws Error with the file's name when it can't be opened, or is something else.
 */
export async function openDiskFile(path: string): Promise<DiskFile> {
  const about = await stat(path);
  if (!about.isFile() && !about.isBlockDevice()) throw new Error(`${path} is no file; a disk's image is one.`);
  const file = await open(path, "r");
  try {
    const size = about.isFile() ? about.size : await sizeOfDevice(file);
    return {
      size,
      name: basename(path),
      read: (offset, size) => readAt(file, offset, size),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Fewer bytes at the file's end. */
async function readAt(file: FileHandle, offset: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, size - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

/** Its stat does not say it: the end is looked for. */
async function sizeOfDevice(file: FileHandle): Promise<number> {
  const ends = async (offset: number) => (await readAt(file, offset, 1)).length === 0;
  let past = 1;
  while (!(await ends(past))) past *= 2;
  let size = 0;
  for (let step = past; step >= 1; step /= 2) if (!(await ends(size + step - 1))) size += step;
  return size;
}
